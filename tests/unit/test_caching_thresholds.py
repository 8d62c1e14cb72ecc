"""Thresholds and weights of labelled pairs."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_kit.caching.pairs import PAIR_GROUPS, PAIRS, as_traffic, labelled_pairs
from gateway_kit.caching.thresholds import (
    THRESHOLD_GRID,
    THRESHOLDS,
    cheapest,
    exact_cost_usd,
    hits_at,
    threshold_table,
)


def frame(*rows: tuple[float, bool], **columns: list[Any]) -> pd.DataFrame:
    made = pd.DataFrame(list(rows), columns=["similarity", "same"])
    return made.astype({"similarity": "float64", "same": "bool"}).assign(**columns)


FIVE = frame((0.95, True), (0.9, False), (0.8, True), (0.7, False), (0.2, False))

FUZZED = settings(max_examples=60)

rows = st.lists(st.tuples(st.floats(-1, 1), st.booleans()), min_size=1, max_size=30)
prices = st.floats(0, 1000)


def test_a_row_counts_hits_and_what_they_cost():
    row = threshold_table(FIVE, [0.8], wrong_usd=10.0, call_usd=1.0).iloc[0]
    assert (row["hits"], row["right_hits"], row["wrong_hits"]) == (3, 2, 1)
    assert (row["precision"], row["recall"]) == (pytest.approx(2 / 3), 1.0)
    assert (row["right_per_1000"], row["wrong_per_1000"]) == (400.0, 200.0)
    assert row["cost_usd"] == pytest.approx((2 * 1.0 + 1 * 10.0) / 5 * 1000)


def test_the_table_has_the_declared_columns():
    table = threshold_table(FIVE)
    assert dict(table.dtypes.astype(str)) == THRESHOLDS.dtypes
    assert tuple(table["threshold"]) == THRESHOLD_GRID
    assert (THRESHOLD_GRID[0], THRESHOLD_GRID[-1], len(THRESHOLD_GRID)) == (0.5, 1.0, 51)


def test_shares_are_missing_without_hits_or_pairs_that_may_share():
    row = threshold_table(frame((0.5, False)), [0.9], call_usd=2.0).iloc[0]
    assert math.isnan(row["precision"])
    assert math.isnan(row["recall"])
    assert row["cost_usd"] == 2000.0
    assert threshold_table(frame(), [0.9])["hits"].tolist() == [0]


def test_the_same_text_hits_at_one_despite_rounding():
    pairs = frame((0.99999994, True), (0.9999, False))
    assert hits_at(pairs, 1.0).tolist() == [True, False]


def test_a_missing_similarity_is_a_miss():
    assert hits_at(frame((math.nan, True), (0.6, True)), 0.5).tolist() == [False, True]


def test_a_pair_that_the_guard_separates_never_hits():
    guarded = FIVE.assign(accepted=[True, False, True, True, True])
    assert hits_at(guarded, 0.8).tolist() == [True, False, True, False, False]
    assert threshold_table(guarded, [0.8])["wrong_hits"].tolist() == [0]


def test_weights_change_shares_and_costs_but_not_counts():
    weighed = FIVE.assign(weight=[2.0, 1.0, 4.0, 1.0, 2.0])
    row = threshold_table(weighed, [0.8], wrong_usd=10.0, call_usd=1.0).iloc[0]
    assert (row["hits"], row["right_hits"], row["wrong_hits"]) == (3, 2, 1)
    assert (row["precision"], row["recall"]) == (pytest.approx(6 / 7), 1.0)
    assert (row["right_per_1000"], row["wrong_per_1000"]) == (600.0, 100.0)
    assert row["cost_usd"] == pytest.approx((3 * 1.0 + 1 * 10.0) / 10 * 1000)


@given(rows)
@FUZZED
def test_a_higher_threshold_never_hits_more(made: list[tuple[float, bool]]):
    table = threshold_table(frame(*made))
    for column in ("hits", "right_hits", "wrong_hits", "right_per_1000", "wrong_per_1000"):
        assert table[column].is_monotonic_decreasing


@given(rows, st.integers(1, 50))
@FUZZED
def test_equal_weights_change_nothing(made: list[tuple[float, bool]], weight: int):
    pairs = frame(*made)
    plain = threshold_table(pairs, wrong_usd=3.0, call_usd=2.0)
    weighed = threshold_table(pairs.assign(weight=float(weight)), wrong_usd=3.0, call_usd=2.0)
    pd.testing.assert_frame_equal(plain, weighed)


@given(rows, st.lists(st.integers(1, 4), min_size=30, max_size=30))
@FUZZED
def test_a_weight_counts_as_that_many_pairs(made: list[tuple[float, bool]], times: list[int]):
    pairs = frame(*made).assign(weight=[float(n) for n in times[: len(made)]])
    repeated = pairs.loc[pairs.index.repeat(pairs["weight"].astype(int))].drop(columns="weight")
    shares = ["precision", "recall", "right_per_1000", "wrong_per_1000", "cost_usd"]
    one, other = (
        threshold_table(p, [0.5, 0.9], wrong_usd=3.0, call_usd=2.0)[shares] for p in (pairs, repeated)
    )
    pd.testing.assert_frame_equal(one, other)


@given(rows, prices, prices)
@FUZZED
def test_the_cheapest_row_has_the_least_cost_and_the_highest_threshold(
    made: list[tuple[float, bool]], wrong_usd: float, call_usd: float
):
    table = threshold_table(frame(*made), wrong_usd=wrong_usd, call_usd=call_usd)
    best = cheapest(table)
    assert best["cost_usd"] == pytest.approx(table["cost_usd"].min(), abs=1e-9)
    assert (table.loc[table["threshold"] > best["threshold"], "cost_usd"] > best["cost_usd"]).all()
    # At 1 at most the same text hits: a cache chosen so never costs more than none, if the same text has its answer.
    if all(same for similarity, same in made if similarity >= 1 - 1e-6):
        assert best["cost_usd"] <= 1000 * call_usd * (1 + 1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"wrong_usd": -1}, "wrong_usd=-1"),
        ({"call_usd": math.inf}, "call_usd=inf"),
        ({"wrong_usd": math.nan}, "wrong_usd=nan"),
        ({"thresholds": [1.5]}, "threshold=1.5"),
        ({"thresholds": [math.nan]}, "threshold=nan"),
    ],
)
def test_invalid_prices_and_thresholds_raise_value_error(arguments: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        threshold_table(FIVE, **arguments)


@pytest.mark.parametrize(
    "pairs",
    [
        FIVE.assign(same=["true", "false", "true", "false", "false"]),
        FIVE.assign(same=[1, 0, 1, 0, 0]),
        FIVE.assign(accepted=["yes", "no", "yes", "yes", "yes"]),
    ],
)
def test_a_bool_column_of_text_or_numbers_raises_value_error(pairs: pd.DataFrame):
    with pytest.raises(ValueError, match="must be True or False"):
        threshold_table(pairs)


def test_the_labelled_pairs_are_complete_and_each_label_fits_its_kind():
    pairs = labelled_pairs()
    assert dict(pairs.dtypes.astype(str)) == PAIRS.dtypes
    assert len(pairs) >= 120
    assert pairs["id"].is_unique
    assert not pairs[["id", "kind", "first", "second"]].isna().any().any()
    assert not pairs.duplicated(["first", "second"]).any()
    assert (pairs["first"] != pairs["second"]).all()
    assert set(pairs["kind"]) == {kind for kinds in PAIR_GROUPS.values() for kind in kinds}
    rephrased = pairs["kind"].isin(PAIR_GROUPS["rephrased"])
    assert (pairs["same"] == rephrased).all()
    assert pairs["kind"].isin(PAIR_GROUPS["near_miss"]).sum() >= 60
    assert rephrased.sum() >= 50


def test_traffic_weighs_the_groups_by_their_shares():
    weighed = as_traffic(labelled_pairs(), rephrased=0.3, near_miss=0.02, topic=0.3)
    share = weighed.groupby("kind")["weight"].sum()
    by_group = {name: share[list(kinds)].sum() for name, kinds in PAIR_GROUPS.items()}
    assert by_group == pytest.approx({"rephrased": 300, "near_miss": 20, "topic": 300, "unrelated": 380})
    within = weighed.loc[weighed["kind"].isin(PAIR_GROUPS["rephrased"]), "weight"]
    assert within.nunique() == 1
    assert "weight" not in labelled_pairs()


def test_what_is_repeated_hits_at_any_threshold_and_an_exact_cache_answers_it_too():
    pairs = labelled_pairs().assign(similarity=0.9, accepted=False)
    weighed = as_traffic(pairs, repeated=0.25, rephrased=0.3, topic=0.1)
    again = weighed[weighed["kind"] == "repeated"]
    assert (again["first"] == again["second"]).all()
    assert (again["similarity"].eq(1.0) & again["accepted"] & again["same"]).all()
    assert again["weight"].sum() == pytest.approx(250)
    assert set(again["first"]) == set(pairs.loc[pairs["same"], "first"])
    assert weighed["id"].is_unique
    assert weighed.index.is_unique
    assert weighed["same"].dtype == weighed["accepted"].dtype == "bool"
    assert exact_cost_usd(weighed, 0.002) == pytest.approx(0.75 * 2)
    assert threshold_table(weighed, [1.0], call_usd=0.002)["cost_usd"].iloc[0] == pytest.approx(0.75 * 2)
    once_more = as_traffic(weighed, repeated=0.5, rephrased=0.5)
    assert len(once_more) == len(weighed)


def test_an_exact_cache_answers_nothing_if_nothing_is_repeated():
    assert exact_cost_usd(labelled_pairs(), 0.002) == pytest.approx(2.0)
    assert exact_cost_usd(pd.DataFrame({"similarity": [1.0], "same": [True]}), 0.002) == pytest.approx(2.0)
    with pytest.raises(ValueError, match="call_usd=-1"):
        exact_cost_usd(labelled_pairs(), -1)


def test_all_traffic_in_one_group_counts_that_group_alone():
    weighed = as_traffic(labelled_pairs(), rephrased=1.0).assign(similarity=0.9)
    row = threshold_table(weighed, [0.8], wrong_usd=99.0).iloc[0]
    assert (row["precision"], row["right_per_1000"], row["cost_usd"]) == (1.0, pytest.approx(1000), 0.0)


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"rephrased": -0.1}, "rephrased=-0.1"),
        ({"rephrased": 1.5}, "rephrased=1.5"),
        ({"rephrased": math.nan}, "rephrased=nan"),
        ({"rephrased": 0.8, "topic": 0.3}, "sum of .* is 1.10"),
    ],
)
def test_invalid_shares_raise_value_error(shares: dict[str, float], message: str):
    with pytest.raises(ValueError, match=message):
        as_traffic(labelled_pairs(), **shares)


def test_a_share_without_pairs_raises_value_error():
    some = labelled_pairs().query("kind != 'topic'")
    with pytest.raises(ValueError, match=r"topic is 0\.30 of the traffic"):
        as_traffic(some, rephrased=0.2, topic=0.3)
    assert as_traffic(some, rephrased=0.2)["weight"].sum() == pytest.approx(1000)
