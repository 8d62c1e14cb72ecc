"""Quantiles of many groups at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# From this many values on, finding a few places is quicker than sorting all.
_MANY = 256


def grouped_quantiles(
    values: NDArray[np.float64], cell: NDArray[np.int64], cells: int, shares: Sequence[float]
) -> NDArray[np.float64]:
    """Quantiles as numpy.quantile has them (linear between neighbours), an array of shape (cells, shares).

    `cell` is each value's group, from 0; missing values are no values, and a group without any has NaN.
    """
    known = ~np.isnan(values)
    if not known.all():
        values, cell = values[known], cell[known]
    size = np.bincount(cell, minlength=cells)
    # Small whole numbers are sorted in one pass per byte, which is twenty times quicker.
    narrow = np.min_scalar_type(max(cells - 1, 0))
    ordered = values[np.argsort(cell.astype(narrow), kind="stable")]
    place = (size - 1).clip(min=0)[:, None] * np.asarray(shares)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, (size - 1).clip(min=0)[:, None])
    ends = np.cumsum(size)
    starts = ends - size
    wanted = np.concatenate([below, above], axis=1)
    few = wanted.shape[1] <= 16
    for group in np.flatnonzero(size > 1):
        part = ordered[starts[group] : ends[group]]
        if few and part.size > _MANY:
            part.partition(wanted[group])
        else:
            part.sort()
    if not ordered.size:
        return np.full((cells, len(shares)), np.nan)
    first = starts.clip(max=ordered.size - 1)[:, None]
    low, high = ordered[first + below], ordered[first + above]
    with np.errstate(invalid="ignore"):  # infinity less infinity
        between = low + (high - low) * (place - below)
    found: NDArray[np.float64] = np.where((low == high) | (place == below), low, between)
    found[size == 0] = np.nan
    return found
