"""Values of attributes as text, JSON, numbers, times and names that PostgreSQL can store."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson

# Limit of indexed columns: an index row holds at most 2,704 bytes, and a character has up to four.
MAX_NAME_CHARS = 500
DEFAULT_ENVIRONMENT = "default"
MAX_ENVIRONMENT_CHARS = 40
# Langfuse reserves this prefix for its own traces.
_RESERVED = re.compile(r"(?:langfuse[-_]?)+")
_ALLOWED = re.compile(r"[a-z0-9_-]+")
_JSON_STARTS = frozenset('{["-0123456789tfn')
_DEPTH_OF_ORJSON = 250  # its encoder gives up at 254
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def without_nul(text: str) -> str:
    """The text with U+FFFD for each NUL, which PostgreSQL does not store."""
    return text.replace("\x00", "\ufffd") if "\x00" in text else text


def dumped(value: Any) -> str:
    """JSON text; NaN and infinities become null, other values unknown to JSON become strings."""
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def as_text(value: Any) -> str:
    """A string unchanged, any other value as JSON."""
    return value if isinstance(value, str) else dumped(value)


def raw_text(value: Any) -> str | None:
    """A leaf of metadata as Langfuse stores it: a string unchanged, null, any other value as JSON."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)  # as JavaScript writes it
    return None if value is None else as_text(value)


def first_text(attributes: Mapping[str, Any], keys: Iterable[str]) -> str:
    """The first of these attributes that is not empty, as a text; '' without one."""
    for key in keys:
        if value := attributes.get(key):
            return as_text(value)[:MAX_NAME_CHARS]
    return ""


def parsed(sent: Any) -> Any:
    """The JSON value of a text; the argument itself if it is no text, not JSON, or nested too deeply to be stored."""
    if not isinstance(sent, str) or not sent:
        return sent
    if sent[0] not in _JSON_STARTS:
        stripped = sent.lstrip()
        if stripped is sent or not stripped or stripped[0] not in _JSON_STARTS:
            return sent
    try:
        value = orjson.loads(sent)
    except ValueError:
        return sent
    if isinstance(value, float) and not math.isfinite(value):
        return sent
    # The depth is at most the number of brackets, so few values need the full check.
    if sent.count("{") + sent.count("[") > _DEPTH_OF_ORJSON and not _is_shallow(value):
        return sent
    return value


def _is_shallow(value: Any) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(_DEPTH_OF_ORJSON):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, dict | list)
        ]
        if not level:
            return True
    return False


def parsed_object(value: Any) -> dict[str, Any]:
    """The object, given as such or as JSON text; {} for any other value."""
    value = parsed(value)
    return value if isinstance(value, dict) else {}


def sent_object(value: Any) -> dict[str, Any] | None:
    """The object that was sent, {} for another type of value; None for an empty value and a text that is not JSON."""
    if not value:
        return None
    value = parsed(value)
    if isinstance(value, str):
        return None
    return value if isinstance(value, dict) else {}


def texts_and_numbers(values: dict[str, Any]) -> dict[str, Any]:
    """The same object; values other than texts and numbers become JSON text."""
    return {
        name: value
        if isinstance(value, str | int | float) and not isinstance(value, bool)
        else as_text(value)
        for name, value in values.items()
    }


def jsonb(value: Any) -> str:
    """JSON text for PostgreSQL, without NUL characters."""
    text = dumped(value)
    return dumped(_clean(value)) if "\\u0000" in text else text


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return without_nul(value)
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value


def number(value: Any) -> float | None:
    """A finite number, given as such or as text; else None."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        if len(value) > 40:
            return None
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, int | float):
        try:
            return float(value) if math.isfinite(value) else None
        except OverflowError:
            return None
    return None


def time_text(unix_ns: int) -> str:
    """A time for PostgreSQL, to the microsecond."""
    return (_EPOCH + timedelta(microseconds=unix_ns // 1000)).isoformat()


def read_time(value: Any) -> datetime | None:
    """A time in ISO 8601, with or without extra quotes; UTC if it has no zone. None if it is no time."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        time = datetime.fromisoformat(value.strip().strip('"'))
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def unix_us(time: datetime) -> int:
    """Microseconds since 1970."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def environment_name(sent: Any) -> str:
    """In lower case, without the reserved prefix, at most 40 characters; 'default' for an invalid name."""
    return _environment(sent) if isinstance(sent, str) else DEFAULT_ENVIRONMENT


@lru_cache(maxsize=1000)
def _environment(sent: str) -> str:
    name = sent.lower()
    if reserved := _RESERVED.match(name):
        name = name[reserved.end() :]
    name = name[:MAX_ENVIRONMENT_CHARS]
    return name if _ALLOWED.fullmatch(name) else DEFAULT_ENVIRONMENT
