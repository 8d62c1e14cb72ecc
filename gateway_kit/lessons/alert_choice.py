"""The grader of exercise 06.2: a function that makes an alert rule from ordinary calls."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gateway_kit.gateway import Gateway
from gateway_kit.gateway.fault import Fault
from gateway_kit.lessons.bookshop import shop_traffic
from gateway_kit.lessons.exercise import Criterion, require
from gateway_kit.lessons.learner import call_learner
from gateway_kit.load import LoadPlan, run_load
from gateway_kit.load.run import LoadProgress
from gateway_kit.metrics import AlertRule, alert_times, latency_percentiles

if TYPE_CHECKING:
    import pandas as pd

_PROVIDER, _MODEL = "openai", "gpt-4o-mini"
# Calls per second by day and at night. Seconds of the calls that the function gets, of the day that it is tested on,
# until the fault begins in that day, and of the night.
_DAY_RATE, _NIGHT_RATE = 8.0, 2.0
_GIVEN_S, _DAY_S, _FAULT_S, _NIGHT_S = 3.0, 4.5, 2.0, 2.0
_STRUCK = 0.34
# A slow call takes longer by so many times the usual p95, and at least so many seconds, to stand out on a busy machine.
_TIMES_USUAL, _LEAST_S = 6.0, 3.0
_SOON_S = 3.0
# How much slower the other provider always is, as a multiple of what a fault adds to a call.
_LONGER = 1.5
# When a rule is evaluated depends on the clock, so each is tested with its evaluations shifted in so many steps.
_PHASES = 8


def grade_rule(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A rule that does not fire by day or by night, and fires soon after every third call becomes slow.

    The same must hold of the rule that the function makes for a slower provider: a constant threshold cannot.
    """
    import pandas as pd

    gateway, rule_for = require(variables, gateway=Gateway, rule_for=callable)
    given = run_load(_plan(rate_per_s=_DAY_RATE, duration_s=_GIVEN_S), gateway).calls
    rule, failure = _rule(rule_for, given)
    criteria = [Criterion("`rule_for(ordinary)` returns an AlertRule", rule is not None, failure)]
    if rule is None:
        return criteria
    usual_s = float(latency_percentiles(given, None, percentiles=(95,))["latency_p95_s"].iloc[0])
    extra_s = max(_LEAST_S, _TIMES_USUAL * usual_s)
    night = _night(gateway, extra_s)
    day, began = _day(gateway, extra_s)
    # Calls that had ended: one in progress may have met the fault.
    ordinary = day[day["started"] + pd.to_timedelta(day["latency_s"], unit="s") < began]
    criteria += [
        _quiet("it does not fire on the calls that it was made from", given, rule),
        _quiet("it does not fire on other ordinary calls", ordinary, rule),
        _quiet("it does not fire at night, when one call of four is slow", night, rule),
        _soon(day, began, rule),
    ]
    if all(criterion.met for criterion in criteria):
        criteria.append(_slower_provider(rule_for, given, ordinary, (day, began), extra_s))
    return criteria


def _slower_provider(
    rule_for: Callable[..., Any],
    given: pd.DataFrame,
    ordinary: pd.DataFrame,
    struck: tuple[pd.DataFrame, pd.Timestamp],
    extra_s: float,
) -> Criterion:
    """The same calls at a provider that always takes longer than a slow call took: its own rule has to be right, too.

    No constant threshold can be above what is usual there and below what is slow here.
    """
    more_s = _LONGER * extra_s
    text = f"its threshold follows `ordinary`: it also works where every call takes {more_s:.1f} s longer"
    rule, failure = _rule(rule_for, _slower(given, extra_s, more_s))
    if rule is None:
        return Criterion(text, False, failure)
    day, began = struck
    parts = (
        _quiet("", _slower(given, extra_s, more_s), rule),
        _quiet("", _slower(ordinary, extra_s, more_s), rule),
        _soon(_slower(day, extra_s, more_s), began, rule),
    )
    found = next((part.found for part in parts if not part.met), "")
    return Criterion(text, not found, f"there {found}")


def _slower(calls: pd.DataFrame, extra_s: float, more_s: float) -> pd.DataFrame:
    """The calls, each of them later by so much; those that a fault struck stand out by as much as before."""
    usual_s = calls["latency_s"].where(calls["latency_s"] < extra_s)
    later_s = usual_s + more_s
    struck_s = calls["latency_s"] + more_s + _TIMES_USUAL * more_s
    return calls.assign(latency_s=later_s.fillna(struck_s))


def _day(gateway: Gateway, extra_s: float) -> tuple[pd.DataFrame, pd.Timestamp]:
    """(the calls of a day that ends in a fault, when the fault began)."""
    import pandas as pd

    faults: list[Fault] = []
    moments: list[datetime] = []

    def strike(progress: LoadProgress) -> None:
        if progress.seconds >= _FAULT_S and not faults:
            # Before: a call may be slow before this returns.
            moments.append(datetime.now(UTC))
            faults.append(_slow(gateway, extra_s, probability=_STRUCK, seed=4))

    try:
        day = run_load(_plan(rate_per_s=_DAY_RATE, duration_s=_DAY_S), gateway, on_progress=strike).calls
    finally:
        for fault in faults:
            fault.off()
    return day, pd.Timestamp(moments[0])


def _night(gateway: Gateway, extra_s: float) -> pd.DataFrame:
    """Four calls, one of them slow."""
    with _slow(gateway, extra_s, count=1):
        return run_load(_plan(rate_per_s=_NIGHT_RATE, duration_s=_NIGHT_S), gateway).calls


def _slow(gateway: Gateway, extra_s: float, **how_often: Any) -> Fault:
    return gateway.providers.fault(_PROVIDER, model=_MODEL, kind="slow", latency_s=extra_s, **how_often)


def _plan(**load: Any) -> LoadPlan:
    """Short questions at even intervals."""
    questions = list(shop_traffic(seed=random.randrange(10**9)).query("feature != 'stories'")["question"])  # noqa: S311 - no secret
    aside = {"cache": {"no-store": True}}
    return LoadPlan(
        _MODEL, prompts=questions, no_cache=True, params=aside, arrivals="even", max_tokens=20, **load
    )


def _rule(rule_for: Callable[..., Any], given: pd.DataFrame) -> tuple[AlertRule | None, str]:
    """(the learner's rule, or None and what was found instead)."""
    returned, failure = call_learner(rule_for, given.copy())
    if failure or isinstance(returned, AlertRule):
        return returned, failure
    return None, f"{returned!r:.80}"


def _quiet(text: str, calls: pd.DataFrame, rule: AlertRule) -> Criterion:
    """No evaluation of these calls is above the threshold, whenever it happens."""
    for firings in _shifted(calls, rule):
        if len(firings):
            worst, n = firings["worst"].iloc[0], firings["calls"].iloc[0]
            return Criterion(text, False, f"it fires at {worst:.2f}, with {n} calls; above={rule.above:.2f}")
    return Criterion(text, True)


def _soon(day: pd.DataFrame, began: pd.Timestamp, rule: AlertRule) -> Criterion:
    """The first firing is soon after the fault begins, whenever the rule is evaluated."""
    text = f"it fires within {_SOON_S:.0f} s after every third call becomes slow"
    # A firing that ended before the fault is about something else.
    tries = [
        fired[fired["ended"].isna() | (fired["ended"] > began)]["fired"] for fired in _shifted(day, rule)
    ]
    if any(fired.empty for fired in tries):
        never = (
            f"it never fires: {rule.measure} does not pass {rule.above:.2f} in {rule.min_calls} calls or more"
        )
        return Criterion(text, False, never)
    latest_s = max((fired.iloc[0] - began).total_seconds() for fired in tries)
    return Criterion(
        text, latest_s <= _SOON_S, f"after {latest_s:.1f} s, with its evaluations at the worst moments"
    )


def _shifted(calls: pd.DataFrame, rule: AlertRule) -> Sequence[pd.DataFrame]:
    """`alert_times` with the evaluations at other moments, in the calls' own time."""
    import pandas as pd

    every = pd.Timedelta(rule.every or rule.window)
    tables = []
    for phase in range(_PHASES):
        shift = every * phase / _PHASES
        fired = alert_times(calls.assign(started=calls["started"] + shift), rule)
        tables.append(fired.assign(fired=fired["fired"] - shift, ended=fired["ended"] - shift))
    return tables
