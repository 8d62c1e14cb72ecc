"""Which observations a request asks for: parameters and filters as SQL."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from gateway_kit.stack.servers.tracestore.api import issues
from gateway_kit.stack.servers.tracestore.api.errors import invalid_request
from gateway_kit.stack.servers.tracestore.api.filter_sql import Binder, Column, condition
from gateway_kit.stack.servers.tracestore.api.filters import Filter, read_filters
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters
from gateway_kit.stack.servers.tracestore.store.tables.observations import (
    IS_ROOT,
    LEVELS,
    START_MS,
    TRACE_NAME,
    TYPES,
)

MAX_FILTER_CHARS = 65536

COLUMNS = {
    "id": Column("id"),
    "type": Column("type"),
    "name": Column("name"),
    "traceId": Column("trace_id"),
    "parentObservationId": Column("parent_id"),
    "startTime": Column(START_MS, "time"),
    "endTime": Column("end_time", "time"),
    "environment": Column("environment"),
    "level": Column("level"),
    "statusMessage": Column("status_message"),
    "version": Column("version"),
    "release": Column("release"),
    "userId": Column("user_id"),
    "sessionId": Column("session_id"),
    "isRootObservation": Column(IS_ROOT, "boolean"),
    "bookmarked": Column("bookmarked", "boolean"),
    "public": Column("public", "boolean"),
    "traceName": Column(TRACE_NAME),
    "traceTags": Column("tags", "list"),
    "tags": Column("tags", "list"),
    "latency": Column("(latency_ms / 1000.0)", "number"),
    "timeToFirstToken": Column("(ttft_ms / 1000.0)", "number"),
    "tokensPerSecond": Column("(output_usage * 1000.0 / nullif(latency_ms, 0))", "number"),
    "inputTokens": Column("input_usage", "number"),
    "outputTokens": Column("output_usage", "number"),
    "totalTokens": Column("total_usage", "number"),
    "tokens": Column("total_usage", "number"),
    "inputCost": Column("input_cost", "number"),
    "outputCost": Column("output_cost", "number"),
    "totalCost": Column("total_cost", "number"),
    "model": Column("model"),
    "providedModelName": Column("model"),
    "modelId": Column("model_id"),
    "promptName": Column("prompt_name"),
    "promptVersion": Column("prompt_version", "number"),
    "experimentId": Column("experiment_id"),
    "experimentName": Column("experiment_name"),
    "experimentDatasetId": Column("experiment_dataset_id"),
    "isExperimentItemRootSpan": Column("(coalesce(experiment_root_id, '') = id)", "boolean"),
    "input": Column("input", is_searchable=True),
    "output": Column("output", is_searchable=True),
    "metadata": Column("metadata", "object", is_searchable=True),
}


def read_conditions(parameters: Parameters, binder: Binder) -> list[str]:
    """Conditions in SQL. Raises Refusal 400 for wrong parameters and filters.

    A filter on a column replaces the parameter for it, as documented by Langfuse.
    """
    simple = _simple_filters(parameters)
    filters = _filters(parameters)
    parameters.finish()
    _check_searches(filters)
    overridden = {COLUMNS[item.column].sql for item in filters if item.column in COLUMNS}
    chosen = [item for item in simple if COLUMNS[item.column].sql not in overridden]
    return [condition(item, COLUMNS, binder) for item in (*chosen, *filters)]


def _simple_filters(parameters: Parameters) -> list[Filter]:
    filters = []
    for name, options in (("type", TYPES), ("level", LEVELS)):
        value = parameters.option(name, options)
        if value is not None:
            filters.append(Filter("string", name, "=", value, ""))
    for name in ("name", "userId", "sessionId", "traceId", "version"):
        value = parameters.text(name)
        if value:
            filters.append(Filter("string", name, "=", value, ""))
    parent = parameters.text("parentObservationId")
    if parent is not None:  # empty: observations without a parent
        kind, operator = ("string", "=") if parent else ("null", "is null")
        filters.append(Filter(kind, "parentObservationId", operator, parent, ""))
    is_root = parameters.boolean("isRootObservation")
    if is_root is not None:
        filters.append(Filter("boolean", "isRootObservation", "=", is_root, ""))
    environments = [value for value in parameters.texts("environment") if value]
    if environments:
        filters.append(Filter("stringOptions", "environment", "any of", environments, ""))
    for name, operator in (("fromStartTime", ">="), ("toStartTime", "<")):
        time = parameters.date_and_time(name)
        if time is not None:
            filters.append(Filter("datetime", "startTime", operator, time, ""))
    return filters


def _filters(parameters: Parameters) -> list[Filter]:
    text = parameters.text("filter")
    if not text:
        return []
    if len(text) > MAX_FILTER_CHARS:
        parameters.issues.append(issues.too_big(["filter"], MAX_FILTER_CHARS, "string"))
        return []
    try:
        value = orjson.loads(text)
    except ValueError:
        raise invalid_request("Invalid JSON in filter parameter") from None
    return read_filters(value, ["filter"], parameters.issues)


def _check_searches(filters: Sequence[Filter]) -> None:
    """Raise Refusal 400 if filters on input or output lack an exact one, as documented by Langfuse."""
    searches = [item for item in filters if item.column in ("input", "output") and item.type == "string"]
    if searches and not any(item.operator in ("=", "matches") for item in searches):
        raise invalid_request(
            "A filter on input or output needs at least one with the operator '=' or 'matches' on input or output"
        )
