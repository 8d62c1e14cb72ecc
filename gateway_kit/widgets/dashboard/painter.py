"""The dashboard of a store of calls: what is chosen of them, summed up and drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pandas as pd

from gateway_kit.charts.dashboard import dashboard
from gateway_kit.metrics.dashboard import dashboard_metrics
from gateway_kit.metrics.percentiles import latency_percentiles
from gateway_kit.widgets.dashboard.store import CallStore

PERCENTILES = (50, 95, 99)
# What calls can be told apart by: the columns of `metrics.normalize_calls`, each of the tags, and hit or miss of the
# cache.
DIMENSIONS = ("model", "provider", "deployment", "key", "tag", "user", "team", "session", "cache")


@dataclass(frozen=True)
class DashboardWish:
    """What of the calls to show.

    window_s    only those that began in the last so many seconds; 0 is all
    percentile  of the latency: 50, 95 or 99
    by          one of DIMENSIONS
    until       the end of the window; None is the newest call
    """

    window_s: float = 0.0
    percentile: int = 95
    by: str = "model"
    until: pd.Timestamp | None = None


@dataclass(frozen=True)
class Painted:
    """A picture, the same in words, a sentence for the status line, and of how many calls it is."""

    png: bytes = field(repr=False)
    alt: str
    status: str
    calls: int


class DashboardPainter:
    """Holds the calls, and draws what is wished of them. Calls have the shape of `store.dashboard_calls`."""

    def __init__(self) -> None:
        self._store = CallStore()

    def add(self, calls: pd.DataFrame) -> int:
        """Put newer calls behind those that are there; how many there are now."""
        self._store.add(calls)
        return len(self._store)

    def clear(self) -> None:
        """Forget all calls."""
        self._store.clear()

    def paint(self, wish: DashboardWish) -> Painted:
        """The picture. Raises ValueError for a dimension that these calls do not have."""
        calls = self._chosen(wish)
        figure = dashboard(dashboard_metrics(calls, by=wish.by, percentiles=(wish.percentile,)))
        return Painted(figure.png(), figure.alt, summary_text(calls, wish), len(calls))

    def _chosen(self, wish: DashboardWish) -> pd.DataFrame:
        if not wish.window_s:
            return self._store.calls()
        end = wish.until if wish.until is not None else self._store.newest()
        if end is None:
            return self._store.calls()
        return self._store.since(end - timedelta(seconds=wish.window_s))


def painter_for_a_process() -> DashboardPainter:
    """A painter with settings that only a process of its own can have."""
    import matplotlib

    # An eighth of the time, for letters that look the same.
    matplotlib.rcParams["text.hinting"] = "none"
    return DashboardPainter()


def summary_text(calls: pd.DataFrame, wish: DashboardWish) -> str:
    """The calls in a sentence: how many, the percentile of their latency, their cost, failures and cache hits."""
    when = f"in the last {wish.window_s:g} s" if wish.window_s else "in all"
    if calls.empty:
        return f"No call {when}."
    failed, hits = int(calls["failed"].sum()), int(calls["cache_hit"].sum())
    answered = len(calls) - failed
    parts = [f"{len(calls):,} call{'s' if len(calls) > 1 else ''} {when}"]
    if answered:
        latency = latency_percentiles(calls, None, percentiles=(wish.percentile,))
        parts.append(f"p{wish.percentile} {latency[f'latency_p{wish.percentile}_s'].iloc[0]:.2f} s")
    parts.append(f"{calls['cost_usd'].sum():.6f} USD")
    parts.append(f"{failed / len(calls):.1%} failed")
    if answered:
        parts.append(f"{hits / answered:.0%} from the cache")
    return f"{', '.join(parts)}."
