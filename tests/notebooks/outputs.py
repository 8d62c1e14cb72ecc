"""What a reader would stumble over in an executed lesson: broken tables, and errors without a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import nbformat

_MISSING = ("NaN", "NaT", "<NA>", "None")
_NUMBER = re.compile(r"[-+]?[\d.,]+(e[-+]?\d+)?\s*%?|inf|-")


class _Tables(HTMLParser):
    """The cells of the tables that pandas made, row by row."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._inside = self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._inside = "dataframe" in (dict(attrs).get("class") or "")
            if self._inside:
                self.tables.append([])
        elif self._inside and tag == "tr":
            self.tables[-1].append([])
        elif self._inside and tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._in_cell = False
        elif tag == "table":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside and self._in_cell:
            self.tables[-1][-1][-1] += data


def tables(html: str) -> list[list[list[str]]]:
    """Each table of pandas in the page, as rows of cells."""
    parser = _Tables()
    parser.feed(html)
    return [[[cell.strip() for cell in row] for row in table] for table in parser.tables]


def table_problems(table: list[list[str]]) -> Iterator[str]:
    """What is wrong with one table: cut off, line ends written as letters, missing values beside words."""
    for row in table:
        for cell in row:
            if "\\n" in cell:
                yield f"a table has \\n as letters: {cell[:60]!r}"
            if cell.endswith("..."):  # as pandas cuts off
                yield f"a table is cut off: {cell[-60:]!r}"
    for column in zip(*[row for row in table if len(row) == len(table[-1])], strict=True):
        cells = column[1:]
        words = [cell for cell in cells if cell and cell not in _MISSING and not _NUMBER.fullmatch(cell)]
        missing = [cell for cell in cells if cell in _MISSING]
        if words and missing:
            yield f"a table has {missing[0]} beside {words[0][:40]!r} in the column {column[0]!r}"


def problems(notebook: nbformat.NotebookNode) -> list[str]:
    """The problems of an executed lesson, each with its cell, counted from 1."""
    found = []
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            found += [
                f"cell {number}: {text}"
                for table in tables(data.get("text/html", ""))
                for text in table_problems(table)
            ]
            written = output.get("text", "") + data.get("text/plain", "") + data.get("text/html", "")
            if "AssertionError" in written:
                found.append(f"cell {number}: shows AssertionError")
    return found
