"""Checks of JSON values. Each returns the value, or adds an issue to `wrong` and returns None."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from gateway_kit.stack.servers.tracestore.api import issues
from gateway_kit.stack.servers.tracestore.ingest.values import read_time

Issues = list[issues.Issue]
# What JavaScript's trim() removes.
JS_SPACE = (
    "\t\n\v\f\r \u00a0\u1680"
    + "".join(map(chr, range(0x2000, 0x200B)))
    + "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
MAX_SAFE_INTEGER = 2**53 - 1  # JavaScript's
_DATETIME = re.compile(issues.DATETIME, re.ASCII)


def _typed(is_right: bool, value: Any, path: issues.Path, expected: str, wrong: Issues) -> Any:
    if is_right:
        return value
    wrong.append(issues.wrong_type(path, expected, value))
    return None


def text(value: Any, path: issues.Path, wrong: Issues) -> str | None:
    """A string."""
    result: str | None = _typed(isinstance(value, str), value, path, "string", wrong)
    return result


def length(value: str, path: issues.Path, wrong: Issues, *, least: int = 0, most: int | None = None) -> None:
    """A length between two limits, counted as JavaScript does: a character outside the first plane is two."""
    size = len(value) + sum(character > "\uffff" for character in value)
    if size < least:
        wrong.append(issues.too_small(path, least, origin="string"))
    if most is not None and size > most:
        wrong.append(issues.too_big(path, most, "string"))


@lru_cache
def _as_in_javascript(pattern: str) -> re.Pattern[str]:
    """A pattern whose `$` is the text's end, and whose `.*` ends with the line."""
    if pattern.endswith("$"):
        pattern = pattern[:-1] + r"\Z"
    return re.compile(pattern.replace(".*", "[^\n\r\u2028\u2029]*"))


def pattern(value: str, path: issues.Path, wrong: Issues, expected: str, message: str) -> None:
    """A text that JavaScript's pattern `expected` matches."""
    if not _as_in_javascript(expected).search(value):
        wrong.append(issues.not_like(path, expected, message))


def optional_text(fields: dict[str, Any], name: str, wrong: Issues) -> str | None:
    """A field that is a string, null or missing."""
    value = fields.get(name)
    return None if value is None else text(value, [name], wrong)


def is_readable(wrong: Issues) -> bool:
    """Whether rules about an object as a whole are looked at, as zod does unless a field has a wrong type."""
    return all(issue["code"] in ("too_small", "too_big", "custom", "invalid_format") for issue in wrong)


def number(value: Any, path: issues.Path, wrong: Issues) -> float | None:
    """A finite number."""
    is_right = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    result: float | None = _typed(is_right, value, path, "number", wrong)
    return result


def boolean(value: Any, path: issues.Path, wrong: Issues) -> bool | None:
    """True or false."""
    result: bool | None = _typed(isinstance(value, bool), value, path, "boolean", wrong)
    return result


def fields(value: Any, path: issues.Path, wrong: Issues) -> dict[str, Any] | None:
    """An object."""
    result: dict[str, Any] | None = _typed(isinstance(value, dict), value, path, "object", wrong)
    return result


def items(
    value: Any, path: issues.Path, wrong: Issues, maximum: int | None = None
) -> list[tuple[Any, list[str | int]]] | None:
    """The items of an array, each with its path; at most `maximum`."""
    if _typed(isinstance(value, list), value, path, "array", wrong) is None:
        return None
    if maximum is not None and len(value) > maximum:
        wrong.append(issues.too_big(path, maximum, "array"))
        return None
    return [(item, [*path, index]) for index, item in enumerate(value)]


def texts(value: Any, path: issues.Path, wrong: Issues) -> list[str] | None:
    """An array of strings."""
    listed = items(value, path, wrong)
    return None if listed is None else [text(item, place, wrong) or "" for item, place in listed]


def option(value: Any, path: issues.Path, options: Sequence[str], wrong: Issues) -> str | None:
    """One of the options."""
    if isinstance(value, str) and value in options:
        return value
    wrong.append(issues.not_an_option(path, options))
    return None


def date(value: Any, path: issues.Path, wrong: Issues) -> datetime | None:
    """A date, with or without a time, to the millisecond."""
    time = any_date(value)
    if time is None:
        wrong.append(issues.not_a_date(path))
    return time


def date_and_time(value: Any, path: issues.Path, wrong: Issues) -> datetime | None:
    """A date and time with an offset, in UTC and to the millisecond."""
    if text(value, path, wrong) is None:
        return None
    time = any_date(value) if len(value) <= 64 and _DATETIME.fullmatch(value) else None
    if time is None:
        wrong.append(issues.not_a_datetime(path))
    return time


def any_date(value: Any) -> datetime | None:
    """A text in ISO 8601, or milliseconds since 1970; None for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            time: datetime | None = datetime.fromtimestamp(value / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    else:
        time = read_time(value)
    return None if time is None else time.replace(microsecond=time.microsecond // 1000 * 1000)


def whole(
    value: float, path: issues.Path, wrong: Issues, *, least: int | None = None, above: int | None = None,
    maximum: int | None = None,
) -> int | None:  # fmt: skip
    """A whole number from `least`, or greater than `above`, to `maximum`."""
    if value != int(value):
        wrong.append(issues.not_whole(path))
        return None
    before = len(wrong)
    if abs(value) > MAX_SAFE_INTEGER:
        wrong.append(issues.not_safe(path, MAX_SAFE_INTEGER))
    if least is not None and value < least:
        wrong.append(issues.too_small(path, least))
    if above is not None and value <= above:
        wrong.append(issues.too_small(path, above, inclusive=False))
    if maximum is not None and value > maximum:
        wrong.append(issues.too_big(path, maximum))
    return None if len(wrong) > before else int(value)
