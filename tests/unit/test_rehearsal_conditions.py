"""`--fail-if`: what a condition may say, and that nothing passes by accident."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from gateway_kit.rehearsal import Rehearsal, RehearsalError
from gateway_kit.rehearsal.conditions import check_conditions, parse_condition
from tests.unit.rehearsal_made import Made, made_rehearsal


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    out = tmp_path_factory.mktemp("out") / "a"
    return Rehearsal.read(made_rehearsal(out, Made(failing=0.1, slower=1.2, cached=0.05), Made()))


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    return Rehearsal.read(made_rehearsal(tmp_path_factory.mktemp("out") / "a", Made(count=0)))


@pytest.mark.parametrize(
    "condition",
    [
        "failed > 0.01",
        "cost_usd < 1.1 * against.cost_usd",
        "p95_s > 0.5 or calls > 1000",
        "0 < failed < 1",
        "not failed == 0",
        'failed.by_model["gpt-4o"] > 0.001 and failed.by_cause["key_limit"] == failed',
        "p95_s > against.p95_s > log.p95_s - 1",
        "-failed_calls <= -1",
        "max(p50_s, 0.1) - min(p50_s, 0.1) >= 0",
        "abs(calibration.cost_usd) < 0.01",
        "higher(failed) and higher(p50_s)",
        'higher(failed.by_team["shop"]) or failed > 0',
        'candidate.calls == against.calls.by_model["gpt-4o"] + against.calls - calls.by_model["gpt-4o"]',
        "cache_hits > 0.01",
        "log.failed == 0",
        " calls\n== 300 ",
    ],
)
def test_a_condition_that_holds_is_broken(rehearsal: Rehearsal, condition: str):
    (broken,) = check_conditions(rehearsal, [condition])
    assert broken.condition == " ".join(condition.split())
    assert broken.sentence.startswith(broken.condition)
    assert broken.values
    assert not any(math.isnan(value) for value in broken.values.values())


@pytest.mark.parametrize(
    "condition",
    [
        "failed > 0.9",
        "cost_usd > 1.1 * against.cost_usd",
        "p95_s > 500",
        "lower(failed)",
        "higher(cost_usd)",
        'failed.by_cause["budget"] > 0',
        'calls.by_model["spare"] > 0',
        "calls < 10 and p99_s / 0 > 1",
        "unpriced > 0",
        "failed > 1e400",
    ],
)
def test_a_condition_that_does_not_hold_is_none(rehearsal: Rehearsal, condition: str):
    assert check_conditions(rehearsal, [condition]) == []


def test_both_values_are_in_the_sentence(rehearsal: Rehearsal):
    (broken,) = rehearsal.check(["failed > 0.5 * log.failed + 0.01"])
    failed = rehearsal.candidate.calls["failed"].mean()
    assert broken.values == {"failed": pytest.approx(failed), "log.failed": 0}
    assert str(broken) == (
        f"failed > 0.5 * log.failed + 0.01: {failed:.4g} > 0.01 (failed = {failed:.4g}, log.failed = 0)"
    )


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("p95_s > 2", "p95_s is not known"),
        ("failed > 0.01", "failed is not known"),
        ("p95_s <= 2", "p95_s is not known"),
        ("not p95_s > 2", "p95_s is not known"),
        ("max(p95_s, 1) > 2", "p95_s is not known"),
        ("calls / cost_usd > 1", "cost_usd is 0"),
        ("p95_s > 2 or calls > 1", "p95_s is not known"),
        ("calibration.p50_s > 1", "calibration.p50_s is not known"),
    ],
)
def test_what_is_not_known_never_passes(alone: Rehearsal, condition: str, why: str):
    (broken,) = check_conditions(alone, [condition])
    assert "cannot be decided" in broken.sentence
    assert why in broken.sentence


def test_a_part_that_decides_is_enough(alone: Rehearsal):
    assert check_conditions(alone, ["calls > 5 and p95_s > 2"]) == []
    (broken,) = check_conditions(alone, ["calls < 5 or p95_s > 2"])
    assert "cannot be decided" not in broken.sentence


def test_too_few_calls_decide_nothing(tmp_path: Path):
    few = Rehearsal.read(made_rehearsal(tmp_path / "out", Made(count=5), Made(count=5)))
    (broken,) = few.check(["higher(p95_s)"])
    assert "too few calls to compare p95_s (n=5)" in broken.sentence


def test_a_cost_that_nobody_knows_is_not_zero(tmp_path: Path):
    rehearsal = Rehearsal.read(made_rehearsal(tmp_path / "out", Made(count=30, logged=False)))
    rehearsal.candidate.calls["cost_usd"] = math.nan
    (broken,) = rehearsal.check(["cost_usd > 1"])
    assert "cost_usd is not known" in broken.sentence
    (broken,) = rehearsal.check(["log.cost_usd < 0"])
    assert "log.cost_usd is not known" in broken.sentence


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("cost > 1", "no measure cost. Did you mean cost_usd"),
        ("failed.by_modle['a'] > 1", "no grouping by_modle. Did you mean by_model"),
        ("failed.by_model > 1", "a group is written as failed.by_model"),
        ("failed['a'] > 1", "a group is written as failed.by_model"),
        ("failed.by_model[3] > 1", "give the group in quotes"),
        ("calibration.failed > 1", "no measure failed"),
        ("against > 1", "against alone is no measure"),
        ("failed", "nothing is compared"),
        ("1 + 1", "nothing is compared"),
        ("failed > 1 > (failed > 2)", "true or false, and cannot be compared"),
        ("failed > 'x'", "is no number"),
        ("failed > True", "is no number"),
        ("failed > 1%", "Write 0.01 for 1 %"),
        ("", "cannot be read"),
        ("failed >", "cannot be read"),
        ("(" * 300 + "failed > 1" + ")" * 300, "cannot be read|nested too deeply"),
        ("not " * 60 + "failed > 1", "nested too deeply"),
        ("failed > 1 or " * 100 + "failed > 1", "longer than 1,000"),
        ("failed ** 2 > 1", "may not be in a condition"),
        ("failed in (1, 2)", "may not be in a condition"),
        ("(lambda: failed)() > 1", "may not be in a condition"),
        ("__import__('os').system('true') > 1", "may not be in a condition"),
        ("failed.__class__ > 1", "no grouping __class__"),
        ("().__class__.__bases__ > 1", "may not be in a condition"),
        ("[x for x in (1,)] > 1", "may not be in a condition"),
        ("f'{failed}' > 1", "may not be in a condition"),
        ("(y := failed) > 1", "may not be in a condition"),
        ("abs() > 1", "takes one number"),
        ("max(failed, key=failed) > 1", "may not be in a condition"),
        ("higher(0.1)", "takes one measure of the candidate"),
        ("higher(against.failed)", "takes one measure of the candidate"),
    ],
)
def test_what_is_no_condition_is_refused_with_what_is_one(condition: str, said: str):
    with pytest.raises(RehearsalError, match=said) as refused:
        parse_condition(condition)
    assert "failed > 0.01" in str(refused.value)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("failed.by_model['gpt4o'] > 1", "no model gpt4o. Did you mean gpt-4o"),
        ("failed.by_deployment['gone-1'] > 1", "no deployment gone-1"),
        ("against_2.failed > 1", "no run against_2. Did you mean against"),
        ("higher(prompt_tokens)", "comparison of all calls by prompt_tokens"),
        ("higher(failed.by_user['user-1'])", "comparison of user by failed"),
    ],
)
def test_names_that_the_rehearsal_does_not_have_are_listed(rehearsal: Rehearsal, condition: str, said: str):
    with pytest.raises(RehearsalError, match=said):
        rehearsal.check(["failed > 0.9", condition])


def test_without_a_baseline_there_is_nothing_against(alone: Rehearsal):
    for condition in ("failed > against.failed", "higher(failed)"):
        with pytest.raises(RehearsalError, match="no run against"):
            alone.check([condition])
