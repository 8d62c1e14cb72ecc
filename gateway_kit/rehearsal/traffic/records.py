"""A source's records, whatever its layout."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.traffic.lines import Numbered, parsed, read_lines
from gateway_kit.rehearsal.traffic.problems import BadLine, shortened
from gateway_kit.rehearsal.traffic.source import DAMAGED, Source
from gateway_kit.rehearsal.traffic.table import delimiter_of, read_table
from gateway_kit.rehearsal.traffic.values import LISTS, read_values

Layout = Callable[[io.BufferedReader], Iterator[Numbered]]

JSON_LINES, JSON, CSV = "JSON lines", "JSON", "CSV"
_READ: Mapping[str, Layout] = {JSON_LINES: read_lines, JSON: read_values, CSV: read_table}

# How a file is laid out is seen from its first line, unless that is longer, and from so many bytes and lines after it.
_LONGEST_FIRST = 16 << 20
_HEAD = 1 << 20
_LINES = 50
# What a record of a call has, and an answer of an API with a list of records has not.
_OF_RECORDS = frozenset({"request", "body", "response", "model", "input", "messages", "output", "prompt"})


def records(source: Source, layout: str) -> Iterator[Numbered]:
    """Each record with its number: of its line, or of its place in an array."""
    number = 0
    try:
        with source.open() as stream:
            for number, value in _READ[layout](stream):
                if isinstance(value, list) or (isinstance(value, dict) and _is_answer(value)):
                    for inner in _listed(value):
                        yield number, inner
                else:
                    yield number, value
    except DAMAGED as error:
        yield number + 1, BadLine("cut off", f"the file is damaged or cut off after this place: {error}")


def layout_of(source: Source) -> str:
    """How the source is laid out.

    Raises RehearsalError for text that is neither JSON nor CSV with a known column.
    """
    try:
        with source.open() as stream:
            first, others = _first_lines(stream)
    except DAMAGED as error:
        raise RehearsalError(f"{source.path} is damaged and cannot be unpacked: {error}") from error
    start = first.lstrip()[:1]
    objects = sum(line.lstrip()[:1] == b"{" and _is_json(line) for line in others)
    if start in (b"{", b"["):
        if _is_json(first):
            # A lone line may be an answer with a list; both readers take it, and this one in parts.
            return JSON_LINES if others or start == b"{" else JSON
        opens = start == b"[" or first.rstrip().endswith((b"{", b"["))
        # Of values over several lines, few lines are objects of their own.
        return JSON if opens or not others or objects * 2 < len(others) else JSON_LINES
    header = first.decode("utf-8", "replace")
    if delimiter_of(header) is not None:
        return CSV
    if objects:
        return JSON_LINES
    if not start:
        raise RehearsalError(f"{source.path} has nothing but blanks: there are no calls to rehearse in it.")
    raise RehearsalError(
        f"{source.path} is neither JSON nor CSV with a column that is known: it begins with "
        f"{shortened(header, 80)!r}. A CSV needs a first line with names of columns, one of them prompt, messages "
        f"or model."
    )


def _first_lines(stream: io.BufferedReader) -> tuple[bytes, list[bytes]]:
    """The first line that is not blank, and whole ones after it."""
    first = b""
    while not first.strip() and (line := stream.readline(_LONGEST_FIRST)):
        first = line
    if len(first) >= _LONGEST_FIRST and not first.endswith(b"\n"):
        return first, []
    lines: list[bytes] = []
    try:
        while len(lines) < _LINES and (line := stream.readline(_HEAD)) and len(line) < _HEAD:
            lines += [line] if line.strip() else []
    except DAMAGED:
        pass  # what was read before it is reported, and the place with it
    return first, lines


def _is_json(line: bytes) -> bool:
    return not isinstance(parsed(line), BadLine)


def _is_answer(value: Mapping[str, Any]) -> bool:
    """Whether an object is an API's answer with a list of records, not a record."""
    if _OF_RECORDS & value.keys():
        return False
    found = next((value[name] for name in LISTS if name in value), None)
    return isinstance(found, list) and all(isinstance(item, dict) for item in found)


def _listed(value: Any) -> Iterator[Any]:
    items = value if isinstance(value, list) else next(value[name] for name in LISTS if name in value)
    for item in items:
        if isinstance(item, dict) and _is_answer(item):
            yield from _listed(item)
        else:
            yield item
