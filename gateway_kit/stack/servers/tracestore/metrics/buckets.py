"""Time buckets: their start in SQL and in answers, and rows for buckets without data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

_ORIGIN = datetime(2000, 1, 3, tzinfo=UTC)  # a Monday, as weeks start on Mondays
_STEPS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
}

Row = dict[str, Any]


def bucket_sql(granularity: str, column: str) -> str:
    """The start of the bucket, as SQL."""
    if granularity == "month":
        return f"(date_trunc('month', {column} at time zone 'UTC') at time zone 'UTC')"
    seconds = int(_STEPS[granularity].total_seconds())
    return f"date_bin('{seconds} seconds', {column}, timestamptz '{_ORIGIN.isoformat()}')"


def bucket_text(granularity: str, start: datetime) -> str:
    """The start of a bucket as text."""
    start = start.astimezone(UTC).replace(tzinfo=None)
    # Langfuse answers days, weeks and months as dates.
    is_time = granularity in ("minute", "hour")
    return start.isoformat(timespec="seconds") + "Z" if is_time else start.date().isoformat()


def bucket_start(granularity: str, time: datetime) -> datetime:
    """The start of the bucket that contains a time."""
    if granularity == "month":
        return time.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return time - (time - _ORIGIN) % _STEPS[granularity]


def following(granularity: str, start: datetime) -> datetime:
    """The start of the next bucket. Raises OverflowError or ValueError after the year 9999."""
    if granularity == "month":
        return (start + timedelta(days=32)).replace(day=1)
    return start + _STEPS[granularity]


def filled(
    rows: Iterable[Row], granularity: str, key: str, start: datetime, end: datetime, empty: Callable[[], Row]
) -> Iterator[Row]:
    """The rows, sorted by their bucket `key`, and an empty row for each bucket from start to end that has none.

    The bucket of `end` itself is not filled: it has only begun.
    """
    try:
        due, last = bucket_start(granularity, start), bucket_start(granularity, end)
    except OverflowError:
        yield from rows
        return

    def missing(until: datetime) -> Iterator[Row]:
        nonlocal due
        while due < until:
            yield empty() | {key: due}
            due = following(granularity, due)

    for row in rows:
        yield from missing(min(row[key], last))
        if row[key] == due and due < last:
            due = following(granularity, due)
        yield row
    yield from missing(last)
