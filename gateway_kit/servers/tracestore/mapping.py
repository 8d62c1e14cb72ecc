"""From a span and its attributes to a row, by the order of attributes in which Langfuse 4 looks for each field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from gateway_kit.servers.tracestore.messages import input_and_output
from gateway_kit.servers.tracestore.metadata import ScopeMetadata, metadata_of
from gateway_kit.servers.tracestore.observation import Observation
from gateway_kit.servers.tracestore.prices import PriceTable
from gateway_kit.servers.tracestore.span import Attributes, Scope, Span
from gateway_kit.servers.tracestore.usage import cost_of, tokens_of, usage_details
from gateway_kit.servers.tracestore.values import (
    as_text,
    jsonb,
    number,
    parsed,
    parsed_object,
    read_time,
    time_text,
    unix_us,
)

# Indexed columns: a row of an index takes 2,704 bytes at most, and a character up to four.
MAX_NAME_CHARS = 500
MAX_TAGS = 100

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
LEVELS = ("DEBUG", "DEFAULT", "WARNING", "ERROR")
_LANGFUSE_TYPES = {name.lower(): name for name in TYPES}
_OPENINFERENCE_TYPES = {name: name for name in TYPES if name not in ("SPAN", "GENERATION", "EVENT")} | {
    "LLM": "GENERATION"
}
_GEN_AI_TYPES = {
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
_MODEL_KEYS = (
    "langfuse.observation.model.name", "gen_ai.response.model", "ai.model.id", "gen_ai.request.model",
    "llm.response.model", "llm.model_name", "model",
)  # fmt: skip
_TYPE_MODEL_KEYS = (
    "langfuse.observation.model.name", "gen_ai.request.model", "gen_ai.response.model", "llm.model_name", "model",
)  # fmt: skip
_USER_KEYS = (
    "langfuse.user.id", "user.id", "langfuse.observation.metadata.langfuse_user_id",
    "langfuse.trace.metadata.langfuse_user_id", "ai.telemetry.metadata.userId",
)  # fmt: skip
_SESSION_KEYS = (
    "langfuse.session.id", "session.id", "gen_ai.conversation.id",
    "langfuse.observation.metadata.langfuse_session_id", "langfuse.trace.metadata.langfuse_session_id",
    "ai.telemetry.metadata.sessionId",
)  # fmt: skip
_TAG_KEYS = (
    "langfuse.trace.tags", "langfuse.tags", "langfuse.observation.metadata.langfuse_tags",
    "langfuse.trace.metadata.langfuse_tags", "ai.telemetry.metadata.tags", "tag.tags",
)  # fmt: skip
_ENVIRONMENT_KEYS = ("langfuse.environment", "deployment.environment.name", "deployment.environment")


def observations(spans: Iterable[Span], prices: PriceTable, now_ns: int) -> Iterator[Observation]:
    """A row a span. `now_ns` stands in for times that were not sent."""
    scope: Scope | None = None
    shared = ScopeMetadata(Scope())
    for span in spans:
        if span.scope is not scope:
            scope, shared = span.scope, ScopeMetadata(span.scope)
        yield observation(span, shared, prices, now_ns)


def observation(span: Span, shared: ScopeMetadata, prices: PriceTable, now_ns: int) -> Observation:
    """One span's row."""
    attributes, resource = span.attributes, span.scope.resource
    start_ns = span.start_ns or span.end_ns or now_ns
    end_ns = span.end_ns or start_ns
    completion = _completion_start(attributes)
    ttft_ms = None if completion is None else completion // 1000 - start_ns // 1_000_000
    model = _first(attributes, _MODEL_KEYS)
    price = prices.find(model) if model else None
    usage = usage_details(attributes)
    cost = cost_of(attributes, usage, price)
    sent, answered = input_and_output(attributes, span.events)
    level = attributes.get("langfuse.observation.level")
    message = attributes.get("langfuse.observation.status_message")
    input_cost, output_cost = cost.part_usd("input"), cost.part_usd("output")
    return Observation(
        trace_id=span.trace_id,
        id=span.span_id,
        parent_id=span.parent_id,
        start_time=time_text(start_ns),
        end_time=time_text(end_ns),
        completion_start_time=None if completion is None else time_text(completion * 1000),
        # The difference of the two times as they are answered, which is in milliseconds.
        latency_ms=end_ns // 1_000_000 - start_ns // 1_000_000,
        ttft_ms=ttft_ms,
        type=_type(attributes),
        name=(_name(span.name, attributes))[:MAX_NAME_CHARS],
        level=level if level in LEVELS else "ERROR" if span.failed else "DEFAULT",
        status_message=as_text(message) if message is not None else span.status_message,
        version=_first(attributes, ("langfuse.version",)) or _first(resource, ("service.version",)),
        release=_first(attributes, ("langfuse.release",)) or _first(resource, ("langfuse.release",)),
        environment=_environment(attributes, resource),
        user_id=_first(attributes, _USER_KEYS),
        session_id=_first(attributes, _SESSION_KEYS),
        trace_name=_first(attributes, ("langfuse.trace.name",)) or None,
        tags=_array_literal(_tags(attributes)),
        is_app_root=_is_true(attributes.get("langfuse.internal.is_app_root")),
        public=_is_true(attributes.get("langfuse.trace.public", attributes.get("langfuse.public"))),
        input=sent,
        output=answered,
        metadata=jsonb(metadata_of(attributes, shared)),
        model=model,
        model_id=price.id if price else "",
        model_parameters=jsonb(parameters) if (parameters := _model_parameters(attributes)) else "{}",
        usage_details=jsonb(usage) if usage else "{}",
        cost_details=jsonb(cost.details) if cost.details else "{}",
        input_usage=tokens_of(usage, "input"),
        output_usage=tokens_of(usage, "output"),
        total_usage=usage.get("total", 0),
        input_cost=input_cost,
        output_cost=output_cost,
        total_cost=cost.total_usd,
        input_price=str(price.input) if price and price.input is not None else None,
        output_price=str(price.output) if price and price.output is not None else None,
        prompt_name=_first(attributes, ("langfuse.observation.prompt.name", "langfuse.prompt.name")),
        prompt_version=_prompt_version(attributes),
    )


def _first(attributes: Attributes, keys: Iterable[str]) -> str:
    """The first of these attributes that says something, as a text; '' without one."""
    for key in keys:
        if value := attributes.get(key):
            return as_text(value)[:MAX_NAME_CHARS]
    return ""


def _name(span_name: str, attributes: Attributes) -> str:
    return _first(attributes, ("gen_ai.tool.name", "logfire.msg", "ai.toolCall.name")) or span_name


def _type(attributes: Attributes) -> str:
    for key, types in (
        ("langfuse.observation.type", _LANGFUSE_TYPES),
        ("openinference.span.kind", _OPENINFERENCE_TYPES),
        ("gen_ai.operation.name", _GEN_AI_TYPES),
    ):
        value = attributes.get(key)
        if isinstance(value, str) and value in types:
            return types[value]
    if attributes.get("gen_ai.tool.name") or attributes.get("gen_ai.tool.call.id"):
        return "TOOL"
    return "GENERATION" if any(attributes.get(key) for key in _TYPE_MODEL_KEYS) else "SPAN"


def _environment(attributes: Attributes, resource: Attributes) -> str:
    for key in _ENVIRONMENT_KEYS:
        if value := attributes.get(key) or resource.get(key):
            return as_text(value)[:MAX_NAME_CHARS]
    return "default"


def _tags(attributes: Attributes) -> tuple[str, ...]:
    value: Any = next((found for key in _TAG_KEYS if (found := attributes.get(key))), None)
    if isinstance(value, str):
        listed = parsed(value) if value.lstrip().startswith("[") else None
        value = listed if isinstance(listed, list) else value.split(",")
    if not isinstance(value, list):
        return ()
    tags = (as_text(tag).replace("\x00", "\ufffd").strip()[:MAX_NAME_CHARS] for tag in value[:MAX_TAGS])
    return tuple(dict.fromkeys(tag for tag in tags if tag))


@lru_cache(maxsize=1000)
def _array_literal(texts: tuple[str, ...]) -> str:
    """The texts as PostgreSQL writes an array."""
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return "{" + ",".join(f'"{text}"' for text in quoted) + "}"


def _model_parameters(attributes: Attributes) -> dict[str, Any]:
    for key in ("langfuse.observation.model.parameters", "llm.invocation_parameters", "model_config"):
        if attributes.get(key) and (found := parsed_object(attributes[key])):
            return _plain(found)
    start = "gen_ai.request."
    sent = {key[len(start) :]: value for key, value in attributes.items() if key.startswith(start)}
    sent.pop("model", None)
    return _plain(sent)


def _plain(parameters: dict[str, Any]) -> dict[str, Any]:
    """A parameter is a text or a number; anything else becomes JSON text."""
    return {
        name: value
        if isinstance(value, str | int | float) and not isinstance(value, bool)
        else as_text(value)
        for name, value in parameters.items()
    }


def _completion_start(attributes: Attributes) -> int | None:
    """Microseconds since 1970, None where no first token is known."""
    time = read_time(attributes.get("langfuse.observation.completion_start_time"))
    return None if time is None or time.year < 1970 else unix_us(time)


def _prompt_version(attributes: Attributes) -> int | None:
    for key in ("langfuse.observation.prompt.version", "langfuse.prompt.version"):
        version = number(attributes.get(key))
        if version is not None and 0 <= version < 2**31:
            return int(version)
    return None


def _is_true(value: Any) -> bool:
    return value is True or value == "true"
