"""Two experiments over the same items: what changed, and whether that is more than chance."""

from __future__ import annotations

import math
import random

import numpy as np
import pandas as pd
import pytest

from gateway_kit.metrics import compare_experiments
from gateway_kit.metrics.intervals import mean_interval


def items(
    scores: list[float | bool | None], kinds: list[str] | None = None, name: str = "good"
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "item_id": [f"item-{n}" for n in range(len(scores))],
            "scores": [{} if score is None else {name: score} for score in scores],
            "metadata": [{"kind": kind} for kind in kinds or ["any"] * len(scores)],
        }
    )


def test_a_clear_difference_has_an_interval_without_zero() -> None:
    row = compare_experiments(items([0] * 15 + [1] * 5), items([1] * 20)).iloc[0]
    assert row["score"] == "good"
    assert (row["items"], row["better"], row["worse"]) == (20, 15, 0)
    assert (row["before"], row["after"], row["difference"]) == (0.25, 1.0, 0.75)
    assert 0 < row["low"] < 0.75 < row["high"]
    assert row["verdict"] == "higher"


def test_the_other_way_round_it_is_lower() -> None:
    assert compare_experiments(items([1] * 20), items([0] * 15 + [1] * 5))["verdict"].tolist() == ["lower"]


def test_a_difference_that_may_be_chance_decides_nothing() -> None:
    row = compare_experiments(items([0, 1] * 10), items([1, 0, 1] + [0, 1] * 8 + [1])).iloc[0]
    assert row["low"] < 0 < row["high"]
    assert row["verdict"] == "no difference can be told"


def test_equal_experiments_do_not_differ() -> None:
    row = compare_experiments(items([True, False] * 10), items([True, False] * 10)).iloc[0]
    assert (row["low"], row["high"], row["verdict"]) == (0, 0, "no difference can be told")


def test_few_items_decide_nothing_however_clear() -> None:
    assert compare_experiments(items([0] * 9), items([1] * 9))["verdict"].tolist() == ["too few items"]


def test_a_group_may_get_worse_while_the_whole_gets_better() -> None:
    kinds = ["orders"] * 30 + ["delivery"] * 12
    compared = compare_experiments(
        items([0] * 30 + [1] * 12, kinds), items([1] * 30 + [0] * 12, kinds), by="kind"
    )
    assert compared["group"].tolist() == ["all", "delivery", "orders"]
    assert compared["verdict"].tolist() == ["higher", "lower", "higher"]
    assert compared["items"].tolist() == [42, 12, 30]


def test_only_items_with_the_score_in_both_count() -> None:
    compared = compare_experiments(items([1, None, 1, 0]), items([0, 1, None, 0, 1]))
    assert compared["items"].tolist() == [2]
    assert compared["difference"].tolist() == [-0.5]


def test_repeated_runs_of_an_item_count_once_with_their_mean() -> None:
    twice = pd.concat([items([1] * 4), items([0] * 4)])
    row = compare_experiments(items([0] * 4), twice).iloc[0]
    assert (row["items"], row["after"]) == (4, 0.5)


def test_texts_are_no_scores() -> None:
    mixed = items([1] * 12).assign(scores=[{"good": 1, "tone": "warm", "long": math.nan}] * 12)
    assert compare_experiments(mixed, mixed)["score"].tolist() == ["good"]


def test_about_one_interval_in_twenty_misses_the_truth() -> None:
    draw = random.Random(3)
    missed = 0
    for _ in range(400):
        before = items([float(draw.random() < 0.5) for _ in range(40)])
        after = items([float(draw.random() < 0.6) for _ in range(40)])
        row = compare_experiments(before, after).iloc[0]
        missed += not row["low"] <= 0.1 <= row["high"]
    assert 8 <= missed <= 36


@pytest.mark.parametrize(
    ("before", "by", "message"),
    [
        (pd.DataFrame({"item_id": ["a"]}), None, "needs the column scores"),
        (items([1]).drop(columns="metadata"), "kind", "needs the column metadata"),
        (items([1], name="other"), None, "no item with the same score"),
        (items([]), None, "no item with the same score"),
    ],
)
def test_what_cannot_be_compared_is_named(before: pd.DataFrame, by: str | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compare_experiments(before, items([1] * 3), by=by)


def test_many_items_need_no_more_memory() -> None:
    assert compare_experiments(items([0, 1] * 20_000), items([1] * 40_000))["verdict"].tolist() == ["higher"]


@pytest.mark.parametrize(
    ("items_", "quantile"), [(10, 2.262157), (20, 2.093024), (50, 2.009575), (1000, 1.962341)]
)
def test_the_interval_is_students(items_: int, quantile: float) -> None:
    changes = np.arange(items_, dtype="float64")
    low, high = mean_interval(changes)
    half = quantile * changes.std(ddof=1) / math.sqrt(items_)
    assert (high - low) / 2 == pytest.approx(half, rel=5e-4)
    assert (high + low) / 2 == pytest.approx(changes.mean())
