"""Calls of a learner's function, which may fail in any way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway_kit.gateway import Answer
from gateway_kit.lessons.exercise import Criterion


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


def asked_once(calls: int, visits: int = 1) -> Criterion:
    """Whether each visit made one call: a second one costs as much again."""
    text = "it asks the gateway once" if visits == 1 else "each visit asks the gateway once"
    return Criterion(
        text, calls == visits, f"{calls} calls for {visits} {'visit' if visits == 1 else 'visits'}"
    )
