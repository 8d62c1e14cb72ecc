"""Quantiles of many groups at once; the only percentiles that are computed in Python."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# With more values, finding a few positions is quicker than sorting all.
_MANY = 256


def grouped_quantiles(
    values: NDArray[np.float64], cell: NDArray[np.int64], cells: int, shares: Sequence[float]
) -> NDArray[np.float64]:
    """Quantiles as numpy.quantile computes them (linear), an array of shape (cells, shares).

    `cell` is the group of each value, from 0. Missing values are ignored; a group without values has NaN.
    """
    known = ~np.isnan(values)
    if not known.all():
        values, cell = values[known], cell[known]
    size = np.bincount(cell, minlength=cells)
    # Small integers are sorted in one pass per byte, which is twenty times quicker.
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
    with np.errstate(invalid="ignore"):  # infinity minus infinity
        between = low + (high - low) * (place - below)
    quantiles: NDArray[np.float64] = np.where((low == high) | (place == below), low, between)
    quantiles[size == 0] = np.nan
    return quantiles
