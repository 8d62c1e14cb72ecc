"""The type of an observation, from the first attribute that tells one: the order of looking is Langfuse 4's."""

from __future__ import annotations

from collections.abc import Mapping

from gateway_kit.stack.servers.tracestore.ingest.frameworks import flue, gen_ai, genkit, vercel_ai
from gateway_kit.stack.servers.tracestore.ingest.frameworks.framework import Framework
from gateway_kit.stack.servers.tracestore.ingest.span import Attributes, Scope

TYPES = (
    "SPAN",
    "GENERATION",
    "EVENT",
    "EMBEDDING",
    "AGENT",
    "TOOL",
    "CHAIN",
    "RETRIEVER",
    "GUARDRAIL",
    "EVALUATOR",
)
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


def is_old_python_sdk(scope: Scope) -> bool:
    """Langfuse's SDK up to 3.3, which calls a generation a span where a span became one later."""
    if scope.name != "langfuse-sdk" or scope.resource.get("telemetry.sdk.language") != "python":
        return False
    parts = [int(part) if part.isdigit() else 0 for part in scope.version.split(".")[:2]]
    return parts <= [3, 3]


def observation_type(attributes: Attributes, span_name: str, framework: Framework, *, old_sdk: bool) -> str:
    """One of TYPES."""
    if old_sdk and attributes.get(_LANGFUSE) == "span" and any(key in attributes for key in _OF_GENERATIONS):
        return "GENERATION"
    for key, types in _TABLES:
        value = attributes.get(key)
        if isinstance(value, str) and value in types:
            return types[value]
    if found := vercel_ai.type_of(attributes):
        return found
    if attributes.get("gen_ai.tool.name") or attributes.get("gen_ai.tool.call.id"):
        return "TOOL"
    if found := flue.type_of(attributes) or framework.types.get(span_name):
        return found
    return "GENERATION" if any(attributes.get(key) for key in _MODEL_KEYS) else "SPAN"
