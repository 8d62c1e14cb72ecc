"""How far a judge agrees with people, corrected for chance."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from gateway_kit.metrics import judge_agreement


def verdicts(*pairs: tuple[int, int, int]) -> tuple[pd.Series, pd.Series]:
    """Series of (judge, people, how often)."""
    judge = [judge for judge, _, times in pairs for _ in range(times)]
    people = [people for _, people, times in pairs for _ in range(times)]
    return pd.Series(judge, dtype=bool), pd.Series(people, dtype=bool)


def test_kappa_is_cohens() -> None:
    # The example of Cohen's coefficient that textbooks have: 20 and 15 alike, 5 and 10 not, kappa 0.4.
    row = judge_agreement(*verdicts((1, 1, 20), (1, 0, 5), (0, 1, 10), (0, 0, 15))).iloc[0]
    assert (row["both_pass"], row["wrongly_passed"], row["wrongly_failed"], row["both_fail"]) == (
        20,
        5,
        10,
        15,
    )
    assert row["answers"] == 50
    assert row["agreed"] == 0.7
    assert row["kappa"] == pytest.approx(0.4)
    assert row["kappa_low"] < 0.4 < row["kappa_high"]


def test_a_judge_that_accepts_everything_agrees_often_and_knows_nothing() -> None:
    row = judge_agreement(*verdicts((1, 1, 90), (1, 0, 10))).iloc[0]
    assert row["agreed"] == 0.9
    assert row["kappa"] == 0


def test_full_agreement_is_one() -> None:
    assert judge_agreement(*verdicts((1, 1, 5), (0, 0, 5)))["kappa"].tolist() == [1]


def test_without_two_kinds_of_verdict_there_is_no_kappa() -> None:
    row = judge_agreement(*verdicts((1, 1, 5))).iloc[0]
    assert row["agreed"] == 1
    assert all(math.isnan(row[name]) for name in ("kappa", "kappa_low", "kappa_high"))


def test_groups_follow_the_whole() -> None:
    judge, people = verdicts((1, 1, 6), (1, 0, 4))
    kinds = pd.Series(["returns"] * 6 + [None, "events", "events", "events"])
    rows = judge_agreement(judge, people, by=kinds)
    assert rows["group"].tolist() == ["all", "events", "none", "returns"]
    assert rows["wrongly_passed"].tolist() == [4, 3, 1, 0]


def test_only_answers_with_both_verdicts_count() -> None:
    judge = pd.Series({"a": True, "b": False, "c": True}, dtype="boolean")
    people = pd.Series({"b": False, "c": None, "d": True}, dtype="boolean")
    assert judge_agreement(judge, people)["answers"].tolist() == [1]


@pytest.mark.parametrize(
    ("judge", "people", "message"),
    [
        (pd.Series([1, 0], index=["a", "a"]), pd.Series([1]), "judge has an answer twice"),
        (pd.Series([1, 2]), pd.Series([1, 0]), "judge has verdicts other than"),
        (pd.Series([1]), pd.Series(["yes"]), "people has verdicts other than"),
        (pd.Series({"a": 1}), pd.Series({"b": 1}), "No answer was judged by both"),
    ],
)
def test_what_cannot_be_compared_is_named(judge: pd.Series, people: pd.Series, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        judge_agreement(judge, people)
