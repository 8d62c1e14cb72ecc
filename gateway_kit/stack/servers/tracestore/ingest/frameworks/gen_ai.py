"""OpenTelemetry's conventions for generative AI, in attributes and in events of a span."""

from __future__ import annotations

from typing import Any

from gateway_kit.stack.servers.tracestore.ingest.frameworks.framework import Attributes, Pair, first_pair
from gateway_kit.stack.servers.tracestore.ingest.values import as_text, dumped, parsed

SYSTEM = "gen_ai.system_instructions"
_SENT, _ANSWERED = "gen_ai.input.messages", "gen_ai.output.messages"
_ARGUMENTS, _RESULT = "gen_ai.tool.call.arguments", "gen_ai.tool.call.result"
KEYS = frozenset((SYSTEM, _SENT, _ANSWERED, _ARGUMENTS, _RESULT))

# Semantic conventions from 1.37 on: one event with all attributes.
_DETAILS = "gen_ai.client.inference.operation.details"
# Earlier conventions: one event per message.
_ROLES = {f"gen_ai.{role}.message": role for role in ("system", "user", "assistant", "tool")}
_CHOICE = "gen_ai.choice"
# Semantic Kernel's.
PROMPT_EVENT, COMPLETION_EVENT = "gen_ai.content.prompt", "gen_ai.content.completion"

TYPES = {
    "chat": "GENERATION",
    "completion": "GENERATION",
    "text_completion": "GENERATION",
    "generate_content": "GENERATION",
    "generate": "GENERATION",
    "embeddings": "EMBEDDING",
    "invoke_agent": "AGENT",
    "create_agent": "AGENT",
    "execute_tool": "TOOL",
}


def is_sum_of_calls(attributes: Attributes) -> bool:
    """Whether the span's usage repeats that of its child calls, and would be counted twice."""
    return attributes.get("gen_ai.operation.name") in ("invoke_agent", "agent_step")


def messages_of_gen_ai(attributes: Attributes) -> Pair | None:
    """Messages, preceded by the system instructions, else arguments and result of a tool."""
    pair = first_pair(attributes, (_SENT,), (_ANSWERED,))
    if pair is None:
        return first_pair(attributes, (_ARGUMENTS,), (_RESULT,))
    if pair[0] and attributes.get(SYSTEM):
        return with_system(pair[0], attributes[SYSTEM]), pair[1]
    return pair


def with_system(sent: Any, instructions: Any) -> Any:
    """The messages, preceded by one with the instructions unless they have a system message."""
    messages = parsed(sent)
    if not isinstance(messages, list):
        return sent
    if any(isinstance(message, dict) and message.get("role") == "system" for message in messages):
        return sent
    instructions = parsed(instructions)
    if isinstance(instructions, list):
        parts = (part.get("content") or part if isinstance(part, dict) else part for part in instructions)
        content = "\n".join(as_text(part) for part in parts)
    else:
        content = as_text(instructions)
    return dumped([{"role": "system", "content": content}, *messages])


def messages_of_events(events: list[tuple[str, dict[str, Any]]]) -> Pair | None:
    """Messages from events of the span; a single choice is not put in a list."""
    for name, fields in events:
        if name == _DETAILS and (pair := messages_of_gen_ai(fields)):
            return pair
    sent = [{"role": _ROLES[name], **fields} for name, fields in events if name in _ROLES]
    choices = [fields for name, fields in events if name == _CHOICE]
    if not sent and not choices:
        return None
    return sent or None, (choices[0] if len(choices) == 1 else choices or None)
