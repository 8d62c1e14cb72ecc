"""How a budget is spent, and when it will be gone at the present pace."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import NormalDist

import numpy as np
import pandas as pd

from gateway_kit.metrics.buckets import nice_width, parse_duration
from gateway_kit.metrics.calls import normalize_calls, numbers, require_columns
from gateway_kit.metrics.groups import group_calls, select_calls
from gateway_kit.metrics.rates import span_s

# Equal parts of the window whose costs are compared: enough to tell how much they differ, and each still holds calls.
_PARTS = 24
_HOUR_S = 3600.0
# Beyond this a pace says nothing any more.
_NEVER_S = 100 * 365.25 * 86400


@dataclass(frozen=True)
class BudgetForecast:
    """When a budget will be gone if spending goes on as in the `window`; made by `budget_forecast`.

    budget_usd, spent_usd, left_usd   US dollars; `left_usd` is below 0 where too much was spent
    now             the moment from which the forecast looks ahead, UTC
    window          how far back the pace was measured
    calls           n: calls in the window
    pace_usd_per_h  US dollars an hour, the window's mean
    spread_usd      US dollars: standard deviation of what is spent in an hour, one hour and another
    confidence      of the interval, 0 to 1
    ends            when the budget is gone at this pace; None: at this pace never, or nobody can tell. Where it is
                    gone already, when that was
    ends_early, ends_late   between these with the `confidence`; `ends_late` is None where it may last for ever
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
        """What will have been spent, from now to `until`, one row per moment.

        column      dtype                 meaning
        time        datetime64[ns, UTC]
        spent_usd   float64               US dollars at this pace
        low_usd     float64               between these with the `confidence`
        high_usd    float64

        Raises ValueError where `until` is not after now.
        """
        ahead_h = (_moment(until, "until") - self.now).total_seconds() / _HOUR_S
        if ahead_h <= 0:
            raise ValueError(f"until={until}: a moment after {self.now} is needed")
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

    column      dtype                 meaning
    time        datetime64[ns, UTC]   the interval's begin
    calls       int64                 calls that began in it
    cost_usd    float64               US dollars that they cost
    spent_usd   float64               US dollars from the first call to the interval's end
    left_usd    float64               budget_usd less spent_usd; below 0 where too much was spent

    `calls` are the calls since the budget began anew, as `normalize_calls` takes them; those whose cost is not known
    count 0. `over` is the intervals' length, by default a usual one that makes at most 60. Raises ValueError.
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
    """When the budget will be gone at the present pace, and how sure that is.

    The method, in full: the pace is what was spent in the `window` before `now`, by the window's length. The window
    is cut into 24 equal parts; by how much their costs differ tells how uneven spending is. What is spent in the next
    T hours is then taken to be normally distributed around pace · T with the variance spread² · T · (1 + T / window):
    the first part of it since spending is uneven, the second since the pace itself was only measured for so long. The
    budget is gone early where the upper bound reaches it, late where the lower bound does.

    It knows no working hours, no week-ends and no growth: choose a window that holds whole days or weeks of those.
    `window` is by default all the time of the calls; `now` is when the last of them ended. Later calls do not count.
    Calls whose cost is not known count 0. `calls` are those since the budget began anew. Raises ValueError.
    """
    _check_budget(budget_usd)
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence!r}: a number between 0 and 1 is needed, such as 0.9")
    calls = normalize_calls(calls)
    require_columns(calls, ["cost_usd"], "A forecast")
    calls = select_calls(calls, calls["started"].notna().to_numpy(), None, "cost_usd", "latency_s")
    if now is None and calls.empty:
        raise ValueError("A forecast needs calls, or the moment `now` from which to look ahead.")
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
    """US dollars an hour in the window, and the standard deviation of an hour's spending; zeros for no window."""
    window_h = length.total_seconds() / _HOUR_S
    if not window_h:
        return 0.0, 0.0
    ago_h = (moment - recent["started"]).dt.total_seconds().to_numpy() / _HOUR_S
    part = np.minimum((ago_h / window_h * _PARTS).astype(np.int64), _PARTS - 1)
    cost_usd = np.bincount(part, weights=np.nan_to_num(numbers(recent, "cost_usd")), minlength=_PARTS)
    # Independent hours: variances add up, so an hour's is a part's times the parts an hour.
    spread = float(cost_usd.std(ddof=1)) * math.sqrt(_PARTS / window_h)
    return float(cost_usd.sum()) / window_h, spread


def _hours_left(
    left_usd: float, pace: float, spread: float, length: pd.Timedelta, reach: float
) -> tuple[float, float, float]:
    """Hours until the expected, the upper and the lower bound of spending reach what is left; infinity for never.

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
    """The start of the call with which the budget was gone; None where nothing was spent, the budget being 0."""
    ordered = calls.sort_values("started", kind="stable")
    spent_usd = np.nan_to_num(numbers(ordered, "cost_usd")).cumsum()
    # Rounding: the same numbers in another order may add up to a bit less.
    place = int(np.searchsorted(spent_usd, budget_usd * (1 - 1e-12)))
    return None if ordered.empty else _datetime(ordered["started"].iloc[min(place, len(ordered) - 1)])


def _later(moment: pd.Timestamp, hours: float) -> datetime | None:
    if hours * _HOUR_S > _NEVER_S:
        return None
    return _datetime(moment + pd.Timedelta(seconds=hours * _HOUR_S))


def _datetime(moment: pd.Timestamp) -> datetime:
    """Without the nanoseconds, which a datetime does not have."""
    return moment.floor("us").to_pydatetime()


def _reach(confidence: float) -> float:
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def _moment(value: datetime, name: str) -> pd.Timestamp:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(f"{name}={value!r}: a time with a zone is needed, such as datetime.now(UTC)")
    return pd.Timestamp(value).tz_convert("UTC")


def _check_budget(budget_usd: float) -> None:
    if not (math.isfinite(budget_usd) and budget_usd >= 0):
        raise ValueError(f"budget_usd={budget_usd!r}: 0 or more US dollars are needed")
