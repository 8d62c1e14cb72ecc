"""A learner's function, called by a grader: it may fail in any way, and the criterion says how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway_kit.gateway import Answer


def call_learner(function: Callable[..., Any], *arguments: Any) -> tuple[Any, str]:
    """(what the function returned, or None and how it failed in a line)."""
    try:
        return function(*arguments), ""
    except Exception as exc:  # whatever a learner's function raises
        return None, f"{type(exc).__name__}: {exc}".splitlines()[0][:160]


def ask_learner(function: Callable[..., Any], *arguments: Any) -> tuple[Answer | None, str]:
    """(the answer that the function returned, or None and what was found instead)."""
    returned, failure = call_learner(function, *arguments)
    if failure or isinstance(returned, Answer):
        return returned, failure
    return None, f"{returned!r:.80}, not an answer of gateway.ask"
