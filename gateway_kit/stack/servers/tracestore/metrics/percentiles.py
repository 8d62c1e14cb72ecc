"""Percentiles and histograms of values that came from the database as one string of bytes."""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

PERCENTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}
# Beyond it, counting equal values is faster than sorting them, and takes less memory.
_MANY = 20_000

Bin = list[float]  # lower bound, upper bound, number of values


class Values:
    """The values of one group; `data` has eight bytes a value, big-endian, as float8send writes them."""

    def __init__(self, data: bytes | None) -> None:
        numbers = array("d")
        numbers.frombytes(data or b"")
        if sys.byteorder == "little":
            numbers.byteswap()
        self._count = len(numbers)
        # Distinct values in order and, for many values, how many there are up to each.
        self._ends: list[int] | None = None
        if self._count > _MANY:
            counts = Counter(numbers)
            self._sorted: Sequence[float] = sorted(counts)
            self._ends = list(accumulate(counts[value] for value in self._sorted))
        else:
            self._sorted = sorted(numbers)

    def percentile(self, fraction: float) -> float | None:
        """Interpolated linearly between its two neighbours, as ClickHouse's `quantile` does. None without values."""
        if not self._count:
            return None
        position = (self._count - 1) * fraction
        index = int(position)
        lower = self._at(index)
        upper = self._at(min(index + 1, self._count - 1))
        return lower + (upper - lower) * (position - index)

    def histogram(self, bins: int) -> list[Bin]:
        """Bins of equal width from the least to the greatest value; one bin where all values are equal."""
        if not self._count:
            return []
        least, greatest = self._sorted[0], self._sorted[-1]
        if least == greatest:
            return [[least, greatest, self._count]]
        edges = [least + (greatest - least) * index / bins for index in range(bins)] + [greatest]
        below = [self._up_to(edge, inclusive=edge == greatest) for edge in edges]
        return [
            [edges[index], edges[index + 1], below[index + 1] - (below[index] if index else 0)]
            for index in range(bins)
        ]

    def _at(self, index: int) -> float:
        if self._ends is None:
            return self._sorted[index]
        return self._sorted[bisect_right(self._ends, index)]

    def _up_to(self, value: float, *, inclusive: bool) -> int:
        """How many values are less than `value`, or not greater."""
        place = bisect_right(self._sorted, value)
        if not inclusive:
            while place and self._sorted[place - 1] == value:
                place -= 1
        if self._ends is None:
            return place
        return self._ends[place - 1] if place else 0
