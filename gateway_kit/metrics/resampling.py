"""Intervals by resampling: what the mean of a few values may be in truth. Pure functions. Internal."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

# Fewer items than this make an interval that means little.
LEAST_ITEMS = 10
# Draws, and how many numbers they may have together, so that many items need no more memory than few.
_DRAWS, _LEAST_DRAWS, _MOST_NUMBERS = 4_000, 400, 8_000_000


def interval(
    rows: NDArray[np.float64],
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    *,
    seed: int = 0,
) -> tuple[float, float]:
    """The 95 % interval of a statistic of the rows, by the bootstrap: each draw takes as many rows, with replacement.

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
        return float("nan"), float("nan")
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)
