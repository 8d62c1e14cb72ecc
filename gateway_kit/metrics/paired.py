"""Two runs over the same items: whether a share or a quantile differs by more than chance. Pure functions. Internal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from gateway_kit.metrics.intervals import normal_quantile

# Draws of a bootstrap, and how many numbers they may have together.
_DRAWS, _LEAST_DRAWS, _MOST_NUMBERS = 1_000, 200, 4_000_000
# A spread needs fewer draws than the ends of an interval.
_LEAST_FOR_SPREAD = 60
# Numbers that are drawn at once, so that they stay in the processor's cache.
_AT_ONCE = 200_000
# Up to so many discordant pairs McNemar's test is computed exactly.
_EXACT = 1_000


def mcnemar(first_only: int, second_only: int) -> float:
    """McNemar's test: how likely chance makes two runs differ at least so much; 1 without a pair that differs.

    Exact (binomial, two-sided), and by the normal distribution with Edwards's correction for more than 1,000 pairs that
    differ.

    Args:
        first_only: Items of which only the first run says so.
        second_only: Items of which only the second run says so.
    """
    n, less = first_only + second_only, min(first_only, second_only)
    if n == 0:
        return 1.0
    if n <= _EXACT:
        tail = sum(math.comb(n, at) for at in range(less + 1))
        return float(min(1.0, 2 * tail / 2**n))
    distance = max(abs(first_only - second_only) - 1, 0) / math.sqrt(n)
    return 2 * (1 - NormalDist().cdf(distance))


def share_interval(
    items: int, first_only: int, second_only: int, confidence: float = 0.95
) -> tuple[float, float]:
    """The interval of second minus first share of the same items, after Agresti and Min (2005); missing without items.

    Half a pair is added to each of the four cells, which makes the interval hold for few pairs, too.
    """
    if not items:
        return math.nan, math.nan
    n, change = items + 2, second_only - first_only
    centre = change / n
    error = math.sqrt(max(first_only + second_only + 1 - change**2 / n, 0.0)) / n
    half = normal_quantile(confidence) * error
    return max(centre - half, -1.0), min(centre + half, 1.0)


def quantile_differences(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    shares: Sequence[float],
    *,
    confidence: float = 0.95,
    seed: int = 0,
) -> list[tuple[float, float]]:
    """The interval of each quantile's difference, second minus first, by a bootstrap over the pairs.

    Each draw takes as many pairs, with replacement, and the quantiles of both sides. The interval is that of the draws
    at a confidence of 0.95, and for a higher one the normal distribution's with the draws' spread, since few draws lie
    far out.

    Args:
        first: A value per item.
        second: The same items' values in the second run.
        shares: Of the quantiles, such as 0.5.
        confidence: Of the interval.
        seed: The same seed gives the same intervals.
    """
    n = len(first)
    if n < 2:
        return [(math.nan, math.nan)] * len(shares)
    least = _LEAST_DRAWS if confidence <= 0.95 else _LEAST_FOR_SPREAD
    draws = min(_DRAWS, max(least, _MOST_NUMBERS // n))
    random = np.random.default_rng(seed)
    at_once = max(_AT_ONCE // n, 1)
    drawn = []
    for begin in range(0, draws, at_once):
        chosen = random.integers(n, size=(min(at_once, draws - begin), n), dtype=np.int32)
        drawn.append(_quantiles(second[chosen], shares) - _quantiles(first[chosen], shares))
    differences = np.concatenate(drawn)
    if confidence <= 0.95:
        low, high = np.percentile(differences, [(1 - confidence) * 50, (1 + confidence) * 50], axis=0)
    else:
        truth = (_quantiles(second[None], shares) - _quantiles(first[None], shares))[0]
        half = normal_quantile(confidence) * differences.std(axis=0, ddof=1)
        low, high = truth - half, truth + half
    return list(zip(low.tolist(), high.tolist(), strict=True))


def _quantiles(rows: NDArray[np.float64], shares: Sequence[float]) -> NDArray[np.float64]:
    """The quantiles of each row, as numpy.quantile has them (linear), in a fraction of its time."""
    place = np.asarray(shares) * (rows.shape[1] - 1)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, rows.shape[1] - 1)
    ordered = np.partition(rows, np.unique([below, above]), axis=1)
    quantiles: NDArray[np.float64] = ordered[:, below] + (ordered[:, above] - ordered[:, below]) * (
        place - below
    )
    return quantiles
