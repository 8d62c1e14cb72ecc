"""Exercises: what a grader finds, how it is shown, and where graders and hints are registered.

A grader looks at facts (response headers, spend rows, the providers' journal, the gateway's models) and at the
variables that the exercise asks for; never at a model's prose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from gateway_kit.errors import KitError, LessonError

# The notebook runner reads results by this type; front ends that do not know it show the text or HTML instead.
CHECK_MIME = "application/vnd.gateway-kit.check+json"


@dataclass(frozen=True)
class Criterion:
    """What a grader checks: what should be the case, whether it is, and what was found instead."""

    text: str
    met: bool
    found: str = ""


@dataclass(frozen=True)
class CheckResult:
    """What a grader found; a notebook shows it as a list, a terminal as text."""

    exercise: str
    criteria: tuple[Criterion, ...]

    @property
    def passed(self) -> bool:
        """Whether every criterion is met."""
        return all(criterion.met for criterion in self.criteria)

    def __repr__(self) -> str:
        lines = [f"  {'right ' if f.met else 'not yet'} {f.text}{_found(f)}" for f in self.criteria]
        return "\n".join([f"Exercise {self.exercise}: {self._verdict()}", *lines])

    def _verdict(self) -> str:
        if self.passed:
            return "passed"
        right = sum(criterion.met for criterion in self.criteria)
        return f'{right} of {len(self.criteria)} right. For help: `hint("{self.exercise}")`'

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:  # noqa: ARG002  # IPython's names
        items = "".join(
            f"<li><b>{'right' if f.met else 'not yet'}</b>: {_code(f.text + _found(f))}</li>"
            for f in self.criteria
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


def _found(criterion: Criterion) -> str:
    return f" (found: {criterion.found})" if criterion.found and not criterion.met else ""


Grader = Callable[[Mapping[str, Any]], Sequence[Criterion]]


@dataclass(frozen=True)
class Exercise:
    """A grader, which gets the notebook's variables, and hints from the gentlest to the plainest."""

    name: str
    grade: Grader
    hints: tuple[str, ...]


def run_check(exercise: Exercise, variables: Mapping[str, Any]) -> CheckResult:
    """Grade an exercise; a grader that meets an error of the kit's reports it as a criterion that is not met."""
    try:
        criteria = tuple(exercise.grade(variables))
    except KitError as exc:
        criteria = (Criterion("the stack answers the grader", False, str(exc)),)
    if not criteria:
        raise LessonError(f"the grader of exercise {exercise.name} looked at nothing")
    return CheckResult(exercise.name, criteria)


def variable(variables: Mapping[str, Any], name: str, kind: type | tuple[type, ...]) -> tuple[Any, Criterion]:
    """A variable that an exercise asks for, and the criterion that it is set and of this type."""
    value = variables.get(name)
    kinds = kind if isinstance(kind, tuple) else (kind,)
    wanted = " or ".join(k.__name__ for k in kinds)
    holds = isinstance(value, kinds)
    return value, Criterion(
        f"`{name}` is set ({wanted})", holds, "nothing" if value is None else repr(value)[:80]
    )
