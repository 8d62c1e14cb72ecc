"""The grader of exercise 06.2: a function that makes an alert rule of ordinary calls, tried on a night and a fault."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gateway_kit.gateway import Gateway
from gateway_kit.gateway.providers import Fault, Providers
from gateway_kit.lessons.bookshop import shop_traffic
from gateway_kit.lessons.exercise import Criterion, variable
from gateway_kit.lessons.learner import call_learner
from gateway_kit.load import LoadPlan, run_load
from gateway_kit.load.run import LoadProgress
from gateway_kit.metrics import AlertRule, alert_times

if TYPE_CHECKING:
    import pandas as pd

_PROVIDER, _MODEL = "openai", "gpt-4o-mini"
# Calls a second by day and at night, and seconds: what the function is shown, the day that it is tried on, when the
# fault begins in that, and the night.
_DAY_RATE, _NIGHT_RATE = 8.0, 2.0
_GIVEN_S, _DAY_S, _FAULT_S, _NIGHT_S = 3.0, 4.5, 2.0, 2.0
_STRUCK = 0.34
# Added to a struck call: so many times the usual p95, at least so many seconds, so that no busy machine hides it.
_TIMES_USUAL, _LEAST_S = 6.0, 3.0
_SOON_S = 3.0
# A rule's looks fall where the clock wants them, so each is tried with all of these parts of a look's distance.
_PHASES = 8


def grade_rule(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A rule that is quiet by day and by night, and fires soon once every third call is slow."""
    import pandas as pd

    gateway, there = variable(variables, "gateway", Gateway)
    rule_for = variables.get("rule_for")
    criteria = [Criterion("`rule_for` is a function", callable(rule_for), repr(rule_for)[:80])]
    criteria += [] if there.met else [there]
    if not all(criterion.met for criterion in criteria) or not callable(rule_for):
        return criteria
    given = run_load(_plan(rate_per_s=_DAY_RATE, duration_s=_GIVEN_S), gateway).calls
    rule, said = _rule(rule_for, given)
    criteria.append(Criterion("`rule_for(ordinary)` gives an AlertRule", rule is not None, said))
    if rule is None:
        return criteria
    extra_s = max(_LEAST_S, _TIMES_USUAL * float(given["latency_s"].quantile(0.95)))
    night = _night(gateway, extra_s)
    day, began = _day(gateway, extra_s)
    # Those that had ended: what was still under way may have met the fault.
    ordinary = day[day["started"] + pd.to_timedelta(day["latency_s"], unit="s") < began]
    return [
        *criteria,
        _quiet("it is quiet on the calls that it was made of", given, rule),
        _quiet("it is quiet on others while all is well", ordinary, rule),
        _quiet("it is quiet at night, when one call of four is slow", night, rule),
        _soon(day, began, rule),
    ]


def _day(gateway: Gateway, extra_s: float) -> tuple[pd.DataFrame, pd.Timestamp]:
    """(the calls of a day that ends in a fault, when that began)."""
    import pandas as pd

    faults: list[Fault] = []
    moments: list[datetime] = []

    def strike(progress: LoadProgress) -> None:
        if progress.seconds >= _FAULT_S and not faults:
            # Before, since a call may be struck before the answer to this is here.
            moments.append(datetime.now(UTC))
            faults.append(_slow(gateway.providers, extra_s, probability=_STRUCK, seed=4))

    try:
        day = run_load(_plan(rate_per_s=_DAY_RATE, duration_s=_DAY_S), gateway, on_progress=strike).calls
    finally:
        for fault in faults:
            fault.off()
    return day, pd.Timestamp(moments[0])


def _night(gateway: Gateway, extra_s: float) -> pd.DataFrame:
    """Four calls, and one of them is slow, as it happens."""
    with _slow(gateway.providers, extra_s, count=1):
        return run_load(_plan(rate_per_s=_NIGHT_RATE, duration_s=_NIGHT_S), gateway).calls


def _slow(providers: Providers, extra_s: float, **how_often: Any) -> Fault:
    return providers.fault(_PROVIDER, model=_MODEL, kind="slow", latency_s=extra_s, **how_often)


def _plan(**load: Any) -> LoadPlan:
    """A load of short questions, as even as a clock where it comes by itself."""
    questions = list(shop_traffic(seed=random.randrange(10**9)).query("feature != 'stories'")["question"])  # noqa: S311 - no secret
    aside = {"cache": {"no-store": True}}
    return LoadPlan(
        _MODEL, prompts=questions, no_cache=True, params=aside, arrivals="even", max_tokens=20, **load
    )


def _rule(rule_for: Callable[..., Any], given: pd.DataFrame) -> tuple[AlertRule | None, str]:
    """(the learner's rule, or what was found instead)."""
    returned, said = call_learner(rule_for, given.copy())
    if said or isinstance(returned, AlertRule):
        return returned, said
    return None, f"{returned!r:.80}"


def _quiet(text: str, calls: pd.DataFrame, rule: AlertRule) -> Criterion:
    """No look at these calls is above the threshold, wherever the looks fall."""
    for fired in _tries(calls, rule):
        if len(fired):
            worst, n = fired["worst"].iloc[0], fired["calls"].iloc[0]
            return Criterion(text, False, f"it fires at {worst:.2f}, of {n} calls; above={rule.above:.2f}")
    return Criterion(text, True)


def _soon(day: pd.DataFrame, began: pd.Timestamp, rule: AlertRule) -> Criterion:
    """The first look that fires is soon after the fault's begin, wherever the looks fall."""
    text = f"once every third call is slow, it fires within {_SOON_S:.0f} s"
    # What ended before the fault began was something else.
    tries = [fired[fired["ended"].isna() | (fired["ended"] > began)]["fired"] for fired in _tries(day, rule)]
    if any(fired.empty for fired in tries):
        never = (
            f"it never fires: {rule.measure} does not pass {rule.above:.2f} in {rule.min_calls} calls or more"
        )
        return Criterion(text, False, never)
    latest_s = max((fired.iloc[0] - began).total_seconds() for fired in tries)
    return Criterion(text, latest_s <= _SOON_S, f"after {latest_s:.1f} s, where its looks fall badly")


def _tries(calls: pd.DataFrame, rule: AlertRule) -> Sequence[pd.DataFrame]:
    """`alert_times` as they would be with the looks at other moments, in the calls' own time."""
    import pandas as pd

    every = pd.Timedelta(rule.every or rule.window)
    found = []
    for phase in range(_PHASES):
        shift = every * phase / _PHASES
        fired = alert_times(calls.assign(started=calls["started"] + shift), rule)
        found.append(fired.assign(fired=fired["fired"] - shift, ended=fired["ended"] - shift))
    return found
