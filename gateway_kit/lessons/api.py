"""`check` and `hint`, as a notebook calls them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway_kit.errors import LessonError
from gateway_kit.lessons.exercise import CheckResult, Exercise, run_check
from gateway_kit.lessons.registry import EXERCISES

# Hints given so far in this session, by exercise.
_given: dict[str, int] = {}


def check(name: str, variables: Mapping[str, Any] | None = None) -> CheckResult:
    """What is right and what is missing in an exercise.

    Args:
        name: The exercise, such as "01.1".
        variables: The variables to check; by default the notebook's.

    Raises:
        LessonError: There is no such exercise.
    """
    return run_check(_exercise(name), _notebook_variables() if variables is None else variables)


def hint(name: str) -> None:
    """Print the next hint of an exercise such as "01.1", and after the last one the first one again.

    Raises LessonError.
    """
    exercise = _exercise(name)
    number = _given.get(name, 0) % len(exercise.hints)
    _given[name] = number + 1
    print(f"Hint {number + 1} of {len(exercise.hints)}: {exercise.hints[number]}")


def _exercise(name: str) -> Exercise:
    if name not in EXERCISES:
        raise LessonError(f"there is no exercise {name!r}; there are: {', '.join(sorted(EXERCISES))}")
    return EXERCISES[name]


def _notebook_variables() -> Mapping[str, Any]:
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return {} if shell is None else shell.user_ns
