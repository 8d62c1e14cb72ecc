"""From a span to a row. Attributes are tried for each field in the order of Langfuse 4."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from gateway_kit.stack.servers.tracestore.ingest.cost import Cost, cost_of
from gateway_kit.stack.servers.tracestore.ingest.experiment import experiment_of
from gateway_kit.stack.servers.tracestore.ingest.frameworks import gen_ai, genkit, vercel_ai
from gateway_kit.stack.servers.tracestore.ingest.input_output import input_and_output
from gateway_kit.stack.servers.tracestore.ingest.metadata import metadata_of, other_attributes, sent_metadata
from gateway_kit.stack.servers.tracestore.ingest.model_call import (
    first_token_us,
    model_of,
    model_parameters,
    prompt_link,
)
from gateway_kit.stack.servers.tracestore.ingest.own_prices import Prices, TierPrice
from gateway_kit.stack.servers.tracestore.ingest.prices import Price, PriceTable
from gateway_kit.stack.servers.tracestore.ingest.scope_facts import ScopeFacts
from gateway_kit.stack.servers.tracestore.ingest.span import Attributes, Scope, Span
from gateway_kit.stack.servers.tracestore.ingest.tools import find_tools, with_tools
from gateway_kit.stack.servers.tracestore.ingest.type_and_level import observation_level, observation_type
from gateway_kit.stack.servers.tracestore.ingest.usage import tokens_of, usage_details
from gateway_kit.stack.servers.tracestore.ingest.values import (
    DEFAULT_ENVIRONMENT,
    MAX_NAME_CHARS,
    as_text,
    environment_name,
    first_text,
    jsonb,
    parsed,
    raw_text,
    time_text,
    without_nul,
)
from gateway_kit.stack.servers.tracestore.store.rows import ObservationRow

MAX_TAGS = 100

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


def rows_of_spans(
    spans: Iterable[Span], prices: Prices | PriceTable, now_ns: int
) -> Iterator[ObservationRow]:
    """One row per span. `now_ns` replaces times that were not sent."""
    scope: Scope | None = None
    shared = ScopeFacts(Scope())
    for span in spans:
        if span.scope is not scope:
            scope, shared = span.scope, ScopeFacts(span.scope)
        yield row_of_span(span, shared, prices, now_ns)


def row_of_span(span: Span, shared: ScopeFacts, prices: Prices | PriceTable, now_ns: int) -> ObservationRow:
    """One span's row."""
    attributes, resource = span.attributes, span.scope.resource
    framework = shared.framework
    start_ns = span.start_ns or span.end_ns or now_ns
    end_ns = span.end_ns or start_ns
    first_us = first_token_us(attributes, start_ns)
    ttft_ms = None if first_us is None else first_us // 1000 - start_ns // 1_000_000
    kind = observation_type(attributes, span.name, framework, old_sdk=shared.is_old_sdk)
    # The tokens of an agent's calls are counted at the calls.
    is_sum = gen_ai.is_sum_of_calls(attributes)
    model = "" if is_sum else model_of(attributes)
    found = prices.find(model) if model else None
    usage = {} if is_sum else usage_details(attributes, framework)
    input_text, output_text = input_and_output(attributes, span.events, framework)
    metadata = sent_metadata(attributes)
    parameters = model_parameters(attributes, framework)
    price = found.for_call(usage, parameters, metadata) if found else None
    cost = Cost() if is_sum else cost_of(attributes, usage, price)
    others = {} if shared.is_sdk else other_attributes(attributes)
    tools = find_tools(metadata, others)
    if tools is not None and (joined := with_tools(input_text, tools.listed)) is not None:
        input_text, metadata, others = joined, tools.metadata, tools.others
    message = attributes.get("langfuse.observation.status_message")
    input_cost, output_cost = cost.part_usd("input"), cost.part_usd("output")
    prompt_name, prompt_version = prompt_link(attributes) if kind == "GENERATION" else ("", None)
    experiment = experiment_of(
        attributes, span.span_id, lambda: metadata_of(metadata, others, shared.metadata, raw_text)
    )
    return ObservationRow(
        trace_id=span.trace_id,
        id=span.span_id,
        parent_id=span.parent_id,
        start_time=time_text(start_ns),
        end_time=time_text(end_ns),
        completion_start_time=None if first_us is None else time_text(first_us * 1000),
        # Computed from the times as they are answered, in milliseconds.
        latency_ms=end_ns // 1_000_000 - start_ns // 1_000_000,
        ttft_ms=ttft_ms,
        type=kind,
        name=_name(span.name, attributes)[:MAX_NAME_CHARS],
        level=observation_level(span, framework),
        status_message=as_text(message) if message is not None else span.status_message,
        version=first_text(attributes, ("langfuse.version",)) or first_text(resource, ("service.version",)),
        release=first_text(attributes, ("langfuse.release",)) or first_text(resource, ("langfuse.release",)),
        environment=_environment(attributes, resource),
        user_id=first_text(attributes, _USER_KEYS),
        session_id=first_text(attributes, _SESSION_KEYS),
        trace_name=first_text(attributes, ("langfuse.trace.name",)) or None,
        tags=_array_literal(_tags(attributes)),
        is_app_root=_is_true(attributes.get("langfuse.internal.is_app_root")),
        public=_is_true(attributes.get("langfuse.trace.public", attributes.get("langfuse.public"))),
        input=input_text or None,
        output=output_text or None,
        metadata=jsonb(metadata_of(metadata, others, shared.metadata)),
        model=model,
        model_id=price.id if price else "",
        model_parameters=jsonb(parameters) if parameters else "{}",
        usage_details=jsonb(usage) if usage else "{}",
        cost_details=jsonb(cost.details) if cost.details else "{}",
        input_usage=tokens_of(usage, "input"),
        output_usage=tokens_of(usage, "output"),
        total_usage=usage.get("total", 0),
        input_cost=input_cost,
        output_cost=output_cost,
        total_cost=cost.total_usd,
        input_price=_price_text(price, "input"),
        output_price=_price_text(price, "output"),
        total_price=_price_text(price, "total"),
        pricing_tier_id=price.tier.id if isinstance(price, TierPrice) else None,
        pricing_tier_name=price.tier.name if isinstance(price, TierPrice) else None,
        prompt_name=prompt_name,
        prompt_version=prompt_version,
        experiment_id=experiment.id,
        experiment_name=experiment.name,
        experiment_dataset_id=experiment.dataset_id,
        experiment_item_id=experiment.item_id,
        experiment_root_id=experiment.root_id,
        experiment=experiment.details,
    )


def _price_text(price: Price | TierPrice | None, kind: str) -> str | None:
    usd = price.flat(kind) if price else None
    return None if usd is None else str(usd)


def _name(span_name: str, attributes: Attributes) -> str:
    return (
        first_text(attributes, ("gen_ai.tool.name", genkit.NAME, "logfire.msg"))
        or vercel_ai.name_of(attributes)
        or span_name
    )


def _environment(attributes: Attributes, resource: Attributes) -> str:
    for key in _ENVIRONMENT_KEYS:
        if value := attributes.get(key) or resource.get(key):
            return environment_name(value)
    return DEFAULT_ENVIRONMENT


def _tags(attributes: Attributes) -> tuple[str, ...]:
    value: Any = next((sent for key in _TAG_KEYS if (sent := attributes.get(key))), None)
    if isinstance(value, str):
        listed = parsed(value) if value.lstrip().startswith("[") else None
        value = listed if isinstance(listed, list) else value.split(",")
    if not isinstance(value, list):
        return ()
    tags = (without_nul(as_text(tag)).strip()[:MAX_NAME_CHARS] for tag in value[:MAX_TAGS])
    return tuple(dict.fromkeys(tag for tag in tags if tag))


@lru_cache(maxsize=1000)
def _array_literal(texts: tuple[str, ...]) -> str:
    """The texts in PostgreSQL's array syntax."""
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return "{" + ",".join(f'"{text}"' for text in quoted) + "}"


def _is_true(value: Any) -> bool:
    return value is True or value == "true"
