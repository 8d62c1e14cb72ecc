"""How exercises are graded and shown: `check`, `hint`, criteria, solutions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import nbformat
import pytest

from gateway_kit.errors import LessonError, ProvidersError
from gateway_kit.lessons import check, hint
from gateway_kit.lessons.exercise import (
    CHECK_MIME,
    CheckResult,
    Criterion,
    Exercise,
    require,
    run_check,
)
from gateway_kit.lessons.registry import EXERCISES
from gateway_kit.lessons.solutions import exercises_in, inject_solutions, solution


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


@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_hints_come_one_at_a_time_and_then_repeat(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    hints = EXERCISES[name].hints
    for _ in (*hints, "once more"):
        hint(name)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(hints) + 1
    assert lines[0] == lines[-1] == f"Hint 1 of {len(hints)}: {hints[0]}"


@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_an_untouched_exercise_is_not_solved(name: str) -> None:
    assert not check(name, {}).passed


@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_each_exercise_has_a_solution_in_valid_python(name: str) -> None:
    compile(solution(name), name, "exec")


def test_a_solution_and_its_check_come_after_the_exercise() -> None:
    cells = [nbformat.v4.new_code_cell(text) for text in ("before", "edit me", "check", "after")]
    cells[1].metadata["tags"] = ["exercise-00.1"]
    notebook = nbformat.v4.new_notebook(cells=cells)
    assert inject_solutions(notebook) == ["00.1"]
    sources = [cell.source for cell in notebook.cells]
    assert sources == ["before", "edit me", "check", solution("00.1"), "check", "after"]


def test_two_cells_for_one_exercise_are_an_error() -> None:
    cells = [nbformat.v4.new_code_cell("x", metadata={"tags": ["exercise-00.1"]}) for _ in range(2)]
    with pytest.raises(LessonError, match="two cells"):
        exercises_in(nbformat.v4.new_notebook(cells=cells))


def test_an_exercise_without_a_solution_is_an_error() -> None:
    with pytest.raises(LessonError, match=r"there is no solution for exercise 77\.7"):
        solution("77.7")


@pytest.mark.parametrize("value", [{"a": 1}, {}])
def test_require_returns_the_variables_in_order(value: object) -> None:
    variables = {"a": value, "f": len}
    assert require(variables, a=dict, f=callable) == [value, len]
    assert require(variables, a=dict) is value


@pytest.mark.parametrize(("value", "found"), [(None, "nothing"), ([], "[]"), ("text", "'text'")])
def test_a_missing_variable_ends_the_grading_with_a_criterion_each(value: object, found: str) -> None:
    def grade(variables: Mapping[str, Any]) -> Sequence[Criterion]:
        require(variables, a=dict, f=callable, b=int)
        raise AssertionError("the grading goes on")

    result = run_check(Exercise("9.9", grade, ("?",)), {"a": value, "f": value, "b": 3})
    assert result.criteria == (
        Criterion("`a` is set (dict)", False, found),
        Criterion("`f` is a function", False, found),
        Criterion("`b` is set (int)", True, "3"),
    )
