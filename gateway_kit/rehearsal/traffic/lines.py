"""JSON, one value a line."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from typing import Any

import orjson

from gateway_kit.rehearsal.traffic.problems import BadLine, shortened

# A longer line is left out, since it would have to be held whole.
LONGEST_LINE = 256 << 20

# What the layouts yield: a number from 1, and a value or what is wrong with it.
Numbered = tuple[int, Any]

_SEPARATOR = b"\x1e"  # before each text of a JSON text sequence
_MANY_DIGITS = 19


def read_lines(stream: io.BufferedReader) -> Iterator[Numbered]:
    """Each line's value, or a BadLine; blank lines are passed over."""
    number = 0
    while line := stream.readline(LONGEST_LINE):
        number += 1
        if len(line) >= LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield number, BadLine("too long", f"longer than {LONGEST_LINE >> 20} MB")
        elif not (line := line.lstrip(_SEPARATOR)).isspace() and line:
            yield number, parsed(line)


def parsed(text: bytes) -> Any:
    """The value of a JSON text, or a BadLine that says what is wrong."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        try:
            # Python also reads what Python writes: NaN, numbers of any size, halves of surrogate pairs.
            return cleaned(json.loads(text, parse_constant=lambda _: None, parse_int=whole))
        except RecursionError:
            return BadLine("not JSON", "nested too deeply")
        except ValueError:
            return _bad(text, error)


def cleaned(value: Any) -> Any:
    """The value without what cannot be written as JSON in UTF-8: halves of surrogate pairs."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {cleaned(name): cleaned(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [cleaned(inner) for inner in value]
    return value


def whole(digits: str) -> float | None:
    """A whole number; as a float, or None, if it is too large to be written again."""
    if len(digits) < _MANY_DIGITS:
        return int(digits)
    number = float(digits)
    return number if math.isfinite(number) else None


def _bad(text: bytes, error: orjson.JSONDecodeError) -> BadLine:
    head = text[:200]
    try:
        start = shortened(head.decode("utf-8"), 40)
    except UnicodeDecodeError as wrong:
        if wrong.end < len(head) - 4:
            return BadLine("not UTF-8", f"byte 0x{head[wrong.start]:02x} at {wrong.start + 1} is no UTF-8")
        start = shortened(head.decode("utf-8", "replace"), 40)
    return BadLine("not JSON", f"{error.msg} at character {error.pos + 1}: {start}")
