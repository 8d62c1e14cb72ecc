"""Intervals, of 95 % by default: what a mean, or another figure of a few values, may be in truth. Internal."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

# Fewer items than this make an interval that means little.
LEAST_ITEMS = 10
# Draws, and how many numbers they may have together, so that many items need no more memory than few.
_DRAWS, _LEAST_DRAWS, _MOST_NUMBERS = 4_000, 400, 8_000_000


def normal_quantile(confidence: float) -> float:
    """How many standard errors an interval reaches to each side: 1.96 for a confidence of 0.95."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


def mean_interval(values: NDArray[np.float64], confidence: float = 0.95) -> tuple[float, float]:
    """The interval of the mean by Student's t, as the trace store's page has it; missing for fewer than two values."""
    n = len(values)
    if n < 2:
        return math.nan, math.nan
    half = _quantile(n - 1, normal_quantile(confidence)) * float(values.std(ddof=1)) / math.sqrt(n)
    return float(values.mean()) - half, float(values.mean()) + half


def _quantile(freedom: int, z: float) -> float:
    """Student's t, by Cornish and Fisher's expansion; at 97.5 % within 0.001 from 9 degrees of freedom on."""
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )


def bootstrap_interval(
    rows: NDArray[np.float64],
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    *,
    seed: int = 0,
) -> tuple[float, float]:
    """The interval of a statistic of the rows: each draw takes as many rows, with replacement.

    Args:
        rows: shape (items, columns).
        statistic: gets draws of shape (draws, items, columns) and returns one number for each draw.
        seed: the same seed gives the same interval.
    """
    draws = min(_DRAWS, max(_LEAST_DRAWS, _MOST_NUMBERS // len(rows)))
    chosen = np.random.default_rng(seed).integers(len(rows), size=(draws, len(rows)))
    values = statistic(rows[chosen])
    known = values[~np.isnan(values)]
    if not len(known):
        return math.nan, math.nan
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)
