"""How exercises are graded and shown: `check`, `hint`, criteria, solutions."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest

from gateway_kit.errors import LessonError, ProvidersError
from gateway_kit.lessons import api, check, hint, solution
from gateway_kit.lessons.exercise import (
    CHECK_MIME,
    CheckResult,
    Criterion,
    Exercise,
    require,
    run_check,
)
from gateway_kit.lessons.registry import EXERCISES
from gateway_kit.lessons.solutions import exercises_in, inject_solutions, solved_code

ROOT = Path(__file__).resolve().parents[2]


def exercise(*criteria: Criterion) -> Exercise:
    return Exercise("9.9", lambda _: criteria, ("Look up.", "Look down."))


def test_all_criteria_must_be_met() -> None:
    assert run_check(exercise(Criterion("a", True), Criterion("b", True)), {}).passed
    assert not run_check(exercise(Criterion("a", True), Criterion("b", False)), {}).passed


def test_a_result_names_what_is_missing_and_what_is_there_instead() -> None:
    text = repr(
        CheckResult(
            "9.9", (Criterion("it is blue", True, "blue"), Criterion("it is round", False, "a <square>"))
        )
    )
    assert "1 of 2 right" in text
    assert "right  it is blue\n" in text
    assert "not yet it is round (found: a <square>)" in text


def test_a_notebook_gets_escaped_html_and_the_runner_gets_the_verdict() -> None:
    bundle = CheckResult("9.9", (Criterion("it is round", False, "a <square>"),))._repr_mimebundle_()
    assert "a &lt;square&gt;" in bundle["text/html"]
    assert bundle[CHECK_MIME] == {"exercise": "9.9", "passed": False}


def test_a_kit_error_becomes_the_unmet_criterion() -> None:
    def grade(variables: Mapping[str, Any]) -> Sequence[Criterion]:
        raise ProvidersError("The provider simulator does not answer.")

    result = run_check(Exercise("9.9", grade, ("?",)), {})
    assert not result.passed
    assert "does not answer" in repr(result)


def test_a_grader_without_criteria_is_an_error() -> None:
    with pytest.raises(LessonError, match="checked nothing"):
        run_check(exercise(), {})


def test_an_unknown_exercise_error_lists_the_existing_ones() -> None:
    with pytest.raises(
        LessonError, match=re.escape(f"no exercise '77.7'; there are: {', '.join(sorted(EXERCISES))}")
    ):
        check("77.7", {})


@pytest.fixture
def new_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """A session in which no hint was given and no solution shown."""
    monkeypatch.setattr(api, "_given", {})
    monkeypatch.setattr(api, "_solution_shown", set())


@pytest.mark.usefixtures("new_session")
@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_hints_come_one_at_a_time_and_then_repeat(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    hints = EXERCISES[name].hints
    for _ in (*hints, "once more"):
        hint(name)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(hints) + 2
    assert lines[0] == lines[-1] == f"Hint 1 of {len(hints)}: {hints[0]}"
    assert lines[-2] == f'That was the last hint. For a solved cell: solution("{name}")'


@pytest.mark.usefixtures("new_session")
@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_the_solution_is_shown_after_the_hints_and_always_the_same(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    count = len(EXERCISES[name].hints)
    for left in range(count, 0, -1):
        solution(name)
        shown = capsys.readouterr().out
        assert re.fullmatch(f"First use the hints: {left} (is|are) left. For the next one: hint.*\n", shown)
        assert solved_code(name) not in shown
        hint(name)
        capsys.readouterr()
    shown = []
    for _ in range(2):
        solution(name)
        shown.append(capsys.readouterr().out)
        hint(name)  # the first one again
        capsys.readouterr()
    assert shown[0] == shown[1]
    assert shown[0].endswith(f"\n\n{solved_code(name)}\n")
    compile(shown[0], name, "exec")  # all of it can be pasted into the cell


@pytest.mark.usefixtures("new_session")
def test_a_later_pass_says_that_the_solution_was_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    easy = Exercise("9.9", lambda v: [Criterion("x is 1", v.get("x") == 1)], ("Set x.",))
    monkeypatch.setattr(api, "EXERCISES", {"9.9": easy, "9.8": replace(easy, name="9.8")})
    monkeypatch.setattr(api, "solved_code", lambda _: "x = 1")
    solution("9.9")  # too early: nothing is shown
    assert repr(check("9.9", {"x": 1})).startswith("Exercise 9.9: passed\n")
    hint("9.9")
    solution("9.9")
    assert repr(check("9.9", {"x": 1})).startswith("Exercise 9.9: passed, after the solution was shown\n")
    assert "passed, after the solution was shown" in check("9.9", {"x": 1})._repr_mimebundle_()["text/html"]
    assert check("9.9", {"x": 2}).passed is False
    assert repr(check("9.8", {"x": 1})).startswith("Exercise 9.8: passed\n")


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_lesson_says_how_to_see_the_solution(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells)
    imported = re.search("^from gateway_kit import (.*)$", text, re.MULTILINE)
    assert imported
    assert {"check", "hint", "solution"} <= set(imported[1].split(", "))
    assert f'`solution("{path.stem[:2]}.1")` shows a solved cell' in text


def test_a_solution_needs_no_package_for_notebook_files() -> None:
    code = "from gateway_kit import check, hint, solution; import sys; print('nbformat' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_an_untouched_exercise_is_not_solved(name: str) -> None:
    assert not check(name, {}).passed


@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_each_exercise_has_a_solution_in_valid_python(name: str) -> None:
    compile(solved_code(name), name, "exec")


def test_a_solution_and_its_check_come_after_the_exercise() -> None:
    cells = [nbformat.v4.new_code_cell(text) for text in ("before", "edit me", "check", "after")]
    cells[1].metadata["tags"] = ["exercise-00.1"]
    notebook = nbformat.v4.new_notebook(cells=cells)
    assert inject_solutions(notebook) == ["00.1"]
    sources = [cell.source for cell in notebook.cells]
    assert sources == ["before", "edit me", "check", solved_code("00.1"), "check", "after"]


def test_two_cells_for_one_exercise_are_an_error() -> None:
    cells = [nbformat.v4.new_code_cell("x", metadata={"tags": ["exercise-00.1"]}) for _ in range(2)]
    with pytest.raises(LessonError, match="two cells"):
        exercises_in(nbformat.v4.new_notebook(cells=cells))


def test_an_exercise_without_a_solution_is_an_error() -> None:
    with pytest.raises(LessonError, match=r"there is no solution for exercise 77\.7"):
        solved_code("77.7")


@pytest.mark.parametrize("value", [{"a": 1}, {}])
def test_require_returns_the_variables_in_order(value: object) -> None:
    variables = {"a": value, "f": len}
    assert require(variables, a=dict, f=callable) == [value, len]
    assert require(variables, a=dict) is value


@pytest.mark.parametrize(("value", "found"), [(None, "nothing"), ([], "[]"), ("text", "'text'")])
def test_missing_variables_end_the_grading_and_those_that_are_set_do_not_count_as_right(
    value: object, found: str
) -> None:
    def grade(variables: Mapping[str, Any]) -> Sequence[Criterion]:
        require(variables, a=dict, f=callable, b=int)
        raise AssertionError("the grading goes on")

    result = run_check(Exercise("9.9", grade, ("?",)), {"a": value, "f": value, "b": 3})
    assert result.criteria == (
        Criterion("`a` is set (dict)", False, found),
        Criterion("`f` is a function", False, found),
    )
