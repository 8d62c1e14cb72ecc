"""Paired comparisons: against values known from elsewhere, and over many drawn worlds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gateway_kit.metrics.intervals import mean_interval, normal_quantile
from gateway_kit.metrics.paired import mcnemar, quantile_differences, share_interval


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [
        (0, 0, 1.0),
        (5, 5, 1.0),
        (0, 5, 0.0625),  # 2 / 2**5
        (10, 2, 158 / 4096),  # 2 * (1 + 12 + 66) / 2**12
        (1, 9, 22 / 1024),  # 2 * (1 + 10) / 2**10
    ],
)
def test_mcnemars_test_is_exact_for_few_pairs(first: int, second: int, p: float):
    assert mcnemar(first, second) == pytest.approx(p)
    assert mcnemar(second, first) == pytest.approx(p)


def test_mcnemars_test_goes_on_smoothly_where_it_is_no_longer_exact():
    assert mcnemar(530, 470) == pytest.approx(mcnemar(531, 471), rel=0.05)
    assert mcnemar(20_000, 0) == 0
    assert mcnemar(3_000, 3_000) == pytest.approx(1.0)


def test_the_interval_of_a_share_holds_the_truth_as_often_as_it_says():
    random = np.random.default_rng(5)
    held = 0
    for _ in range(600):
        before, after = random.random((2, 80)) < np.array([[0.10], [0.25]])
        low, high = share_interval(80, int((before & ~after).sum()), int((~before & after).sum()))
        held += low <= 0.15 <= high
    assert 0.93 <= held / 600 <= 0.985


def test_the_interval_of_a_share_is_wider_for_more_confidence_and_stays_within_bounds():
    low, high = share_interval(50, 2, 10)
    wide_low, wide_high = share_interval(50, 2, 10, confidence=0.999)
    assert wide_low < low < 8 / 50 < high < wide_high
    assert share_interval(3, 0, 3, confidence=0.9999)[1] == 1.0
    assert all(math.isnan(end) for end in share_interval(0, 0, 0))


def test_the_intervals_of_quantiles_hold_the_truth_as_often_as_they_say():
    random = np.random.default_rng(6)
    held = np.zeros(2)
    for world in range(60):
        item = random.normal(0, 1, 200)  # what both runs share, so that the pairs matter
        before, after = np.exp(item), np.exp(item + 0.2 + random.normal(0, 0.1, 200))
        spread = math.sqrt(1 + 0.01)
        truth = [
            math.exp(0.2) - 1,
            math.exp(0.2 + 1.6448536 * spread) - math.exp(1.6448536),
        ]
        intervals = quantile_differences(before, after, (0.5, 0.95), seed=world)
        held += [low <= value <= high for value, (low, high) in zip(truth, intervals, strict=True)]
    assert (held / 60 >= 0.88).all(), held / 60


def test_pairs_tell_what_two_samples_would_not():
    random = np.random.default_rng(7)
    before = random.lognormal(0, 1, 400)
    ((low, high),) = quantile_differences(before, before + 0.05, (0.5,))
    assert low == pytest.approx(0.05)
    assert high == pytest.approx(0.05)


def test_the_same_seed_gives_the_same_intervals_and_more_confidence_wider_ones():
    random = np.random.default_rng(8)
    before, after = random.lognormal(0, 0.5, (2, 200))
    once = quantile_differences(before, after, (0.5, 0.95), seed=1)
    assert once == quantile_differences(before, after, (0.5, 0.95), seed=1)
    assert once != quantile_differences(before, after, (0.5, 0.95), seed=2)
    wide = quantile_differences(before, after, (0.5,), confidence=0.999, seed=1)[0]
    assert wide[0] < once[0][0]
    assert wide[1] > once[0][1]


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_pairs_have_no_interval(count: int):
    values = np.ones(count)
    assert all(math.isnan(end) for ends in quantile_differences(values, values, (0.5, 0.9)) for end in ends)


def test_an_interval_of_a_mean_takes_a_confidence():
    values = np.arange(30, dtype="float64")
    low, high = mean_interval(values, 0.99)
    assert low < mean_interval(values)[0] < mean_interval(values)[1] < high
    assert high - values.mean() == pytest.approx(
        2.7564 * values.std(ddof=1) / math.sqrt(30), rel=1e-3
    )  # t(29)
    assert normal_quantile(0.95) == pytest.approx(1.959964)
