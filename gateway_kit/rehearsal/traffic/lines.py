"""JSON, one value a line."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import orjson

from gateway_kit.rehearsal.traffic.problems import BadLine, shortened

# A longer line is left out, since it would have to be held whole.
LONGEST_LINE = 256 << 20

# What the layouts yield: a number from 1, and a value or what is wrong with it.
Numbered = tuple[int, Any]


def read_lines(stream: io.BufferedReader) -> Iterator[Numbered]:
    """Each line's value, or a BadLine; blank lines are passed over."""
    number = 0
    while line := stream.readline(LONGEST_LINE):
        number += 1
        if len(line) >= LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield number, BadLine("too long", f"longer than {LONGEST_LINE >> 20} MB")
            continue
        if not line.isspace():
            yield number, parsed(line)


def parsed(text: bytes) -> Any:
    """The value of a JSON text, or a BadLine that says what is wrong."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        try:
            return json.loads(text)  # takes NaN, which Python writes, and numbers of any size
        except (ValueError, RecursionError):
            return _bad(text, error)


def _bad(text: bytes, error: orjson.JSONDecodeError) -> BadLine:
    try:
        start = shortened(text[:200].decode("utf-8"), 40)
    except UnicodeDecodeError as wrong:
        if wrong.end < len(text[:200]) - 4:
            return BadLine("not UTF-8", f"byte 0x{text[wrong.start]:02x} at {wrong.start + 1} is no UTF-8")
        start = shortened(text[:200].decode("utf-8", "replace"), 40)
    return BadLine("not JSON", f"{error.msg} at character {error.pos + 1}: {start}")
