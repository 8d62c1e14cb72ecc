"""What a report is made of, whatever it is written as: sections of sentences, tables and charts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from gateway_kit.charts.figure import ChartFigure
from gateway_kit.rehearsal.report.statement import Statement


@dataclass(frozen=True)
class Heading:
    """A table's column. `numeric` columns are aligned right; `name` columns hold other people's names."""

    text: str
    numeric: bool = False
    name: bool = False


@dataclass(frozen=True)
class Sheet:
    """A table of a report. `rows` has all of them, of which each form shows as many as it has room for.

    `first` columns are the heads of their rows. `brief` tables are in the short form (report.md) too.
    """

    caption: str
    columns: Sequence[Heading]
    rows: Sequence[Sequence[str]]
    brief: bool = True


@dataclass(frozen=True)
class Picture:
    """A chart, drawn when it is needed."""

    draw: Callable[[], ChartFigure]
    caption: str


@dataclass(frozen=True)
class Section:
    """A heading with what lies below it, in this order."""

    title: str
    sentences: Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    sheets: Sequence[Sheet] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Report:
    """The whole report: what it says first, its sections, and the facts at its foot."""

    title: str
    partial: bool
    statements: Sequence[Statement]
    sections: Sequence[Section]
    facts: Mapping[str, str] = field(default_factory=dict)


def text(heading: str) -> Heading:
    """A column of words of the report's own."""
    return Heading(heading)


def name(heading: str) -> Heading:
    """A column of other people's names or texts."""
    return Heading(heading, name=True)


def figure(heading: str) -> Heading:
    """A column of numbers."""
    return Heading(heading, numeric=True)
