"""Times as logs write them, in seconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

# A number is seconds, milliseconds, microseconds or nanoseconds, whichever lies between these years.
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC).timestamp()
_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
_UNITS = (1, 1_000, 1_000_000, 1_000_000_000)
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+]?\d+)?")
# `2024-05-01 12:00:00.123 +0000 UTC`, as Go prints times, and `2024-05-01T12:00:00 UTC`
_GO_ZONE = re.compile(r"\s*(?P<offset>[+-]\d{4})?\s*(?P<name>UTC|GMT|Z|[A-Z]{3,4})?(?:\s+m=\S+)?$")
_WEB_SERVER = "%d/%b/%Y:%H:%M:%S %z"


class NoTime(ValueError):  # noqa: N818 - see BadLine
    """The value is no time that is understood."""


def read_time(value: Any) -> tuple[float, bool]:
    """Seconds since 1970, and whether the value says its zone; without one it is taken as UTC.

    Raises NoTime for what is no time between 1990 and 2100.
    """
    if isinstance(value, bool):
        raise NoTime(value)
    if isinstance(value, int | float):
        return _from_number(value), True
    if isinstance(value, str):
        text = value.strip()
        if _NUMBER.fullmatch(text):
            return _from_number(float(text)), True
        return _from_text(text)
    if isinstance(value, datetime):
        return _of(value)
    if isinstance(value, dict) and len(value) == 1:
        (name, inner), *_ = value.items()
        if name in ("$date", "$numberLong", "value"):
            return read_time(inner)
    raise NoTime(value)


def _from_number(value: float) -> float:
    for unit in _UNITS:
        seconds = value / unit
        if _EARLIEST <= seconds < _LATEST:
            return seconds
    raise NoTime(value)


def _from_text(text: str) -> tuple[float, bool]:
    try:
        return _of(datetime.fromisoformat(text))
    except ValueError:
        pass
    zone = _GO_ZONE.search(text)
    if zone is not None and zone.group().strip():
        offset = zone["offset"] or ("+0000" if zone["name"] in ("UTC", "GMT", "Z") else None)
        if offset is not None:
            try:
                return _of(datetime.fromisoformat(text[: zone.start()].strip() + offset))
            except ValueError:
                pass
    try:
        return _of(datetime.strptime(text, _WEB_SERVER))
    except ValueError:
        pass
    try:
        return _of(parsedate_to_datetime(text))
    except (ValueError, TypeError, IndexError, OverflowError):
        raise NoTime(text) from None


def _of(moment: datetime) -> tuple[float, bool]:
    zoned = moment.tzinfo is not None
    try:
        seconds = (moment if zoned else moment.replace(tzinfo=UTC)).timestamp()
    except (OverflowError, ValueError):
        raise NoTime(moment) from None
    if not _EARLIEST <= seconds < _LATEST:
        raise NoTime(moment)
    return seconds, zoned
