"""Input and output of a span, wherever its instrumentation puts them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway_kit.servers.tracestore.span import Attributes
from gateway_kit.servers.tracestore.values import as_text

# One attribute each; the first pair of which one is set counts. After them come the numbered ones below.
_PAIRS = (
    ("langfuse.observation.input", "langfuse.observation.output"),
    ("gcp.vertex.agent.llm_request", "gcp.vertex.agent.llm_response"),
    ("mlflow.spanInputs", "mlflow.spanOutputs"),
    ("traceloop.entity.input", "traceloop.entity.output"),
    ("input.value", "output.value"),
    ("input", "output"),
    ("ai.prompt.messages", "ai.response.text"),
    ("ai.prompt", "ai.response.object"),
    ("ai.toolCall.args", "ai.toolCall.result"),
)
_NUMBERED = (
    ("gen_ai.prompt", "gen_ai.completion"),
    ("llm.input_messages", "llm.output_messages"),
)
_LAST_PAIRS = (
    ("gen_ai.input.messages", "gen_ai.output.messages"),
    ("gen_ai.tool.call.arguments", "gen_ai.tool.call.result"),
)
_INPUT_EVENTS = {f"gen_ai.{role}.message": role for role in ("system", "user", "assistant", "tool")}
_MAX_NUMBER = 1000  # of a message in numbered attributes

KEYS = frozenset(key for pair in (*_PAIRS, *_LAST_PAIRS) for key in pair) | {
    "langfuse.trace.input",
    "langfuse.trace.output",
}
PREFIXES = tuple(key for pair in _NUMBERED for key in pair)


def input_and_output(
    attributes: Mapping[str, Any], events: list[tuple[str, Attributes]]
) -> tuple[str | None, str | None]:
    """Both as text, null where there is none; what is not a text is JSON."""
    first = _PAIRS[0]
    if attributes.get(first[0]) is not None or attributes.get(first[1]) is not None:
        return _text(attributes.get(first[0])), _text(attributes.get(first[1]))
    if events and (found := _of_events(events)):
        return found
    for pair in _PAIRS[1:]:
        if found := _pair(attributes, pair):
            return found
    for input_prefix, output_prefix in _NUMBERED:
        sent, answered = _numbered(attributes, input_prefix), _numbered(attributes, output_prefix)
        if sent or answered:
            return _text(sent or None), _text(answered or None)
    for pair in _LAST_PAIRS:
        if found := _pair(attributes, pair):
            return found
    return None, None


def _pair(attributes: Mapping[str, Any], pair: tuple[str, str]) -> tuple[str | None, str | None] | None:
    sent, answered = attributes.get(pair[0]), attributes.get(pair[1])
    return (_text(sent), _text(answered)) if sent or answered else None


def _text(value: Any) -> str | None:
    return None if value is None else as_text(value)


def _of_events(events: list[tuple[str, Attributes]]) -> tuple[str | None, str | None] | None:
    sent = [{"role": _INPUT_EVENTS[name], **fields} for name, fields in events if name in _INPUT_EVENTS]
    choices = [fields for name, fields in events if name == "gen_ai.choice"]
    if not sent and not choices:
        return None
    answered: Any = choices[0] if len(choices) == 1 else choices
    return _text(sent or None), _text(answered or None)


def _numbered(attributes: Mapping[str, Any], prefix: str) -> Any:
    """`prefix.0.role`, `prefix.0.content` and so on as a list of messages; names without numbers as an object."""
    if (whole := attributes.get(prefix)) is not None:
        return whole
    start = len(prefix) + 1
    parts = {key[start:]: value for key, value in attributes.items() if key.startswith(f"{prefix}.")}
    numbers = [number for name in parts if (number := _number(name.partition(".")[0])) is not None]
    if len(numbers) < len(parts):
        return parts
    messages: dict[int, dict[str, Any]] = {}
    for number, (name, value) in zip(numbers, parts.items(), strict=True):
        message = messages.setdefault(number, {})
        path = name.split(".")[1:] or ["content"]
        for step in path[:-1][:20]:
            inner = message.get(step)
            if not isinstance(inner, dict):
                inner = message[step] = {}
            message = inner
        message[path[-1]] = value
    return [messages[number] for number in sorted(messages)]


def _number(text: str) -> int | None:
    return (
        int(text)
        if text.isascii() and text.isdigit() and len(text) <= 4 and int(text) < _MAX_NUMBER
        else None
    )
