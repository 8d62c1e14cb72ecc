"""Every lesson, executed on the tests' own stack: first unsolved, then solved. No lesson is exempt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from outputs import problems
from said import broken

from gateway_kit.gateway import connect
from gateway_kit.gateway.providers import Providers
from gateway_kit.lessons.lesson_files import find_lessons
from gateway_kit.lessons.registry import EXERCISES
from gateway_kit.lessons.runner import LessonRun, run_lesson
from gateway_kit.lessons.solutions import exercises_in
from tests.conftest import FOREIGN

ROOT = Path(__file__).resolve().parent.parent.parent
LESSONS = find_lessons(ROOT / "notebooks")
OUT = ROOT / "out" / "lessons"


@pytest.fixture
def stack(stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The tests' stack, found as a user's lesson finds it; and a check that the lesson leaves nothing behind."""
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEWAY_HOME", stack_env["GATEWAY_HOME"])
    # A lesson's limits are for one that has the machine to itself; here other processes run tests beside it.
    monkeypatch.setenv("GATEWAY_PATIENCE", "3")
    with connect() as gateway, Providers(stack_env["PROVIDERS_URL"]) as providers:
        names = sorted(gateway.models.list()["deployment"])
        profiles = providers.profiles()
        yield
        assert providers.faults().empty, "the lesson left a fault on"
        assert providers.profiles().equals(profiles), "the lesson left a profile changed"
        assert sorted(gateway.models.list()["deployment"]) == names, "the lesson added or removed a model"
        assert not gateway.router.settings()["routing_groups"], "the lesson left a routing strategy set"


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_with_its_exercises_still_to_do_and_solved(lesson: Path) -> None:
    done = run_lesson(lesson, OUT, solutions=True)
    assert done.passed, done.failure
    assert done.first_checks == dict.fromkeys(exercises_of(lesson), False)
    assert done.checks == dict.fromkeys(exercises_of(lesson), True)
    assert_every_cell_ran_as_it_is(lesson, done)
    assert_pictures_are_shown(done)
    as_executed = nbformat.read(done.executed, as_version=4)
    assert problems(as_executed) == []
    assert broken(lesson.stem, as_executed) == [], "the text says something else"


def test_every_exercise_is_in_a_lesson() -> None:
    assert sorted(name for lesson in LESSONS for name in exercises_of(lesson)) == sorted(EXERCISES)


def exercises_of(lesson: Path) -> list[str]:
    found = list(exercises_in(nbformat.read(lesson, as_version=4)))
    assert found, f"{lesson.stem} has no exercise"
    assert all(name.startswith(f"{lesson.stem[:2]}.") for name in found)
    return found


def assert_every_cell_ran_as_it_is(lesson: Path, done: LessonRun) -> None:
    """Check that the executed notebook has all code cells of the lesson in order, besides the solutions."""
    ran = [cell.source for cell in nbformat.read(done.executed, as_version=4).cells if executed(cell)]
    rest = iter(ran)
    own = [cell.source for cell in nbformat.read(lesson, as_version=4).cells if cell.cell_type == "code"]
    assert all(source in rest for source in own)
    assert len(ran) == len(own) + 2 * len(exercises_of(lesson))


def executed(cell: nbformat.NotebookNode) -> bool:
    return cell.cell_type == "code" and cell.execution_count is not None


def assert_pictures_are_shown(done: LessonRun) -> None:
    """Check that every figure is an image in the executed notebook, not only text."""
    executed = nbformat.read(done.executed, as_version=4)
    outputs = [o for cell in executed.cells for o in cell.get("outputs", []) if "data" in o]
    drawn = [o for o in outputs if "image/png" in o["data"]]
    assert drawn, f"{done.name} shows no picture"
    as_text = [o for o in outputs if re.match(r"<(Figure|Picture)", o["data"].get("text/plain", ""))]
    assert all("image/png" in o["data"] for o in as_text)
