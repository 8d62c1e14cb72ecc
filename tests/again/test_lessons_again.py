"""Every lesson as a reader treats it: run twice with other parameters, from each section, after a careless one.

This takes about thirty minutes, so `make test` leaves it out: `make test-again`, also with `LESSON=01`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nbformat
import pytest

from gateway_kit.lessons.lesson_files import find_lessons
from gateway_kit.lessons.runner import run_lesson
from tests.conftest import FOREIGN

sys.path.insert(0, str(Path(__file__).parents[1] / "notebooks"))
from parts import (
    SECOND,
    SUGGESTED,
    changed,
    sections,
    twice,
    without_clean_up,
)  # beside the other tests of lessons

ROOT = Path(__file__).resolve().parents[2]
COURSE = find_lessons(ROOT / "notebooks")
LESSONS = find_lessons(ROOT / "notebooks", os.environ.get("LESSON", "").split())
SECTIONS = [
    pytest.param(lesson, heading, id=f"{lesson.stem[:2]} {heading}")
    for lesson in LESSONS
    for heading in sections(lesson)
]


@pytest.fixture
def as_a_reader(stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEWAY_HOME", stack_env["GATEWAY_HOME"])


def run(notebook: nbformat.NotebookNode, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    source = tmp_path / name
    nbformat.write(notebook, source)
    done = run_lesson(source, out, lesson_timeout_s=600)
    assert done.passed, done.failure


@pytest.mark.usefixtures("as_a_reader")
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_twice_in_one_kernel_with_other_parameters(lesson: Path, tmp_path: Path) -> None:
    assert lesson.stem in SECOND, "give the lesson a second set of parameters in tests/notebooks/parts.py"
    run(twice(lesson), tmp_path, lesson.name)


@pytest.mark.usefixtures("as_a_reader")
@pytest.mark.parametrize(("lesson", "heading"), SECTIONS)
def test_a_section_runs_after_a_restart_with_the_set_up_cells_alone(
    lesson: Path, heading: str, tmp_path: Path
) -> None:
    run(sections(lesson)[heading], tmp_path, lesson.name)


@pytest.mark.usefixtures("as_a_reader")
@pytest.mark.parametrize(
    ("name", "heading", "old", "new"),
    [change for change in SUGGESTED if change[0] in {lesson.stem for lesson in LESSONS}],
    ids=lambda text: text.split(":")[0],
)
def test_a_change_that_a_lesson_suggests_works(
    name: str, heading: str, old: str, new: str, tmp_path: Path
) -> None:
    (lesson,) = find_lessons(ROOT / "notebooks", [name])
    run(changed(lesson, heading, old, new), tmp_path, lesson.name)


@pytest.fixture(scope="module")
def left_behind() -> list[str]:
    """The lessons that ran without their clean-up cells, in this order."""
    return []


@pytest.mark.usefixtures("as_a_reader")
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_where_the_one_before_it_was_not_cleaned_up(
    lesson: Path, left_behind: list[str], tmp_path: Path
) -> None:
    # Before the first lesson comes the last one: a reader may begin anew.
    before = COURSE[COURSE.index(lesson) - 1]
    if left_behind[-1:] != [before.stem]:
        run(without_clean_up(before), tmp_path, before.name)
    run(without_clean_up(lesson), tmp_path, lesson.name)
    left_behind.append(lesson.stem)
