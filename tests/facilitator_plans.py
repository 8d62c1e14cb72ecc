"""The facilitator's plans as data: their rows, and the sections and reading times of the lessons they name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
GUIDE = ROOT / "docs" / "facilitator"
LESSONS = {path.stem: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
PLANS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(GUIDE.glob("plan-*.md"))}
EXERCISE_MINUTES = 6  # what a reader needs for one, of a lesson's stated minutes
LINE_WORDS = 5  # a line of code takes about as long to read as so many words


@dataclass(frozen=True)
class Row:
    begins: int
    ends: int
    minutes: int
    how: str
    what: str

    @property
    def lesson(self) -> str | None:
        found = re.search(r"`(\d\d_\w+)`", self.what)
        return found[1] if found else None


def rows(plan: str) -> list[Row]:
    lines = re.findall(
        r"^\| (\d+):(\d\d) \| (\d+):(\d\d) \| (\d+) \| (\w+) \|(.*)\|$", PLANS[plan], re.MULTILINE
    )
    return [
        Row(60 * int(h) + int(m), 60 * int(hh) + int(mm), int(minutes), how, what)
        for h, m, hh, mm, minutes, how, what in lines
    ]


def italics(text: str) -> list[str]:
    return re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", text)


def headings(lesson: str) -> list[str]:
    """The lesson's headings of the second level, which a plan shows or skips."""
    cells = nbformat.read(LESSONS[lesson], as_version=4).cells
    texts = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return re.findall(r"^## (.+)$", texts, re.MULTILINE)


def reading_minutes(lesson: str) -> Mapping[str, float]:
    """A reader's minutes by heading; those before the first section under "". In sum, what the lesson states."""
    words: dict[str, int] = defaultdict(int)
    heading = ""
    cells = nbformat.read(LESSONS[lesson], as_version=4).cells
    for cell in cells:
        for line in cell.source.splitlines():
            if cell.cell_type == "code":
                words[heading] += LINE_WORDS
            elif found := re.match(r"## (.+)", line):
                heading = found[1]
            elif not line.startswith("# "):
                words[heading] += len(line.split())
    stated = re.search(r"\*\*(\d+) minutes\.\*\*", cells[0].source)
    assert stated
    exercises = {name: EXERCISE_MINUTES for name in words if name.startswith("Exercise")}
    rest = int(stated[1]) - sum(exercises.values())
    all_words = sum(count for name, count in words.items() if name not in exercises)
    return {name: exercises.get(name, rest * count / all_words) for name, count in words.items()}


def used(plan: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows(plan):
        if row.lesson:
            found[row.lesson] += [text for text in italics(row.what) if text in headings(row.lesson)]
    return found
