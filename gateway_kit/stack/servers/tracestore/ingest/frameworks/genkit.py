"""Genkit: https://genkit.dev/docs/observability."""

from __future__ import annotations

from typing import Any

from gateway_kit.stack.servers.tracestore.ingest.frameworks.framework import (
    Attributes,
    Framework,
    Pair,
    Parameters,
)
from gateway_kit.stack.servers.tracestore.ingest.values import (
    number,
    parsed,
    parsed_object,
    texts_and_numbers,
)

SCOPE = "genkit-tracer"
NAME = "genkit:name"
SUBTYPE = "genkit:metadata:subtype"
TYPES = {
    "background-model": "GENERATION",
    "model": "GENERATION",
    "embedder": "EMBEDDING",
    "tool": "TOOL",
    "tool.v2": "TOOL",
    "retriever": "RETRIEVER",
    "evaluator": "EVALUATOR",
}
_INPUT, _OUTPUT = "genkit:input", "genkit:output"
KEYS = frozenset((_INPUT, _OUTPUT))


def model_of(attributes: Attributes) -> str:
    """The model: the name of a span that calls one; '' for other spans."""
    name = attributes.get(NAME) if attributes.get(SUBTYPE) == "model" else None
    return name if isinstance(name, str) else ""


def _messages(attributes: Attributes) -> Pair:
    """The messages of a model's span; the whole input and output of a flow or a tool."""
    return _part(attributes.get(_INPUT), "messages"), _part(attributes.get(_OUTPUT), "message")


def _part(sent: Any, name: str) -> Any:
    value = parsed(sent)
    if isinstance(value, dict) and value.get(name) is not None:
        return value[name]
    return sent if value is None else value


def _usage(attributes: Attributes) -> dict[str, Any] | None:
    usage = parsed_object(attributes.get(_OUTPUT)).get("usage")
    if not isinstance(usage, dict) or not usage:
        return None
    input_tokens, output_tokens, total, thoughts = (
        number(usage.get(f"{name}Tokens")) or 0 for name in ("input", "output", "total", "thoughts")
    )
    counts = {"input": input_tokens, "output_reasoning": thoughts, "total": total}
    tokens = {kind: count for kind, count in counts.items() if count}
    if output_tokens:
        tokens["output"] = max(0, output_tokens - thoughts)
    return tokens


def _parameters(attributes: Attributes, sent: Parameters | None) -> Parameters | None:
    if sent is not None:
        return sent
    config = parsed_object(attributes.get(_INPUT)).get("config")
    if config is None:
        request = parsed_object(attributes.get(_OUTPUT)).get("request")
        config = request.get("config") if isinstance(request, dict) else None
    return texts_and_numbers(config) if isinstance(config, dict) else None


FRAMEWORK = Framework(messages=_messages, usage=_usage, parameters=_parameters)
