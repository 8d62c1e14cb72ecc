"""The grader of exercise 06.2, on loads and faults that are made up."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pandas as pd
import pytest

from gateway_kit import metrics
from gateway_kit.gateway import Gateway
from gateway_kit.gateway.providers import Providers
from gateway_kit.lessons import alert_choice, check
from gateway_kit.lessons.exercise import CheckResult
from gateway_kit.lessons.solutions import solved_code
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.load import LoadPlan
from gateway_kit.load.run import LoadProgress
from gateway_kit.metrics import AlertRule


class World:
    """Providers with faults, and loads whose calls last as the faults say."""

    def __init__(self) -> None:
        self.usual_s = 0.3
        self.faults: dict[int, dict[str, Any]] = {}
        self.wishes: list[dict[str, Any]] = []
        self.providers = Providers("http://providers.test", transport=httpx.MockTransport(self._control))
        self.gateway = Gateway(Connection("http://gateway.test", "sk-key"))
        self.gateway.providers = self.providers

    def _control(self, request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            del self.faults[int(request.url.path.rpartition("/")[2])]
            return httpx.Response(200, json={})
        wish = {**json.loads(request.content), "id": len(self.wishes) + 1, "hits": 0}
        self.wishes.append(wish)
        self.faults[wish["id"]] = wish
        return httpx.Response(200, json=wish)

    def run_load(
        self,
        plan: LoadPlan,
        gateway: Gateway,
        *,
        on_progress: Callable[[LoadProgress], None] = lambda _: None,
    ) -> Any:
        """Calls as even as a clock; a struck one lasts longer. The clock is real, so it stands still meanwhile."""
        assert gateway is self.gateway
        rate, seconds = plan.rate_per_s or 0.0, plan.duration_s or 0.0
        # Such that the fault begins about when the clock says.
        begin = datetime.now(UTC) - timedelta(seconds=alert_choice._FAULT_S)
        rows, struck = [], 0
        for number in range(int(rate * seconds)):
            on_progress(LoadProgress(number / rate, number, None, 0))
            latency_s = self.usual_s + 0.01 * (number % 3)
            for fault in self.faults.values():
                if number % 3 == 0 and struck < fault.get("count", number + 1):
                    latency_s += fault["latency_s"]
                    struck += 1
            started = begin + timedelta(seconds=number / rate)
            rows.append({"started": started, "latency_s": latency_s, "error": None, "cost_usd": 1e-5})
        return SimpleNamespace(calls=pd.DataFrame(rows).astype({"started": "datetime64[ns, UTC]"}))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    monkeypatch.setattr(alert_choice, "run_load", made.run_load)
    return made


def grade(world: World, rule_for: object) -> CheckResult:
    given = {"gateway": world.gateway, "rule_for": rule_for}
    result = check("06.2", given)
    assert not world.faults, "a fault was left on"
    return result


def missing(result: CheckResult) -> list[str]:
    return [criterion.text for criterion in result.criteria if not criterion.met]


def test_the_solution_passes_and_passes_again(world: World) -> None:
    variables: dict[str, Any] = {"metrics": metrics}
    exec(solved_code("06.2"), variables)
    assert missing(grade(world, variables["rule_for"])) == []
    assert missing(grade(world, variables["rule_for"])) == []


GIVEN = "it does not fire on the calls that it was made from"
OTHERS = "it does not fire on other ordinary calls"
NIGHT = "it does not fire at night, when one call of four is slow"
SOON = "it fires within 3 s after every third call becomes slow"
FOLLOWS = "its threshold follows `ordinary`: it also works where every call takes 4.5 s longer"
RULE: dict[str, Any] = {"measure": "latency_p95_s", "window": "2s", "every": "500ms", "min_calls": 8}


def usual_s(ordinary: pd.DataFrame, share: float = 0.95) -> float:
    return float(ordinary["latency_s"].quantile(share))


def rules(above: Callable[[pd.DataFrame], float], **made: Any) -> Callable[[pd.DataFrame], AlertRule]:
    return lambda ordinary: AlertRule(above=above(ordinary), **{**RULE, **made})


def doubled(ordinary: pd.DataFrame) -> float:
    return 1 + 2 * usual_s(ordinary)


# What a learner may write, and the criteria that are not met.
SOLUTIONS: dict[str, tuple[Callable[[pd.DataFrame], Any], list[str]]] = {
    "right: twice the usual p95 and a second": (rules(doubled), []),
    "right: the usual p95 and 1.5 s, as in section 8": (rules(lambda o: usual_s(o) + 1.5), []),
    "right: three times the usual p95": (rules(lambda o: 3 * usual_s(o)), []),
    "right: the slowest ordinary call and a second": (rules(lambda o: o["latency_s"].max() + 1), []),
    "right: far above the median": (rules(lambda o: 1 + 2 * usual_s(o, 0.5)), []),
    "right: mean and ten deviations": (
        rules(lambda o: o["latency_s"].mean() + 10 * o["latency_s"].std() + 1),
        [],
    ),
    "right: p90": (rules(doubled, measure="latency_p90_s"), []),
    "right: p99": (rules(doubled, measure="latency_p99_s"), []),
    "right: a shorter window, more often": (rules(doubled, window="1s", every="200ms", min_calls=6), []),
    "a constant threshold": (rules(lambda _: 1.0), [FOLLOWS]),
    "a high constant threshold": (rules(lambda _: 3.1), [FOLLOWS]),
    "a constant that follows a little": (rules(lambda o: 2 + 0.1 * usual_s(o)), [FOLLOWS]),
    "below what is usual": (rules(lambda o: 0.5 * usual_s(o)), [GIVEN, OTHERS]),
    "the usual p95 itself": (rules(lambda o: usual_s(o) * 0.99), [GIVEN, OTHERS]),
    "out of reach": (rules(lambda o: 60 + usual_s(o)), [SOON]),
    "the median": (rules(doubled, measure="latency_p50_s"), [SOON]),
    "errors": (rules(lambda _: 0.1, measure="error_rate"), [SOON]),
    "cost": (rules(lambda _: 1.0, measure="cost_usd"), [SOON]),
    "one call is enough": (rules(doubled, min_calls=1), [NIGHT]),
    "four calls are enough": (rules(doubled, min_calls=4), [NIGHT]),
    "more calls than there are": (rules(doubled, min_calls=100), [SOON]),
    "a window of ten seconds": (rules(doubled, window="10s", every=None), [SOON]),
}


@pytest.mark.parametrize("name", SOLUTIONS)
def test_right_rules_pass_and_wrong_ones_are_told_what_is_missing(world: World, name: str) -> None:
    rule_for, criteria = SOLUTIONS[name]
    result = grade(world, rule_for)
    assert missing(result) == criteria, repr(result)
    assert bool(criteria) != name.startswith("right")
    assert all(criterion.found for criterion in result.criteria if not criterion.met)


def test_a_constant_threshold_is_told_where_it_is_wrong(world: World) -> None:
    found = grade(world, rules(lambda _: 1.0)).criteria[-1].found
    assert found == "there it fires at 4.82, with 16 calls; above=1.00"


def test_there_are_enough_solutions() -> None:
    right = [name for name in SOLUTIONS if name.startswith("right")]
    assert len(right) >= 3
    assert len(SOLUTIONS) - len(right) >= 5


def test_the_function_gets_only_ordinary_calls(world: World) -> None:
    seen: list[pd.DataFrame] = []

    def rule_for(ordinary: pd.DataFrame) -> AlertRule:
        seen.append(ordinary.copy())
        ordinary["latency_s"] = 0.0  # what it does to its table does not reach the grader's
        return rules(doubled)(seen[-1])

    assert missing(grade(world, rule_for)) == []
    assert len(seen[0]) == len(seen[1]) == 24
    assert seen[0]["latency_s"].max() < 1
    assert (seen[1]["latency_s"] - seen[0]["latency_s"]).round(6).eq(4.5).all(), "the slower provider's"


def test_faults_strike_well_above_what_is_usual(world: World) -> None:
    grade(world, rules(doubled))
    assert all(wish["latency_s"] == alert_choice._LEAST_S for wish in world.wishes)
    world.usual_s = 2.0  # a busy machine
    assert missing(grade(world, rules(doubled))) == []
    assert all(wish["latency_s"] > 6 * 2.0 for wish in world.wishes[2:])


def test_another_result_than_a_rule_is_reported(world: World) -> None:
    def fails(_: pd.DataFrame) -> AlertRule:
        return AlertRule("latency", above=1, window="2s")

    for rule_for, criteria, said in (
        (None, ["`rule_for` is a function"], "nothing"),
        (lambda ordinary: 2.0, ["`rule_for(ordinary)` returns an AlertRule"], "2.0"),
        (fails, ["`rule_for(ordinary)` returns an AlertRule"], "measure='latency' is unknown"),
    ):
        result = grade(world, rule_for)
        assert missing(result) == criteria
        assert said in repr(result)
    assert not world.wishes, "nothing is slowed down for what is no rule"


def test_without_a_gateway_the_grader_says_so() -> None:
    result = check("06.2", {"rule_for": print})
    assert missing(result) == ["`gateway` is set (Gateway)"]
