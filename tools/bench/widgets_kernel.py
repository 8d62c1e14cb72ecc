"""What widgets.py runs inside a kernel: cells during a redraw of the dashboard, and calls that wait to be shown."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median, quantiles
from typing import Any

import numpy as np
import pandas as pd

from gateway_kit.gateway import Call, CallRecord
from gateway_kit.widgets import LiveDashboard
from gateway_kit.widgets.dashboard.renderer import DashboardRenderer, Query
from gateway_kit.widgets.dashboard.store import dashboard_calls

MODELS = ("gpt-4o-mini", "claude-haiku-4-5", "phi3", "gemini-flash-lite", "smollm2")
ROUNDS = 30
ON_SCREEN = 100_000


def made_up_calls(rows: int, seconds: float = 3600.0) -> pd.DataFrame:
    """Calls of the last hour, in the call record's columns."""
    chance = np.random.default_rng(1)
    begin = pd.Timestamp.now(tz="UTC").value - int(seconds * 1e9)
    started = begin + (np.sort(chance.random(rows)) * seconds * 1e9).astype("int64")

    def drawn_from(names: tuple[str, ...]) -> pd.Series[str]:
        return pd.Series(np.array(names)[chance.integers(0, len(names), rows)], dtype="string")

    return pd.DataFrame(
        {
            "started": pd.Series(pd.to_datetime(started, utc=True)).astype("datetime64[ns, UTC]"),
            "model": drawn_from(MODELS),
            "provider": drawn_from(("openai", "anthropic", "ollama")),
            "deployment": drawn_from(("a" * 64, "b" * 64, "c" * 64)),
            "key": drawn_from(("master", "…abcd")),
            "error": pd.Series(np.where(chance.random(rows) < 0.02, "boom", None), dtype="string"),
            "latency_s": chance.lognormal(-1, 0.6, rows),
            "cost_usd": chance.random(rows) * 1e-4,
            "saved_usd": chance.random(rows) * 1e-4,
            "cache_hit": chance.random(rows) < 0.3,
        }
    )


def delays() -> dict[str, Any]:
    """How much longer a cell takes during a redraw, in milliseconds, with drawing in a thread or in a child process.

    Each round measures the same cell alone, beside a sleeping thread, beside a thread that draws, beside a live
    dashboard of a record with one new call, and beside one of a function that returns the whole table again; so other
    load on the machine affects all of them alike.
    """
    table, record = made_up_calls(ON_SCREEN), CallRecord(capacity=2 * ON_SCREEN)
    for row in table.itertuples(index=False):
        record.add(_call(started=row.started, model=row.model, latency_s=row.latency_s))
    renderer = DashboardRenderer()
    renderer.add(dashboard_calls(table))
    extra = CallRecord()
    with (
        LiveDashboard(record) as dash,
        LiveDashboard(Joined(table, extra)) as other,
        _live(dash),
        _live(other),
    ):
        ways: dict[str, Callable[[], object]] = {
            "nothing": lambda: None,
            "a_thread_that_sleeps": lambda: time.sleep(0.2),
            "a_thread_that_draws": lambda: renderer.render(Query()),
            "the_dashboard": lambda: _redraw(dash, record),
            "the_dashboard_of_a_function": lambda: _redraw(other, extra),
        }
        alone: list[float] = []
        taken: dict[str, list[float]] = {name: [] for name in ways}
        gaps: dict[str, list[float]] = {name: [] for name in ways}
        redraws: list[float] = []
        cpu: dict[str, list[float]] = {name: [] for name in list(ways)[2:]}
        for _ in range(ROUNDS):
            alone.append(_cell_s())
            for name, work in ways.items():
                taken[name].append(_beside(work, _cell_s))
                gaps[name].append(_beside(work, _longest_gap_s))
            begin = time.perf_counter()
            _redraw(dash, record)
            redraws.append(time.perf_counter() - begin)
            for name, used in cpu.items():
                begin = time.process_time()
                ways[name]()
                used.append(time.process_time() - begin)
    usual = median(alone)
    return {
        "calls_on_screen": dash.model.shown,
        "cell_alone_ms": _ms(usual),
        "longer_beside_ms": {name: _spread([t - usual for t in times]) for name, times in taken.items()},
        "longest_gap_of_a_1_ms_ticker_ms": {name: _spread(times) for name, times in gaps.items()},
        "call_to_picture_ms": _spread(redraws),
        # An upper bound for how much a cell can be delayed, independent of other load on the machine.
        "cpu_of_the_kernel_ms": {name: _spread(times) for name, times in cpu.items()},
    }


def behind() -> dict[str, Any]:
    """How long calls wait to appear on the live dashboard: 20 per second for ten seconds, while cells run."""
    record = CallRecord()
    seen: list[float] = []
    with LiveDashboard(record) as dash, _live(dash):
        waiting: list[float] = []
        guard = threading.Lock()

        def shown(_: Any) -> None:
            now = time.perf_counter()
            with guard:
                count = dash.model.shown - len(seen)
                seen.extend(now - ended for ended in waiting[:count])
                del waiting[:count]

        dash.model.observe(shown, "png")
        for number in range(200):
            with guard:
                waiting.append(time.perf_counter())
                record.add(_call())
            if number % 20 == 0:
                _cell_s()
            time.sleep(0.05)
        end = time.monotonic() + 10
        while waiting and time.monotonic() < end:
            time.sleep(0.01)
    return {
        "calls": len(seen),
        "never_seen": len(waiting),
        **{f"{k}_s": v / 1000 for k, v in _spread(seen).items()},
    }


class Joined:
    """A table followed by the calls of a record; a function that a dashboard polls."""

    def __init__(self, table: pd.DataFrame, record: CallRecord) -> None:
        self._table, self._record = table, record
        self._size = -1

    def __call__(self) -> pd.DataFrame:
        """The table, with one more row if the record has grown."""
        if len(self._record) != self._size:
            self._size = len(self._record)
            new = self._record.frame()[list(self._table.columns)]
            self._table = pd.concat([self._table, new.tail(1)], ignore_index=True)
        return self._table


@contextmanager
def _live(dash: LiveDashboard) -> Iterator[None]:
    """Start the dashboard's process and wait until it has drawn, as on the page."""
    _ = dash.widget
    end = time.monotonic() + 60
    while dash._renderer.pid is None:  # type: ignore[union-attr]
        if time.monotonic() > end:
            raise RuntimeError(f"the dashboard did not start: {dash}")
        time.sleep(0.05)
    with dash._turn:  # free again once the first picture is drawn
        pass
    yield


def _redraw(dash: LiveDashboard, record: CallRecord) -> None:
    """Add a call and wait until it is drawn."""
    drawn = threading.Event()
    dash.model.observe(lambda _: drawn.set(), "png")
    record.add(_call())
    dash._watch.wake()
    if not drawn.wait(30):
        raise RuntimeError(f"nothing was drawn: {dash}")
    dash.model.unobserve_all("png")


def _beside(work: Callable[[], object], cell: Callable[[], float]) -> float:
    """The cell's measurement while the work runs in another thread."""
    thread = threading.Thread(target=work)
    thread.start()
    measured = cell()
    thread.join()
    return measured


def _cell_s() -> float:
    """A cell's work: about 100 ms of Python."""
    begin = time.perf_counter()
    total = 0
    for number in range(1_500_000):
        total += number
    return time.perf_counter() - begin


def _longest_gap_s() -> float:
    """The longest pause of a 1 ms ticker during 300 ms."""
    longest, last = 0.0, time.perf_counter()
    end = last + 0.3
    while last < end:
        time.sleep(0.001)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    return longest


def _call(started: datetime | None = None, model: str | None = None, latency_s: float | None = None) -> Call:
    return Call(
        started or datetime.now(UTC), "chat", model=model or random.choice(MODELS), provider="openai", status=200,
        latency_s=latency_s or random.random(), cost_usd=1e-5,
    )  # fmt: skip


def _spread(seconds: list[float]) -> dict[str, float]:
    """Median, 95th percentile and largest, in milliseconds."""
    return {"p50": _ms(median(seconds)), "p95": _ms(quantiles(seconds, n=20)[-1]), "max": _ms(max(seconds))}


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
