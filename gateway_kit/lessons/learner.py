"""Calls of a learner's function, which may fail in any way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway_kit.gateway import Answer
from gateway_kit.lessons.exercise import Criterion, variable


def check_set_up(variables: Mapping[str, Any], *functions: str, **kinds: type) -> list[Criterion]:
    """One criterion per function that an exercise asks for, and one per variable that is not of its type."""
    criteria = [
        Criterion(f"`{name}` is a function", callable(variables.get(name)), repr(variables.get(name))[:80])
        for name in functions
    ]
    needed = (variable(variables, name, kind)[1] for name, kind in kinds.items())
    return [*criteria, *(criterion for criterion in needed if not criterion.met)]


def call_learner(function: Callable[..., Any], *arguments: Any) -> tuple[Any, str]:
    """(what the function returned, or None and its error in one line)."""
    try:
        return function(*arguments), ""
    except Exception as exc:  # the function is not ours
        return None, f"{type(exc).__name__}: {exc}".splitlines()[0][:160]


def ask_learner(function: Callable[..., Any], *arguments: Any) -> tuple[Answer | None, str]:
    """(the answer that the function returned, or None and what it returned instead)."""
    returned, failure = call_learner(function, *arguments)
    if failure or isinstance(returned, Answer):
        return returned, failure
    return None, f"{returned!r:.80}, not an answer of gateway.ask"
