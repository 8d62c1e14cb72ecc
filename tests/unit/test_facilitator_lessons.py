"""The facilitator's notes on each lesson: one page per lesson, in the graders' words, with each of its exercises."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway_kit.lessons.registry import EXERCISES
from tests.facilitator_plans import GUIDE, LESSONS

ROOT = Path(__file__).resolve().parents[2]
PAGES = {path.stem[-2:]: path.read_text(encoding="utf-8") for path in sorted(GUIDE.glob("lesson-*.md"))}
# What graders say, and the wrong solutions of their tests with what readers are told.
GRADERS = (
    *sorted((ROOT / "gateway_kit" / "lessons").glob("*.py")),
    *sorted((ROOT / "tests" / "stack" / "gateway").glob("test_exercises_*.py")),
    *sorted((ROOT / "tests" / "unit").glob("test_lessons_*.py")),
    ROOT / "tests" / "unit" / "solutions_04.py",
)


def plain(text: str) -> str:
    return text.replace("`", "")


SAID = plain("\n".join(path.read_text(encoding="utf-8") for path in GRADERS))


def told(page: str) -> list[str]:
    """The first column of the tables of mistakes: words of a grader."""
    tables = re.findall(r"^\| what `check` says .*\n\|[-|]+\n((?:\|.*\n)+)", PAGES[page], re.MULTILINE)
    return [plain(row.split("|")[1].strip()) for table in tables for row in table.splitlines()]


def test_each_lesson_has_a_page() -> None:
    assert list(PAGES) == [name[:2] for name in LESSONS]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_its_parts(page: str) -> None:
    text = PAGES[page]
    assert "**The one point.**" in text
    titles = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert titles[:2] == ["The demonstration that shows it", "Three questions to ask"]
    assert titles[-1] == "What to watch for on the board"
    questions = text.split("## Three questions to ask")[1].split("\n## ")[0]
    assert len(re.findall(r"^\*\*[^*]+\*\* \S", questions, re.MULTILINE)) == 3
    mistakes = " ".join(title for title in titles if title.startswith("Mistakes in exercise"))
    assert set(re.findall(r"\d\d\.\d", mistakes)) == {name for name in EXERCISES if name.startswith(page)}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_quotes_the_graders(page: str) -> None:
    assert len(told(page)) >= 5
    assert [words for words in told(page) if words not in SAID] == []
