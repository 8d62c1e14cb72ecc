"""How a budget is spent, and when it will be used up at the present pace."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import NormalDist

import numpy as np
import pandas as pd

from gateway_kit.common.tables import TIME, Column, Table
from gateway_kit.metrics.buckets import nice_width, parse_duration
from gateway_kit.metrics.calls import normalize_calls, numbers, require_columns
from gateway_kit.metrics.groups import group_calls, select_calls
from gateway_kit.metrics.rates import span_s

# Equal parts of the window, whose costs are compared: many enough to measure how much they differ, few enough that each
# has calls.
_PARTS = 24
_HOUR_S = 3600.0
# A forecast further ahead than this means nothing.
_NEVER_S = 100 * 365.25 * 86400

FORECAST_LINE = Table(
    Column("time", TIME, "from now on, in equal steps"),
    Column("spent_usd", "float64", "US dollars at this pace"),
    Column("low_usd", "float64", "the confidence interval's lower bound"),
    Column("high_usd", "float64", "and its upper bound"),
)
BURN_DOWN = Table(
    Column("time", TIME, "the interval's begin"),
    Column("calls", "int64", "calls that began in it"),
    Column("cost_usd", "float64", "US dollars that they cost"),
    Column("spent_usd", "float64", "US dollars from the first call to the interval's end"),
    Column("left_usd", "float64", "budget_usd minus spent_usd; negative if too much was spent"),
)


@dataclass(frozen=True)
class BudgetForecast:
    """When a budget will be used up if spending goes on as in the `window`; made by `budget_forecast`.

    budget_usd, spent_usd, left_usd   US dollars; `left_usd` is negative if too much was spent
    now             the time from which the forecast looks ahead, UTC
    window          how far back the pace was measured
    calls           number of calls in the window
    pace_usd_per_h  US dollars per hour, the window's mean
    spread_usd      US dollars: the standard deviation of an hour's spending
    confidence      of the interval, 0 to 1
    ends            when the budget is used up at this pace; None for never. If it is used up already, when that was
    ends_early, ends_late   the interval; `ends_late` is None if the budget may last for ever
    """

    budget_usd: float
    spent_usd: float
    left_usd: float
    now: datetime
    window: timedelta
    calls: int
    pace_usd_per_h: float
    spread_usd: float
    confidence: float
    ends: datetime | None
    ends_early: datetime | None
    ends_late: datetime | None

    def line(self, until: datetime, *, points: int = 50) -> pd.DataFrame:
        """The expected spending from now to `until`, one row per time.

        Returns:
            - `time` (datetime64[ns, UTC]): from now on, in equal steps
            - `spent_usd` (float64): US dollars at this pace
            - `low_usd` (float64): the confidence interval's lower bound
            - `high_usd` (float64): and its upper bound

        Raises:
            ValueError: `until` is not after now.
        """
        ahead_h = (_moment(until, "until") - self.now).total_seconds() / _HOUR_S
        if ahead_h <= 0:
            raise ValueError(f"until={until}: give a time after {self.now}")
        hours = np.linspace(0.0, ahead_h, points)
        gain_usd = self.pace_usd_per_h * hours
        window_h = self.window.total_seconds() / _HOUR_S
        reach = _reach(self.confidence) * self.spread_usd
        error_usd = reach * np.sqrt(hours * (1 + hours / window_h)) if window_h else np.zeros(points)
        return pd.DataFrame(
            {
                "time": pd.Timestamp(self.now) + pd.TimedeltaIndex(pd.to_timedelta(hours, unit="h")),
                "spent_usd": self.spent_usd + gain_usd,
                "low_usd": self.spent_usd + np.maximum(gain_usd - error_usd, 0.0),
                "high_usd": self.spent_usd + gain_usd + error_usd,
            }
        ).astype({"time": "datetime64[ns, UTC]"})


def budget_burn_down(
    calls: pd.DataFrame, budget_usd: float, *, over: timedelta | str | None = None
) -> pd.DataFrame:
    """What was spent and what was left, one row per interval, oldest first.

    Returns:
        - `time` (datetime64[ns, UTC]): the interval's begin
        - `calls` (int64): calls that began in it
        - `cost_usd` (float64): US dollars that they cost
        - `spent_usd` (float64): US dollars from the first call to the interval's end
        - `left_usd` (float64): budget_usd minus spent_usd; negative if too much was spent

    `calls` are those since the budget was last reset; an unknown cost counts as 0. `over` is the intervals' length, by
    default a common one that makes at most 60. Raises ValueError.
    """
    _check_budget(budget_usd)
    calls = normalize_calls(calls)
    require_columns(calls, ["cost_usd"], "A burn-down")
    groups = group_calls(calls, None, over or nice_width(calls["started"]))
    cost_usd = groups.total(numbers(calls, "cost_usd"))
    spent_usd = np.cumsum(cost_usd)
    return groups.table(
        {
            "calls": groups.count(),
            "cost_usd": cost_usd,
            "spent_usd": spent_usd,
            "left_usd": budget_usd - spent_usd,
        }
    )


def budget_forecast(
    calls: pd.DataFrame,
    budget_usd: float,
    *,
    window: timedelta | str | None = None,
    now: datetime | None = None,
    confidence: float = 0.9,
) -> BudgetForecast:
    """When the budget will be used up at the present pace, with a confidence interval.

    The pace is what was spent in the `window`, divided by its length. The window is divided into 24 equal parts, whose
    costs show how uneven spending is. The spending of the next T hours is then taken as normally distributed around
    pace · T with the variance spread² · T · (1 + T / window): the first term since spending is uneven, the second
    since the pace was measured only for so long. The budget ends early where the upper bound reaches it, and late
    where the lower bound does.

    The forecast knows no working hours, weekends or growth: choose a window of whole days or weeks.

    Args:
        calls: The calls since the budget was last reset, as `normalize_calls` takes them. An unknown cost counts as 0.
        budget_usd: The budget in US dollars.
        window: How far back to measure the pace, such as "1h"; by default since the first call.
        now: The time from which to look ahead; by default the last call's end. Later calls are ignored.
        confidence: Of the interval, 0 to 1.

    Raises:
        ValueError: Invalid arguments, or no calls and no `now`.
    """
    _check_budget(budget_usd)
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence!r}: give a number between 0 and 1, such as 0.9")
    calls = normalize_calls(calls)
    require_columns(calls, ["cost_usd"], "A forecast")
    calls = select_calls(calls, calls["started"].notna().to_numpy(), None, "cost_usd", "latency_s")
    if now is None and calls.empty:
        raise ValueError("A forecast needs calls, or the time `now` from which to look ahead.")
    moment = _moment(now, "now") if now else calls["started"].min() + pd.Timedelta(seconds=span_s(calls))
    if (calls["started"] > moment).any():
        calls = calls[calls["started"] <= moment]
    spent_usd = float(numbers(calls, "cost_usd")[~np.isnan(numbers(calls, "cost_usd"))].sum())
    since = moment - calls["started"].min() if len(calls) else pd.Timedelta(0)
    length = parse_duration(window, "window") if window else since
    recent = calls[calls["started"] >= moment - length]
    pace, spread = _pace(recent, moment, length)
    left_usd = budget_usd - spent_usd
    ends: list[datetime | None] = [None, None, None]
    if left_usd <= 0:
        ends = [_passed(calls, budget_usd)] * 3
    elif pace > 0:
        ends = [_later(moment, h) for h in _hours_left(left_usd, pace, spread, length, _reach(confidence))]
    return BudgetForecast(
        budget_usd=budget_usd,
        spent_usd=spent_usd,
        left_usd=left_usd,
        now=_datetime(moment),
        window=length.floor("us").to_pytimedelta(),
        calls=len(recent),
        pace_usd_per_h=pace,
        spread_usd=spread,
        confidence=confidence,
        ends=ends[0],
        ends_early=ends[1],
        ends_late=ends[2],
    )


def _pace(recent: pd.DataFrame, moment: pd.Timestamp, length: pd.Timedelta) -> tuple[float, float]:
    """US dollars per hour in the window, and the standard deviation of an hour's spending; zeros without a window."""
    window_h = length.total_seconds() / _HOUR_S
    if not window_h:
        return 0.0, 0.0
    ago_h = (moment - recent["started"]).dt.total_seconds().to_numpy() / _HOUR_S
    part = np.minimum((ago_h / window_h * _PARTS).astype(np.int64), _PARTS - 1)
    cost_usd = np.bincount(part, weights=np.nan_to_num(numbers(recent, "cost_usd")), minlength=_PARTS)
    # Variances of independent hours add up: an hour's is a part's times the number of parts in an hour.
    spread = float(cost_usd.std(ddof=1)) * math.sqrt(_PARTS / window_h)
    return float(cost_usd.sum()) / window_h, spread


def _hours_left(
    left_usd: float, pace: float, spread: float, length: pd.Timedelta, reach: float
) -> tuple[float, float, float]:
    """Hours until the expected, the upper and the lower bound of spending reach the rest; infinity for never.

    The bounds are the roots of (left - pace T)² = reach² spread² T (1 + T / window).
    """
    window_h = length.total_seconds() / _HOUR_S
    noise = (reach * spread) ** 2
    a, b, c = pace**2 - noise / window_h, 2 * left_usd * pace + noise, left_usd**2
    root = math.sqrt(max(b**2 - 4 * a * c, 0.0))
    early = 2 * c / (b + root)
    late = (b + root) / (2 * a) if a > 0 else math.inf
    return left_usd / pace, early, late


def _passed(calls: pd.DataFrame, budget_usd: float) -> datetime | None:
    """The start of the call that used the budget up; None for a budget of 0 without spending."""
    ordered = calls.sort_values("started", kind="stable")
    spent_usd = np.nan_to_num(numbers(ordered, "cost_usd")).cumsum()
    # The same numbers in another order may add up to slightly less.
    place = int(np.searchsorted(spent_usd, budget_usd * (1 - 1e-12)))
    return None if ordered.empty else _datetime(ordered["started"].iloc[min(place, len(ordered) - 1)])


def _later(moment: pd.Timestamp, hours: float) -> datetime | None:
    if hours * _HOUR_S > _NEVER_S:
        return None
    return _datetime(moment + pd.Timedelta(seconds=hours * _HOUR_S))


def _datetime(moment: pd.Timestamp) -> datetime:
    """A datetime, which has no nanoseconds."""
    return moment.floor("us").to_pydatetime()


def _reach(confidence: float) -> float:
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def _moment(value: datetime, name: str) -> pd.Timestamp:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(f"{name}={value!r}: give a time with a time zone, such as datetime.now(UTC)")
    return pd.Timestamp(value).tz_convert("UTC")


def _check_budget(budget_usd: float) -> None:
    if not (math.isfinite(budget_usd) and budget_usd >= 0):
        raise ValueError(f"budget_usd={budget_usd!r}: give 0 or more US dollars")
