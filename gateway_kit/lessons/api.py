"""`check`, `hint` and `solution`, as a notebook calls them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from gateway_kit.common.joined import joined_home
from gateway_kit.errors import LessonError
from gateway_kit.lessons.exercise import CheckResult, Exercise, run_check
from gateway_kit.lessons.registry import EXERCISES
from gateway_kit.lessons.solutions import solved_code

# In this session: how many hints were given, by exercise, and whose solution was shown.
_given: dict[str, int] = {}
_solution_shown: set[str] = set()


def check(name: str, variables: Mapping[str, Any] | None = None) -> CheckResult:
    """What is right and what is missing in an exercise. In a workshop, its board shows the result.

    Args:
        name: The exercise, such as "01.1".
        variables: The variables to check; by default the notebook's.

    Raises:
        LessonError: There is no such exercise.
    """
    result = run_check(_exercise(name), _notebook_variables() if variables is None else variables)
    result = replace(result, solution_shown=name in _solution_shown)
    if (home := joined_home()) is not None:
        _report(result, home)
    return result


def hint(name: str) -> None:
    """Print the next hint of an exercise such as "01.1", and after the last one the first one again.

    Raises LessonError.
    """
    hints, given = _exercise(name).hints, _given.get(name, 0)
    number = given % len(hints) + 1
    _given[name] = given + 1
    print(f"Hint {number} of {len(hints)}: {hints[number - 1]}")
    if number == len(hints):
        print(f'That was the last hint. For a solved cell: solution("{name}")')


def solution(name: str) -> None:
    """Print a cell that solves an exercise such as "01.1", once all its hints were given; before, how many are left.

    `check` says from then on that the solution was shown. Raises LessonError.
    """
    left = len(_exercise(name).hints) - _given.get(name, 0)
    if left > 0:
        print(
            f'First use the hints: {left} {"is" if left == 1 else "are"} left. For the next one: hint("{name}")'
        )
        return
    _solution_shown.add(name)
    print(f"# One way to solve exercise {name}. `check` will say that it was shown.\n\n{solved_code(name)}")


def _report(result: CheckResult, home: Path) -> None:
    """Report a result to the workshop that this stack is a seat of."""
    from gateway_kit.workshop.lesson import report_check

    missing = [criterion.text for criterion in result.criteria if not criterion.met]
    news = report_check(
        home, result.exercise, missing, passed=result.passed, solution_shown=result.solution_shown
    )
    if news:
        print(news)


def _exercise(name: str) -> Exercise:
    if name not in EXERCISES:
        raise LessonError(f"there is no exercise {name!r}; there are: {', '.join(sorted(EXERCISES))}")
    return EXERCISES[name]


def _notebook_variables() -> Mapping[str, Any]:
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return {} if shell is None else shell.user_ns
