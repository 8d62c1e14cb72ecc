"""CSV with whatever delimiter, one record a row, and names of columns in the first."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from gateway_kit.rehearsal.traffic.lines import LONGEST_LINE, Numbered
from gateway_kit.rehearsal.traffic.problems import BadLine, shortened
from gateway_kit.rehearsal.traffic.readers.named import plain
from gateway_kit.rehearsal.traffic.readers.names import KNOWN_COLUMNS

_DELIMITERS = ",;\t|"


class Row(dict[str, Any]):
    """A row as a record; cells are text, empty ones are left out."""


def delimiter_of(header: str) -> str | None:
    """What separates the columns of a header; None if no column has a known name."""
    best: tuple[int, int, str] | None = None
    for delimiter in _DELIMITERS:
        names = _cells(header, delimiter)
        known = sum(plain(name.strip()) in KNOWN_COLUMNS for name in names)
        if known and (best is None or (known, len(names)) > best[:2]):
            best = (known, len(names), delimiter)
    return None if best is None else best[2]


def _cells(header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([header.replace("\r", "")], delimiter=delimiter), [])
    except csv.Error:
        return []


def read_table(stream: io.BufferedReader) -> Iterator[Numbered]:
    """Each row with the number of its first line, or a BadLine."""
    lines = _Lines(stream)
    first = next((line for line in lines if not line.isspace()), "")
    delimiter = delimiter_of(first) or ","
    names = [name.strip() for name in _cells(first, delimiter)]
    csv.field_size_limit(LONGEST_LINE)
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        lines.start = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield lines.start, BadLine("not CSV", f"{error}")
            continue
        if not cells or not any(cells):
            continue
        if len(cells) != len(names):
            row = shortened(delimiter.join(cells), 60)
            yield lines.start, BadLine("not CSV", f"{len(cells)} cells instead of {len(names)}: {row}")
            continue
        yield lines.start, Row((name, cell) for name, cell in zip(names, cells, strict=True) if cell)


class _Lines:
    """A stream's lines as text: UTF-8, and Windows-1252 where it is not."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self.number = 0
        self.start = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._stream.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError:
            return line.decode("cp1252", "replace")
