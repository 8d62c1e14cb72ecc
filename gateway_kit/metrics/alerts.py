"""When an alert would have fired: a threshold on a percentile, a cost or a rate of a window."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gateway_kit.metrics.buckets import MOST_INTERVALS, parse_duration
from gateway_kit.metrics.calls import normalize_calls, numbers, require_columns
from gateway_kit.metrics.groups import select_calls
from gateway_kit.metrics.quantiles import grouped_quantiles
from gateway_kit.metrics.rates import ratio

_PERCENTILE = re.compile(r"(?P<stem>\w+?)_p(?P<percentile>\d+(\.\d+)?)(?P<unit>_\w+)?")


@dataclass(frozen=True)
class AlertRule:
    """Fire while a measure of the last `window` is above a threshold.

    measure     latency_p95_s, ttft_p99_s, overhead_p50_ms, …: a percentile of answered calls;
                cost_usd: US dollars spent in the window; error_rate: failed calls / calls, 0 to 1
    above       the threshold, in the measure's unit; the measure must be above it, not at it
    window      how far each look goes back: timedelta(minutes=5), or "5min"
    every       time between two looks; by default the window. A window must be a whole number of these
    min_calls   with fewer calls in the window nothing fires: the percentile of two calls says nothing

    AlertRule("latency_p95_s", above=2.0, window="5min", every="1min", min_calls=20)
    """

    measure: str
    above: float
    window: timedelta | str
    every: timedelta | str | None = None
    min_calls: int = 1

    def __post_init__(self) -> None:
        if self.measure not in ("cost_usd", "error_rate") and not self._percentile():
            raise ValueError(
                f"measure={self.measure!r} is none: give cost_usd, error_rate or a percentile such as latency_p95_s"
            )
        if not math.isfinite(self.above):
            raise ValueError(f"above={self.above!r}: a number is needed")
        if not isinstance(self.min_calls, int) or self.min_calls < 1:
            raise ValueError(f"min_calls={self.min_calls!r}: a whole number from 1 on is needed")
        if self.looks_per_window * self._ns(self.every or self.window) != self._ns(self.window):
            raise ValueError(f"window={self.window!r} must be a whole number of every={self.every!r}")

    @property
    def looks_per_window(self) -> int:
        """How many looks see the same call."""
        return self._ns(self.window) // self._ns(self.every or self.window)

    def _percentile(self) -> tuple[str, float] | None:
        """("latency_s", 0.95) of "latency_p95_s"; None for what is no percentile."""
        found = _PERCENTILE.fullmatch(self.measure)
        if found is None or not 0 <= float(found["percentile"]) <= 100:
            return None
        return found["stem"] + (found["unit"] or ""), float(found["percentile"]) / 100

    def _ns(self, length: timedelta | str) -> int:
        return parse_duration(length, "window or every").value


def alert_values(calls: pd.DataFrame, rule: AlertRule) -> pd.DataFrame:
    """What the rule looked at, one row per look, from the first call to the first look after the last one.

    column   dtype                 meaning
    time     datetime64[ns, UTC]   the moment of the look: the window's end. Multiples of `every` since 1970, UTC
    calls    int64                 calls in the window that the measure is made of
    value    float64               the measure; missing where there is no such call
    fires    bool                  the value is above the threshold, of enough calls

    `calls` is what `normalize_calls` takes. Raises ValueError.
    """
    calls = normalize_calls(calls)
    percentile = rule._percentile()
    calls, values = _measured(calls, rule.measure, percentile)
    ns = calls["started"].to_numpy("datetime64[ns]").view("int64")
    width, step = rule._ns(rule.window), rule._ns(rule.every or rule.window)
    parts = []
    if len(ns):
        first, last = int(ns.min()) // step + 1, int(ns.max()) // step + 1
        if last - first >= MOST_INTERVALS:
            raise ValueError(f"{last - first + 1:,} looks are too many; {MOST_INTERVALS:,} are the most.")
        # Each phase's windows lie side by side, so that a call is in one of them.
        for phase in range(min(rule.looks_per_window, last - first + 1)):
            end = (first + phase) * step
            cell = (ns - end) // width + 1
            cells = (last - first - phase) // rule.looks_per_window + 1
            inside = (cell >= 0) & (cell < cells)
            found = _windows(
                values[inside], cell[inside], cells, percentile, is_cost=rule.measure == "cost_usd"
            )
            parts.append((end + np.arange(cells) * width, *found))
    time, n, value = (
        (np.concatenate(column) for column in zip(*parts, strict=True)) if parts else (np.empty(0),) * 3
    )
    order = np.argsort(time, kind="stable")
    frame = pd.DataFrame(
        {
            "time": pd.to_datetime(time[order].astype("int64"), utc=True),
            "calls": n[order].astype("int64"),
            "value": value[order].astype("float64"),
        }
    ).astype({"time": "datetime64[ns, UTC]"})
    return frame.assign(fires=(frame["value"] > rule.above) & (frame["calls"] >= rule.min_calls))


def alert_times(calls: pd.DataFrame, rule: AlertRule) -> pd.DataFrame:
    """When the rule would have fired, one row per time that it did, oldest first.

    column    dtype                 meaning
    fired     datetime64[ns, UTC]   the first look that was above the threshold
    ended     datetime64[ns, UTC]   the first look after it that was not; missing where none came any more
    looks     int64                 looks in a row that were above
    worst     float64               the highest value of them, in the measure's unit
    calls     int64                 most calls in a window of them

    `calls` is what `normalize_calls` takes. Raises ValueError.
    """
    seen = alert_values(calls, rule)
    fires = seen["fires"].to_numpy()
    began = fires & ~np.concatenate([[False], fires[:-1]]) if len(fires) else fires
    number = np.cumsum(began)[fires] - 1
    times = seen["time"].to_numpy("datetime64[ns]")
    firing = seen[fires].groupby(number)
    after = (
        np.flatnonzero(fires & ~np.concatenate([fires[1:], [False]])) + 1 if len(fires) else np.empty(0, int)
    )
    ended = np.full(len(after), np.datetime64("NaT", "ns"))
    ended[after < len(times)] = times[after[after < len(times)]]
    return pd.DataFrame(
        {
            "fired": pd.Series(times[began]).dt.tz_localize("UTC"),
            "ended": pd.Series(ended).dt.tz_localize("UTC"),
            "looks": firing.size().to_numpy("int64"),
            "worst": firing["value"].max().to_numpy("float64"),
            "calls": firing["calls"].max().to_numpy("int64"),
        }
    )


def _measured(
    calls: pd.DataFrame, measure: str, percentile: tuple[str, float] | None
) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """The calls that count, and what each contributes."""
    known = calls["started"].notna().to_numpy().copy()
    if percentile is not None:
        require_columns(calls, [percentile[0]], f"A rule for {measure}")
        values = numbers(calls, percentile[0])
        known &= ~np.isnan(values) & ~calls["failed"].to_numpy()
    elif measure == "cost_usd":
        require_columns(calls, ["cost_usd"], "A rule for cost_usd")
        values = np.nan_to_num(numbers(calls, "cost_usd"))
    else:
        values = calls["failed"].to_numpy("float64")
    return select_calls(calls, known, None), values[known]


def _windows(
    values: NDArray[np.float64],
    cell: NDArray[np.int64],
    cells: int,
    percentile: tuple[str, float] | None,
    *,
    is_cost: bool,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Calls and measure of each window."""
    n = np.bincount(cell, minlength=cells)
    if percentile is not None:
        return n, grouped_quantiles(values, cell, cells, [percentile[1]])[:, 0]
    total = np.bincount(cell, weights=values, minlength=cells).astype("float64")
    return n, np.where(n > 0, total, np.nan) if is_cost else ratio(total, n)
