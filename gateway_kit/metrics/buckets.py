"""Intervals of time: which one each call began in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# More intervals than any picture shows; a second too short a width must not fill the memory.
MOST_INTERVALS = 100_000
_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Buckets:
    """Equal intervals from the first call's to the last call's, without a gap.

    begins    the intervals' begins, datetime64[ns, UTC]
    width_s   seconds of each
    place     per call: number of its interval, -1 where its time is missing
    """

    begins: pd.DatetimeIndex
    width_s: float
    place: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.begins)


def parse_duration(over: timedelta | str, name: str = "over") -> pd.Timedelta:
    """A length of time: timedelta(minutes=5), or as text "5min", "1h", "1D". Raises ValueError unless above 0."""
    try:
        width = pd.Timedelta(over)
    except (TypeError, ValueError) as exc:
        raise ValueError(
            f'{name}={over!r} is no length of time: give timedelta(minutes=5), or "5min"'
        ) from exc
    if pd.isna(width) or width <= pd.Timedelta(0):
        raise ValueError(f"{name}={over!r}: a length of time above 0 is needed")
    return width


def time_buckets(started: pd.Series[pd.Timestamp], over: timedelta | str) -> Buckets:
    """Intervals of the length `over` that hold all of these times.

    They begin at multiples of `over` since 1970 in UTC: hours on the hour, days at midnight in UTC. Raises ValueError
    for a length that is none, or that would make more than MOST_INTERVALS intervals.
    """
    width = parse_duration(over)
    ns, width_ns = started.to_numpy("datetime64[ns]").view("int64"), width.value
    known = ns != np.iinfo(np.int64).min  # how NaT looks
    if not known.any():
        return Buckets(
            pd.DatetimeIndex([], dtype="datetime64[ns, UTC]"), width.total_seconds(), np.full(len(ns), -1)
        )
    first, last = (int(end) // width_ns for end in _ends(ns, known))
    count = last - first + 1
    if count > MOST_INTERVALS:
        raise ValueError(
            f"From the first call to the last there are {count:,} intervals of {over}; "
            f"{MOST_INTERVALS:,} are the most. Choose longer ones."
        )
    place = ns // width_ns - first
    place[~known] = -1
    begins = pd.to_datetime((first + np.arange(count)) * width_ns, utc=True)
    return Buckets(begins, width.total_seconds(), place)


def nice_width(started: pd.Series[pd.Timestamp], most: int = 60) -> timedelta:
    """The shortest usual interval, from a second to a year, that cuts the time of these calls into at most `most`.

    Of fewer calls than five an interval nothing could be read: then there are less intervals, six at least.
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
