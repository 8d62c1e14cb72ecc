"""The facilitator's plans on a running stack: the sections they name work without those they skip."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbformat
import pytest

from gateway_kit.lessons.runner import run_lesson
from gateway_kit.lessons.solutions import exercises_in, solved_code
from tests.conftest import FOREIGN
from tests.facilitator_plans import LESSONS, PLANS, used

sys.path.insert(0, str(Path(__file__).parents[1] / "notebooks"))
from parts import cells_up_to_connect, sections  # beside the other tests of lessons

PARTS = [pytest.param(plan, lesson, id=f"{plan} {lesson}") for plan in PLANS for lesson in used(plan)]


def as_given(lesson: str, named: list[str]) -> nbformat.NotebookNode:
    """The lesson's set-up and the named sections, with each exercise solved."""
    notebook = nbformat.read(LESSONS[lesson], as_version=4)
    set_up = len(cells_up_to_connect(notebook))
    parts = sections(LESSONS[lesson])
    chosen = [parts[heading] for heading in named if heading in parts]
    cells = notebook.cells[:0] + chosen[0].cells[:set_up]
    cells += [cell for part in chosen for cell in part.cells[set_up:]]
    notebook.cells = cells
    for name, cell in exercises_in(notebook).items():
        cell.source = solved_code(name)
    return notebook


@pytest.mark.parametrize(("plan", "lesson"), PARTS)
def test_a_plans_sections_run_without_those_it_skips(
    plan: str, lesson: str, tmp_path: Path, stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEWAY_HOME", stack_env["GATEWAY_HOME"])
    source = tmp_path / f"{lesson}.ipynb"
    nbformat.write(as_given(lesson, used(plan)[lesson]), source)
    done = run_lesson(source, tmp_path / "out", lesson_timeout_s=600)
    assert done.passed, done.failure
    shown = (tmp_path / "out" / source.name).read_text(encoding="utf-8")
    assert not re.search(r"Exercise \d\d\.\d: \d+ of \d+ right", shown), "a solution did not pass"
