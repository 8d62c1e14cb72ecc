"""The intervals of a period, and rows for those without observations. Pure functions. Internal.

The server adds such rows only to answers without an order, and users and sessions need one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway_kit.errors import TracingError

TIME = "time_dimension"
MAX_ROWS = 100_000  # groups times intervals; more is neither read nor drawn

_STEPS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_MONDAY = datetime(2000, 1, 3, tzinfo=UTC)


def intervals(over: str, begin: datetime, end: datetime) -> Iterator[datetime]:
    """The starts of the intervals that the period from `begin` to `end` touches, in UTC; weeks start on Mondays."""
    begin = begin.astimezone(UTC)
    if over == "month":
        start = begin.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    else:
        start = begin - (begin - _MONDAY) % _STEPS[over]
    while start < end:
        yield start
        start = (start + timedelta(days=32)).replace(day=1) if over == "month" else start + _STEPS[over]


def with_empty_intervals(
    rows: Sequence[Mapping[str, Any]], dimension: str | None, starts: Iterator[datetime]
) -> list[Mapping[str, Any]]:
    """The rows, and one without a count for each interval that a group has none for.

    Without groups there is one row an interval; groups are those that occur. Raises TracingError above MAX_ROWS.
    """
    groups = {_key(row, dimension): row.get(dimension) if dimension else None for row in rows}
    if dimension is None:
        groups = {_key({}, None): None}
    known = {(_key(row, dimension), _start(row)) for row in rows}
    filled = list(rows)
    for start in starts if groups else ():
        for key, group in groups.items():
            if (key, start) not in known:
                filled.append({TIME: start.isoformat(), **({dimension: group} if dimension else {})})
        if len(filled) > MAX_ROWS:
            raise TracingError(
                f"That is more than {MAX_ROWS:,} rows: {len(groups)} groups, each with all intervals of the period. "
                "Choose longer intervals with `over`, a shorter `window`, or another `by`."
            )
    return filled


def _key(row: Mapping[str, Any], dimension: str | None) -> str:
    return json.dumps(row.get(dimension)) if dimension else ""


def _start(row: Mapping[str, Any]) -> datetime:
    start = datetime.fromisoformat(str(row[TIME]))
    return start if start.tzinfo else start.replace(tzinfo=UTC)
