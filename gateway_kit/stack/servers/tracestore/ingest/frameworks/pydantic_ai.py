"""Pydantic AI and Logfire, all versions of the instrumentation: https://ai.pydantic.dev/logfire/."""

from __future__ import annotations

from typing import Any

from gateway_kit.stack.servers.tracestore.ingest.frameworks.framework import (
    Attributes,
    Framework,
    Pair,
    first_pair,
)
from gateway_kit.stack.servers.tracestore.ingest.frameworks.gen_ai import SYSTEM, with_system
from gateway_kit.stack.servers.tracestore.ingest.values import parsed

SCOPE = "pydantic-ai"
_MESSAGES, _RESULT = "pydantic_ai.all_messages", "final_result"
KEYS = frozenset(("prompt", "all_messages_events", "events", _MESSAGES, _RESULT))


def messages_of_logfire(attributes: Attributes) -> Pair | None:
    """Prompt and messages of the first versions."""
    return first_pair(attributes, ("prompt",), ("all_messages_events",))


def messages_of_events(attributes: Attributes) -> Pair | None:
    """Version 1 of the instrumentation: all events in one attribute, the answer among them."""
    listed = parsed(attributes.get("events"))
    if not isinstance(listed, list):
        return None
    choices = [event for event in listed if _is_choice(event)]
    others = [event for event in listed if not _is_choice(event)]
    if not choices and not others:
        return None
    return others or None, choices[0] if choices else None


def _is_choice(event: Any) -> bool:
    return isinstance(event, dict) and event.get("event.name") == "gen_ai.choice"


def messages_of_tool(attributes: Attributes) -> Pair | None:
    """Arguments and answer of a tool up to version 2."""
    return first_pair(attributes, ("tool_arguments",), ("tool_response",))


def _agent_messages(attributes: Attributes) -> Pair | None:
    """All messages and the final result of a run, on the agent's span."""
    pair = first_pair(attributes, (_MESSAGES,), (_RESULT,))
    if pair and pair[0] and attributes.get(SYSTEM):
        return with_system(pair[0], attributes[SYSTEM]), pair[1]
    return pair


FRAMEWORK = Framework(late_messages=_agent_messages)
