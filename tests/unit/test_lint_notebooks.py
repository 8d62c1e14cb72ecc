"""The check of the lessons finds what it is for."""

from __future__ import annotations

import nbformat
import pytest

from tools.lint_notebooks import ROOT, bare_asserts, closed_panels, course_problems, problems

LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
README = "| [`00_one`](notebooks/00_one.ipynb) | 20 | x |\n| [`01_two`](notebooks/01_two.ipynb) | 55 | x |\n"


def lesson(first: str, last: str) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_markdown_cell(text) for text in (first, last)]
    return nbformat.v4.new_notebook(cells=cells)


def course(*, minutes: int = 20, following: str = "**Next**: [`01_two`](01_two.ipynb).") -> list[str]:
    one = lesson(f"# One\n**{minutes} minutes.** By the end", following)
    two = lesson("# Two\n**55 minutes.** By the end", "**Next**: your own traffic.")
    return course_problems([("00_one", one), ("01_two", two)], README)


def test_a_course_that_fits_together_has_no_problem() -> None:
    assert course() == []


NO_LINK = "00_one: **Next** does not link the next lesson, 01_two.ipynb"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"minutes": 15}, "00_one: its first cell states ['15'] minutes, README ['20']"),
        (
            {"following": "**Next**: [`00_one`](00_one.ipynb)."},
            NO_LINK,
        ),
        (
            {"following": "**Next**: more.\n[x](01_two.ipynb)"},
            NO_LINK,
        ),
        ({"following": "The end"}, "00_one: has 0 texts with **Next**, not one"),
    ],
)
def test_minutes_that_differ_and_a_wrong_next_lesson_are_named(
    change: dict[str, object], problem: str
) -> None:
    assert course(**change) == [problem]  # type: ignore[arg-type]


def test_a_panel_that_a_lesson_closes_is_named() -> None:
    cells = ["panel = widgets.StackPanel()\npanel", "lab = semantic_gateway()", "panel.close()\nlab.close()"]
    assert closed_panels(cells) == ["panel"]
    assert closed_panels(cells[:2]) == []


def test_an_assert_without_a_sentence_is_named() -> None:
    assert bare_asserts('assert a, "a sentence"\nassert b') == ["assert b"]


def test_the_lessons_have_no_problem() -> None:
    course = [(path.stem, nbformat.read(path, as_version=4)) for path in LESSONS]
    assert course_problems(course, (ROOT / "README.md").read_text()) == []
    assert {path.stem: problems(path) for path in LESSONS if problems(path)} == {}
