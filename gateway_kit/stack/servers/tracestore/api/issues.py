"""What is wrong with a request's data: issues in the shape of zod 4, which Langfuse checks with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Issue = dict[str, Any]
Path = Sequence[str | int]

# The pattern that zod 4 reports for a date and time with an offset, and checks with.
DATETIME = (
    r"^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29"
    r"|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    r"|(?:02)-(?:0[1-9]|1\d|2[0-8])))"
    r"T(?:(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|([+-](?:[01]\d|2[0-3]):[0-5]\d)))$"
)


def kind_of(value: Any) -> str:
    """The name that JavaScript has for a JSON value's type; `...` stands for a value that is not there."""
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
    """The value (`...`: none) has another type than `expected`, a name of JavaScript's."""
    message = f"Invalid input: expected {expected}, received {kind_of(value)}"
    return {"expected": expected, "code": "invalid_type", "path": list(path), "message": message}


def not_a_number(path: Path) -> Issue:
    """A text that is no number."""
    message = "Invalid input: expected number, received NaN"
    return {
        "expected": "number",
        "code": "invalid_type",
        "received": "NaN",
        "path": list(path),
        "message": message,
    }


def not_whole(path: Path) -> Issue:
    """A number with a fraction where none may be."""
    message = "Invalid input: expected int, received number"
    return {
        "expected": "int",
        "format": "safeint",
        "code": "invalid_type",
        "path": list(path),
        "message": message,
    }


def not_a_date(path: Path) -> Issue:
    """A value that is no date."""
    message = "Invalid input: expected date, received Date"
    return {
        "expected": "date",
        "code": "invalid_type",
        "received": "Invalid Date",
        "path": list(path),
        "message": message,
    }


def not_a_datetime(path: Path) -> Issue:
    """A text that is no date and time with an offset."""
    return {
        "origin": "string",
        "code": "invalid_format",
        "format": "datetime",
        "pattern": f"/{DATETIME}/",
        "path": list(path),
        "message": "Invalid ISO datetime",
    }


def too_big(path: Path, maximum: int, origin: str = "number") -> Issue:
    """A number above its limit, an array with too many items, or a string with too many characters."""
    message = f"Too big: expected {origin} to {_size(origin, '<=', maximum)}"
    return {
        "origin": origin,
        "code": "too_big",
        "maximum": maximum,
        "inclusive": True,
        "path": list(path),
        "message": message,
    }


def too_small(path: Path, minimum: int, *, inclusive: bool = True, origin: str = "number") -> Issue:
    """A number below its limit, or an array with too few items."""
    sign = ">=" if inclusive else ">"
    message = f"Too small: expected {origin} to {_size(origin, sign, minimum)}"
    return {
        "origin": origin,
        "code": "too_small",
        "minimum": minimum,
        "inclusive": inclusive,
        "path": list(path),
        "message": message,
    }


def _size(origin: str, sign: str, limit: int) -> str:
    parts = {"array": " items", "string": " characters"}
    return f"have {sign}{limit}{parts[origin]}" if origin in parts else f"be {sign}{limit}"


def not_an_option(path: Path, options: Sequence[str]) -> Issue:
    """A value that is none of those allowed."""
    quoted = "|".join(f'"{option}"' for option in options)
    message = f"Invalid option: expected one of {quoted}" if len(options) > 1 else _literal(options[0])
    return {"code": "invalid_value", "values": list(options), "path": list(path), "message": message}


def not_a_literal(path: Path, options: Sequence[str]) -> Issue:
    """A value that is none of the literals of a union."""
    errors = [[{"code": "invalid_value", "values": [o], "path": [], "message": _literal(o)}] for o in options]
    return {"code": "invalid_union", "errors": errors, "path": list(path), "message": "Invalid input"}


def _literal(option: str) -> str:
    return f'Invalid input: expected "{option}"'


def no_union_member(path: Path) -> Issue:
    """A value that has none of the types of a union."""
    return {"code": "invalid_union", "path": list(path), "message": "Invalid input"}


def no_such_type(path: Path) -> Issue:
    """An object whose `type` chooses none of the known shapes."""
    return {
        "code": "invalid_union",
        "errors": [],
        "note": "No matching discriminator",
        "discriminator": "type",
        "path": list(path),
        "message": "Invalid input",
    }


def unknown_keys(keys: Sequence[str]) -> Issue:
    """Parameters that an endpoint does not have."""
    noun = "key" if len(keys) == 1 else "keys"
    quoted = ", ".join(f'"{key}"' for key in keys)
    return {
        "code": "unrecognized_keys",
        "keys": list(keys),
        "path": [],
        "message": f"Unrecognized {noun}: {quoted}",
    }


def custom(path: Path, message: str = "Invalid input") -> Issue:
    """Any other rule that does not hold."""
    return {"code": "custom", "path": list(path), "message": message}
