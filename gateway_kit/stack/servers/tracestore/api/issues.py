"""Issues with a request's data, in the shape of zod 4, which Langfuse validates with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Issue = dict[str, Any]
Path = Sequence[str | int]

# zod 4's pattern of a date and time with an offset; it is part of the issue.
DATETIME = (
    r"^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29"
    r"|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    r"|(?:02)-(?:0[1-9]|1\d|2[0-8])))"
    r"T(?:(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|([+-](?:[01]\d|2[0-3]):[0-5]\d)))$"
)


def _issue(path: Path, message: str, **fields: Any) -> Issue:
    return {**fields, "path": list(path), "message": message}


def type_name(value: Any) -> str:
    """JavaScript's name for the type of a JSON value; `...` stands for a missing value."""
    if value is ...:
        return "undefined"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def wrong_type(path: Path, expected: str, value: Any) -> Issue:
    """The value (`...`: missing) does not have the type `expected`, a JavaScript name."""
    message = f"Invalid input: expected {expected}, received {type_name(value)}"
    return _issue(path, message, expected=expected, code="invalid_type")


def not_a_number(path: Path, *, is_infinite: bool = False) -> Issue:
    """A text that is not a finite number."""
    received = "Infinity" if is_infinite else "NaN"
    message = f"Invalid input: expected number, received {'number' if is_infinite else 'NaN'}"
    return _issue(path, message, expected="number", code="invalid_type", received=received)


def not_whole(path: Path) -> Issue:
    """A number with a fraction, where a whole one is expected."""
    message = "Invalid input: expected int, received number"
    return _issue(path, message, expected="int", format="safeint", code="invalid_type")


def not_a_date(path: Path) -> Issue:
    """A value that is not a date."""
    message = "Invalid input: expected date, received Date"
    return _issue(path, message, expected="date", code="invalid_type", received="Invalid Date")


def not_a_datetime(path: Path) -> Issue:
    """A text that is not a date and time with an offset."""
    return _issue(
        path,
        "Invalid ISO datetime",
        origin="string",
        code="invalid_format",
        format="datetime",
        pattern=f"/{DATETIME}/",
    )


def too_big(path: Path, maximum: int, origin: str = "number") -> Issue:
    """A number above its limit, an array with too many items, or a string with too many characters."""
    message = f"Too big: expected {origin} to {_size(origin, '<=', maximum)}"
    return _issue(path, message, origin=origin, code="too_big", maximum=maximum, inclusive=True)


def too_small(
    path: Path, minimum: int, *, inclusive: bool = True, origin: str = "number", message: str = ""
) -> Issue:
    """A number below its limit, an array with too few items, or a string with too few characters."""
    message = (
        message or f"Too small: expected {origin} to {_size(origin, '>=' if inclusive else '>', minimum)}"
    )
    return _issue(path, message, origin=origin, code="too_small", minimum=minimum, inclusive=inclusive)


def not_safe(path: Path, limit: int) -> Issue:
    """A whole number above `limit`, from where JavaScript does not tell them apart."""
    return {
        "code": "too_big",
        "maximum": limit,
        "note": "Integers must be within the safe integer range.",
        "origin": "int",
        "inclusive": True,
        "path": list(path),
        "message": f"Too big: expected int to be <={limit}",
    }


def _size(origin: str, sign: str, limit: int) -> str:
    parts = {"array": " items", "string": " characters"}
    return f"have {sign}{limit}{parts[origin]}" if origin in parts else f"be {sign}{limit}"


def not_like(path: Path, pattern: str, message: str, flags: str = "") -> Issue:
    """A string that a pattern of JavaScript does not match."""
    return _issue(
        path, message, origin="string", code="invalid_format", format="regex", pattern=f"/{pattern}/{flags}"
    )


def not_a_url(path: Path) -> Issue:
    """A text that is not a URL."""
    return _issue(path, "Invalid URL", code="invalid_format", format="url")


def not_an_option(path: Path, options: Sequence[str]) -> Issue:
    """A value that is not one of the options."""
    quoted = "|".join(f'"{option}"' for option in options)
    message = f"Invalid option: expected one of {quoted}" if len(options) > 1 else _literal(options[0])
    return _issue(path, message, code="invalid_value", values=list(options))


def not_a_literal(path: Path, options: Sequence[str]) -> Issue:
    """A value that is none of the literals of a union."""
    errors = [[_issue([], _literal(option), code="invalid_value", values=[option])] for option in options]
    return _issue(path, "Invalid input", code="invalid_union", errors=errors)


def _literal(option: str) -> str:
    return f'Invalid input: expected "{option}"'


# Codes of issues with a value of the right type that a rule forbids.
NEAR = ("too_small", "too_big", "invalid_format", "custom")


def of_union(path: Path, attempts: Sequence[Sequence[Issue]], message: str = "Invalid input") -> list[Issue]:
    """What is wrong with a value that has none of the shapes of a union; `attempts` has the issues by shape.

    Where it has the types of just one of the shapes, that shape's issues count alone.
    """
    near = [attempt for attempt in attempts if all(issue["code"] in NEAR for issue in attempt)]
    if len(near) == 1:
        return [{**issue, "path": [*path, *issue["path"]]} for issue in near[0]]
    errors = [list(attempt) for attempt in attempts]
    return [_issue(path, message, code="invalid_union", errors=errors)]


def no_such_type(path: Path, discriminator: str = "type") -> Issue:
    """An object whose discriminator field names no known shape."""
    return _issue(
        path,
        "Invalid input",
        code="invalid_union",
        errors=[],
        note="No matching discriminator",
        discriminator=discriminator,
    )


def unknown_keys(keys: Sequence[str], path: Path = ()) -> Issue:
    """Parameters or fields that there are not."""
    quoted = ", ".join(f'"{key}"' for key in keys)
    message = f"Unrecognized {'key' if len(keys) == 1 else 'keys'}: {quoted}"
    return _issue(path, message, code="unrecognized_keys", keys=list(keys))


def custom(path: Path, message: str = "Invalid input") -> Issue:
    """A violation of any other rule."""
    return _issue(path, message, code="custom")
