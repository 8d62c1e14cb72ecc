"""When an alert would have fired: a threshold on a percentile, a cost or an error rate of a window."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gateway_kit.common.tables import TIME, Column, Table
from gateway_kit.metrics.buckets import MOST_INTERVALS, parse_duration
from gateway_kit.metrics.calls import normalize_calls, numbers, require_columns
from gateway_kit.metrics.groups import select_calls
from gateway_kit.metrics.quantiles import grouped_quantiles
from gateway_kit.metrics.rates import ratio

_PERCENTILE = re.compile(r"(?P<stem>\w+?)_p(?P<percentile>\d+(\.\d+)?)(?P<unit>_\w+)?")


EVALUATIONS = Table(
    Column("time", TIME, "of the evaluation, which is the window's end: a multiple of `every` since 1970"),
    Column("calls", "int64", "calls in the window that the rule measures"),
    Column("value", "float64", "the measure; missing without such calls"),
    Column("fires", "bool", "the value is above the threshold, with enough calls"),
)
FIRINGS = Table(
    Column("fired", TIME, "the first evaluation above the threshold"),
    Column("ended", TIME, "the first evaluation after it that was not; missing if there was none"),
    Column("evaluations", "int64", "in a row above the threshold"),
    Column("worst", "float64", "their highest value, in the measure's unit"),
    Column("calls", "int64", "the most calls in one of their windows"),
)


@dataclass(frozen=True)
class AlertRule:
    """A rule that fires while a measure of the last `window` is above a threshold.

    Args:
        measure: A percentile of answered calls (latency_p95_s, ttft_p99_s, overhead_p50_ms, …), cost_usd (US dollars
        spent
            in the window) or error_rate (failed calls / calls, 0 to 1).
        above: The threshold, in the measure's unit. The measure must be above it, not equal.
        window: How far back each evaluation looks: timedelta(minutes=5), or "5min".
        every: Time between two evaluations; the window must be a multiple of it. By default the window.
        min_calls: With fewer calls in the window the rule does not fire: the percentile of two calls says nothing.

    Raises:
        ValueError: Invalid arguments.

    Example:
        >>> AlertRule("latency_p95_s", above=2.0, window="5min", every="1min", min_calls=20)
    """

    measure: str
    above: float
    window: timedelta | str
    every: timedelta | str | None = None
    min_calls: int = 1

    def __post_init__(self) -> None:
        if self.measure not in ("cost_usd", "error_rate") and not self._percentile():
            raise ValueError(
                f"measure={self.measure!r} is unknown: give cost_usd, error_rate or a percentile such as latency_p95_s"
            )
        if not math.isfinite(self.above):
            raise ValueError(f"above={self.above!r}: give a finite number")
        if not isinstance(self.min_calls, int) or self.min_calls < 1:
            raise ValueError(f"min_calls={self.min_calls!r}: give a whole number of at least 1")
        if self.evaluations_per_window * self._ns(self.every or self.window) != self._ns(self.window):
            raise ValueError(f"window={self.window!r} must be a multiple of every={self.every!r}")

    @property
    def evaluations_per_window(self) -> int:
        """How many evaluations include the same call."""
        return self._ns(self.window) // self._ns(self.every or self.window)

    def _percentile(self) -> tuple[str, float] | None:
        """("latency_s", 0.95) for "latency_p95_s"; None if the measure is not a percentile."""
        match = _PERCENTILE.fullmatch(self.measure)
        if match is None or not 0 <= float(match["percentile"]) <= 100:
            return None
        return match["stem"] + (match["unit"] or ""), float(match["percentile"]) / 100

    def _ns(self, length: timedelta | str) -> int:
        return parse_duration(length, "window or every").value


def alert_values(calls: pd.DataFrame, rule: AlertRule) -> pd.DataFrame:
    """What the rule measured, one row per evaluation, from the first call to the first evaluation after the last one.

    Returns:
        - `time` (datetime64[ns, UTC]): of the evaluation, which is the window's end: a multiple of `every` since 1970
        - `calls` (int64): calls in the window that the rule measures
        - `value` (float64): the measure; missing without such calls
        - `fires` (bool): the value is above the threshold, with enough calls

    `calls` is whatever `normalize_calls` takes. Raises ValueError.
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
            raise ValueError(
                f"The rule would be evaluated {last - first + 1:,} times, more than {MOST_INTERVALS:,}. "
                "Choose a longer `every`."
            )
        # Overlapping windows are computed in phases: the windows of one phase do not overlap.
        for phase in range(min(rule.evaluations_per_window, last - first + 1)):
            end = (first + phase) * step
            cell = (ns - end) // width + 1
            cells = (last - first - phase) // rule.evaluations_per_window + 1
            inside = (cell >= 0) & (cell < cells)
            measured = _windows(
                values[inside], cell[inside], cells, percentile, is_cost=rule.measure == "cost_usd"
            )
            parts.append((end + np.arange(cells) * width, *measured))
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
    """When the rule would have fired, one row per firing, oldest first.

    Args:
        calls: Whatever `normalize_calls` takes.
        rule: The rule to evaluate.

    Returns:
        - `fired` (datetime64[ns, UTC]): the first evaluation above the threshold
        - `ended` (datetime64[ns, UTC]): the first evaluation after it that was not; missing if there was none
        - `evaluations` (int64): in a row above the threshold
        - `worst` (float64): their highest value, in the measure's unit
        - `calls` (int64): the most calls in one of their windows

    Raises:
        ValueError: A missing column, or too many evaluations.
    """
    values = alert_values(calls, rule)
    fires = values["fires"].to_numpy()
    began = fires & ~np.concatenate([[False], fires[:-1]]) if len(fires) else fires
    number = np.cumsum(began)[fires] - 1
    times = values["time"].to_numpy("datetime64[ns]")
    firing = values[fires].groupby(number)
    after = (
        np.flatnonzero(fires & ~np.concatenate([fires[1:], [False]])) + 1 if len(fires) else np.empty(0, int)
    )
    ended = np.full(len(after), np.datetime64("NaT", "ns"))
    ended[after < len(times)] = times[after[after < len(times)]]
    return pd.DataFrame(
        {
            "fired": pd.Series(times[began]).dt.tz_localize("UTC"),
            "ended": pd.Series(ended).dt.tz_localize("UTC"),
            "evaluations": firing.size().to_numpy("int64"),
            "worst": firing["value"].max().to_numpy("float64"),
            "calls": firing["calls"].max().to_numpy("int64"),
        }
    )


def _measured(
    calls: pd.DataFrame, measure: str, percentile: tuple[str, float] | None
) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """The calls that count, and the value of each."""
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
    """Number of calls and measure of each window."""
    n = np.bincount(cell, minlength=cells)
    if percentile is not None:
        return n, grouped_quantiles(values, cell, cells, [percentile[1]])[:, 0]
    total = np.bincount(cell, weights=values, minlength=cells).astype("float64")
    return n, np.where(n > 0, total, np.nan) if is_cost else ratio(total, n)
