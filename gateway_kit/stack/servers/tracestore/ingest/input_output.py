"""Input and output of a span, from the attributes of any instrumentation, tried in the order of Langfuse 4."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway_kit.stack.servers.tracestore.ingest.frameworks import (
    flue,
    gen_ai,
    genkit,
    google_adk,
    livekit,
    pydantic_ai,
    vercel_ai,
)
from gateway_kit.stack.servers.tracestore.ingest.frameworks.framework import Framework, Pair
from gateway_kit.stack.servers.tracestore.ingest.numbered_attributes import nested
from gateway_kit.stack.servers.tracestore.ingest.span import Attributes
from gateway_kit.stack.servers.tracestore.ingest.values import as_text

_INPUT, _OUTPUT = "langfuse.observation.input", "langfuse.observation.output"
# One attribute for each.
_PAIRS = (
    ("mlflow.spanInputs", "mlflow.spanOutputs"),
    ("traceloop.entity.input", "traceloop.entity.output"),
    ("input.value", "output.value"),  # OpenInference
    ("input", "output"),  # Pydantic AI, Pipecat
)
# Many attributes with numbers in their names, as OpenLLMetry and OpenInference send them.
_NUMBERED = (
    ("gen_ai.prompt", "gen_ai.completion"),
    ("llm.input_messages", "llm.output_messages"),
)
_BEFORE_PAIRS: tuple[Callable[[Attributes], Pair | None], ...] = (
    google_adk.messages,
    pydantic_ai.messages_of_logfire,
    livekit.messages,
    pydantic_ai.messages_of_events,
)
_OWN = frozenset((_INPUT, _OUTPUT, "langfuse.trace.input", "langfuse.trace.output"))
KEYS = _OWN.union(
    *_PAIRS,
    *(module.KEYS for module in (flue, gen_ai, genkit, google_adk, livekit, pydantic_ai, vercel_ai)),
)
PREFIXES = tuple(key for pair in _NUMBERED for key in pair)


def input_and_output(
    attributes: Attributes, events: list[tuple[str, Attributes]], framework: Framework
) -> tuple[str | None, str | None]:
    """Input and output as text, JSON if they are not strings; None if there is none."""
    input_, output = _pair(attributes, events, framework)
    return _text(input_), _text(output)


def _text(value: Any) -> str | None:
    return None if value is None else as_text(value)


def _pair(attributes: Attributes, events: list[tuple[str, Attributes]], framework: Framework) -> Pair:
    input_, output = attributes.get(_INPUT), attributes.get(_OUTPUT)
    if input_ is not None or output is not None:
        return input_, output
    if pair := framework.messages(attributes):
        return pair
    if events and (pair := _of_events(events, framework)):
        return pair
    return _of_attributes(attributes, framework)


def _of_events(events: list[tuple[str, Attributes]], framework: Framework) -> Pair | None:
    if pair := gen_ai.messages_of_events(events):
        return pair
    prompt = next((fields for name, fields in events if name == gen_ai.PROMPT_EVENT), {})
    completion = next((fields for name, fields in events if name == gen_ai.COMPLETION_EVENT), {})
    if not prompt and not completion:
        return None
    return (
        _pair(prompt, [], framework)[0] or prompt,
        _pair(completion, [], framework)[1] or completion,
    )


def _of_attributes(attributes: Attributes, framework: Framework) -> Pair:
    for read in _BEFORE_PAIRS:
        if pair := read(attributes):
            return pair
    for input_key, output_key in _PAIRS:
        input_, output = attributes.get(input_key), attributes.get(output_key)
        if input_ or output:
            return input_, output
    if pair := framework.late_messages(attributes) or pydantic_ai.messages_of_tool(attributes):
        return pair
    if any(key.startswith(PREFIXES) for key in attributes):
        for pair in _NUMBERED:
            if any(key.startswith(pair) for key in attributes):
                return nested(attributes, pair[0]), nested(attributes, pair[1])
    return gen_ai.messages_of_gen_ai(attributes) or (None, None)
