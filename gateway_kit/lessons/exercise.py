"""Exercises: what a grader checks, and how the result is shown.

A grader checks facts (response headers, the spend log, the providers' journal, the gateway's models) and the variables
that the exercise asks for; never what a model wrote.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from gateway_kit.errors import KitError, LessonError

# The notebook runner reads results of this type; other front ends show the text or HTML.
CHECK_MIME = "application/vnd.gateway-kit.check+json"


@dataclass(frozen=True)
class Criterion:
    """One thing that a grader checks: what should be true, whether it is, and what was found instead."""

    text: str
    met: bool
    found: str = ""


@dataclass(frozen=True)
class CheckResult:
    """The result of a check; a notebook shows it as a list, a terminal as text."""

    exercise: str
    criteria: tuple[Criterion, ...]
    solution_shown: bool = False

    @property
    def passed(self) -> bool:
        """Whether every criterion is met."""
        return all(criterion.met for criterion in self.criteria)

    def __repr__(self) -> str:
        lines = [f"  {'right ' if c.met else 'not yet'} {c.text}{_detail(c)}" for c in self.criteria]
        return "\n".join([f"Exercise {self.exercise}: {self._verdict()}", *lines])

    def _verdict(self) -> str:
        if self.passed:
            return "passed, after the solution was shown" if self.solution_shown else "passed"
        right = sum(criterion.met for criterion in self.criteria)
        return f'{right} of {len(self.criteria)} right. For help: `hint("{self.exercise}")`'

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:  # noqa: ARG002  # IPython's names
        items = "".join(
            f"<li><b>{'right' if c.met else 'not yet'}</b>: {_code(c.text + _detail(c))}</li>"
            for c in self.criteria
        )
        html = f"<p><b>Exercise {self.exercise}</b>: {_code(self._verdict())}</p><ul>{items}</ul>"
        return {
            "text/plain": repr(self),
            "text/html": html,
            CHECK_MIME: {"exercise": self.exercise, "passed": self.passed},
        }


def _code(text: str) -> str:
    """Escaped text with its `backticks` as HTML code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text, quote=False))


def _detail(criterion: Criterion) -> str:
    return f" (found: {criterion.found})" if criterion.found and not criterion.met else ""


Grader = Callable[[Mapping[str, Any]], Sequence[Criterion]]


@dataclass(frozen=True)
class Exercise:
    """A grader, which gets the notebook's variables, and hints, from a small one to the whole way."""

    name: str
    grade: Grader
    hints: tuple[str, ...]


class NotSetUpError(Exception):
    """A variable that the exercise needs is missing or has another type. `run_check` reports the criteria."""

    def __init__(self, criteria: Sequence[Criterion]) -> None:
        super().__init__("; ".join(criterion.text for criterion in criteria))
        self.criteria = tuple(criteria)


def run_check(exercise: Exercise, variables: Mapping[str, Any]) -> CheckResult:
    """Grade an exercise. An error of the kit, such as an unreachable gateway, is reported as an unmet criterion."""
    try:
        criteria = tuple(exercise.grade(variables))
    except NotSetUpError as exc:
        criteria = exc.criteria
    except KitError as exc:
        criteria = (Criterion("the stack answers the grader", False, str(exc)),)
    if not criteria:
        raise LessonError(f"the grader of exercise {exercise.name} checked nothing")
    return CheckResult(exercise.name, criteria)


def require(variables: Mapping[str, Any], **kinds: type | Callable[[Any], bool]) -> Any:
    """The variables that an exercise needs, in the order of `kinds`: name → type, or `callable` for a function.

    gateway, steady = require(variables, gateway=Gateway, steady=callable)

    A single variable is returned by itself. Raises NotSetUpError, which ends the grading with one criterion per
    variable that is missing: what the lesson itself set does not count as right.
    """
    criteria = [is_set(variables, name, kind) for name, kind in kinds.items()]
    if missing := [criterion for criterion in criteria if not criterion.met]:
        raise NotSetUpError(missing)
    values = [variables[name] for name in kinds]
    return values if len(values) > 1 else values[0]


def is_set(variables: Mapping[str, Any], name: str, kind: type | Callable[[Any], bool]) -> Criterion:
    """Whether a variable has a type, or is a function if `kind` is `callable`."""
    value = variables.get(name)
    detail = "nothing" if value is None else repr(value)[:80]
    if isinstance(kind, type):
        return Criterion(f"`{name}` is set ({kind.__name__})", isinstance(value, kind), detail)
    return Criterion(f"`{name}` is a function", callable(value), detail)
