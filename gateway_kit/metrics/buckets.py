"""Time intervals, and which one each call began in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# More than any chart shows: too short an interval must not fill the memory.
MOST_INTERVALS = 100_000
_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Buckets:
    """Equal intervals without gaps, from the first call to the last.

    begins    when each begins, datetime64[ns, UTC]
    width_s   length in seconds
    place     per call: the number of its interval, -1 without a time
    """

    begins: pd.DatetimeIndex
    width_s: float
    place: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.begins)


def parse_duration(over: timedelta | str, name: str = "over") -> pd.Timedelta:
    """A positive length of time: timedelta(minutes=5), or as text "5min", "1h", "1D". Raises ValueError."""
    try:
        width = pd.Timedelta(over)
    except (TypeError, ValueError) as exc:
        raise ValueError(
            f'{name}={over!r} is not a length of time: give timedelta(minutes=5), or "5min"'
        ) from exc
    if pd.isna(width) or width <= pd.Timedelta(0):
        raise ValueError(f"{name}={over!r}: give a length of time above 0")
    return width


def time_buckets(started: pd.Series[pd.Timestamp], over: timedelta | str) -> Buckets:
    """Intervals of length `over` that contain all of these times.

    They begin at multiples of `over` since 1970 in UTC: hours on the hour, days at midnight. Raises ValueError for an
    invalid length, or for more than MOST_INTERVALS intervals.
    """
    width = parse_duration(over)
    ns, width_ns = started.to_numpy("datetime64[ns]").view("int64"), width.value
    known = ns != np.iinfo(np.int64).min  # NaT
    if not known.any():
        return Buckets(
            pd.DatetimeIndex([], dtype="datetime64[ns, UTC]"), width.total_seconds(), np.full(len(ns), -1)
        )
    first, last = (int(end) // width_ns for end in _ends(ns, known))
    count = last - first + 1
    if count > MOST_INTERVALS:
        raise ValueError(
            f"From the first call to the last there are {count:,} intervals of {over}, more than {MOST_INTERVALS:,}. "
            "Choose longer ones."
        )
    place = ns // width_ns - first
    place[~known] = -1
    begins = pd.to_datetime((first + np.arange(count)) * width_ns, utc=True)
    return Buckets(begins, width.total_seconds(), place)


def nice_width(started: pd.Series[pd.Timestamp], most: int = 60) -> timedelta:
    """The shortest common interval, from a second to a year, that divides the calls' time span into at most `most`.

    Few calls make fewer intervals, but at least six, so that an interval has about five calls.
    """
    most = min(most, max(len(started) // 5, 6))
    first, last = started.min(), started.max()
    span_s = 0.0 if pd.isna(first) else (last - first).total_seconds()
    return next((width for width in _usual_widths() if span_s / width.total_seconds() < most - 1), _YEAR)


def _ends(ns: NDArray[np.int64], known: NDArray[np.bool_]) -> tuple[int, int]:
    there = ns if known.all() else ns[known]
    return int(there.min()), int(there.max())


def _usual_widths() -> Iterator[timedelta]:
    for unit_s, steps in (
        (1, (1, 2, 5, 10, 30)),
        (60, (1, 2, 5, 10, 30)),
        (3600, (1, 3, 6, 12)),
        (86400, (1, 7, 30, 90, 365)),
    ):
        yield from (timedelta(seconds=unit_s * step) for step in steps)
