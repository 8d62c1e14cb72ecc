"""Type and level of an observation. Attributes are tried in the order of Langfuse 4."""

from __future__ import annotations

from collections.abc import Mapping

from gateway_kit.stack.servers.tracestore.ingest.frameworks import flue, gen_ai, genkit, vercel_ai
from gateway_kit.stack.servers.tracestore.ingest.frameworks.framework import Framework
from gateway_kit.stack.servers.tracestore.ingest.span import Attributes, Span
from gateway_kit.stack.servers.tracestore.store.tables.observations import TYPES

_LANGFUSE = "langfuse.observation.type"
_OPENINFERENCE_TYPES = {name: name for name in TYPES if name not in ("SPAN", "GENERATION", "EVENT")} | {
    "LLM": "GENERATION"
}
_TABLES: tuple[tuple[str, Mapping[str, str]], ...] = (
    (_LANGFUSE, {name.lower(): name for name in TYPES}),
    ("openinference.span.kind", _OPENINFERENCE_TYPES),
    ("gen_ai.operation.name", gen_ai.TYPES),
    (genkit.SUBTYPE, genkit.TYPES),
)
_MODEL_KEYS = (
    "langfuse.observation.model.name", "gen_ai.request.model", "gen_ai.response.model", "llm.model_name", "model",
)  # fmt: skip
_OF_GENERATIONS = (
    "langfuse.observation.model.name", "langfuse.observation.cost_details", "langfuse.observation.usage_details",
    "langfuse.observation.completion_start_time", "langfuse.observation.model.parameters",
    "langfuse.observation.prompt.name", "langfuse.observation.prompt.version",
)  # fmt: skip
# Names of levels in other logging systems.
_LEVEL_WORDS = {
    "DEBUG": ("DEBUG", "TRACE", "VERBOSE"),
    "DEFAULT": ("DEFAULT", "INFO", "LOG", "NOTICE", "OK", "SUCCESS"),
    "WARNING": ("WARNING", "WARN"),
    "ERROR": ("ERROR", "FATAL", "CRITICAL"),
}
_LEVEL_OF = {word: level for level, words in _LEVEL_WORDS.items() for word in words}


def observation_type(attributes: Attributes, span_name: str, framework: Framework, *, old_sdk: bool) -> str:
    """One of TYPES."""
    if old_sdk and attributes.get(_LANGFUSE) == "span" and any(key in attributes for key in _OF_GENERATIONS):
        return "GENERATION"
    for key, types in _TABLES:
        value = attributes.get(key)
        if isinstance(value, str) and value in types:
            return types[value]
    if kind := vercel_ai.type_of(attributes):
        return kind
    if attributes.get("gen_ai.tool.name") or attributes.get("gen_ai.tool.call.id"):
        return "TOOL"
    if kind := flue.type_of(attributes) or framework.types.get(span_name):
        return kind
    return "GENERATION" if any(attributes.get(key) for key in _MODEL_KEYS) else "SPAN"


def observation_level(span: Span, framework: Framework) -> str:
    """One of LEVELS: as sent, by any name that loggers use and in any case, else from the span's status."""
    sent = span.attributes.get("langfuse.observation.level")
    if isinstance(sent, str) and (level := _LEVEL_OF.get(sent.strip().upper())):
        return level
    if span.failed:
        return "ERROR"
    return "DEBUG" if span.name in framework.debug else "DEFAULT"
