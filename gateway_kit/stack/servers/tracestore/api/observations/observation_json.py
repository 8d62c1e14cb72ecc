"""Observations as JSON: groups of fields, each with the columns it reads and the JSON it makes of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import orjson

from gateway_kit.stack.servers.tracestore.api.answers import number, price_text, time_text
from gateway_kit.stack.servers.tracestore.store.tables.observations import IS_ROOT, TRACE_NAME

GROUPS = ("core", "basic", "time", "io", "metadata", "model", "usage", "prompt", "metrics", "trace_context")
DEFAULT_GROUPS = ("core", "basic")
METADATA_CHARS = 200  # of a value, unless its key is in expandMetadata

Row = Mapping[str, Any]
_Make = Callable[[Row], Any]


def _seconds(milliseconds: int | None) -> int | float | None:
    return None if milliseconds is None else number(milliseconds / 1000)


def _name(column: str) -> _Make:
    return lambda row: row[column]


def _time(column: str) -> _Make:
    return lambda row: time_text(row[column])


def _number(column: str) -> _Make:
    return lambda row: number(row[column])


def _json(column: str) -> _Make:
    return lambda row: orjson.loads(row[column])


_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "core": ("id", "trace_id", "parent_id", "start_time", "end_time", "type", "latency_ms"),
    "basic": (
        *("name", "level", "status_message", "version", "environment", "user_id", "session_id"),
        *("bookmarked", "public", f"{IS_ROOT} as is_root"),
    ),
    "time": ("completion_start_time", "created_at", "updated_at", "ttft_ms"),
    "io": ("input", "output"),
    "metadata": ("metadata::text as metadata",),
    "model": (
        "model",
        "model_id",
        "model_parameters::text as model_parameters",
        "input_price",
        "output_price",
        "total_price",
    ),
    "usage": (
        *("usage_details::text as usage_details", "input_usage", "output_usage", "total_usage"),
        *("cost_details::text as cost_details", "input_cost", "output_cost", "total_cost", "model_id"),
        *("pricing_tier_id", "pricing_tier_name"),
    ),
    "prompt": ("prompt_id", "prompt_name", "prompt_version"),
    "metrics": ("ttft_ms",),
    "trace_context": (f"{TRACE_NAME} as trace_name", "release", "tags"),
}

# The fields in the order of the answer; a group's fields need not be together.
_FIELDS: tuple[tuple[str, str, _Make], ...] = (
    ("core", "id", _name("id")),
    ("core", "traceId", _name("trace_id")),
    ("core", "startTime", _time("start_time")),
    ("core", "endTime", _time("end_time")),
    ("core", "projectId", _name("project_id")),
    ("core", "parentObservationId", _name("parent_id")),
    ("core", "type", _name("type")),
    ("basic", "name", _name("name")),
    ("basic", "level", _name("level")),
    ("basic", "statusMessage", _name("status_message")),
    ("basic", "version", _name("version")),
    ("basic", "environment", _name("environment")),
    ("time", "completionStartTime", _time("completion_start_time")),
    ("time", "createdAt", _time("created_at")),
    ("time", "updatedAt", _time("updated_at")),
    ("io", "input", _name("input")),
    ("io", "output", _name("output")),
    ("metadata", "metadata", _name("metadata")),
    ("model", "model", _name("model")),
    ("model", "internalModelId", _name("model_id")),
    ("model", "modelParameters", _json("model_parameters")),
    ("usage", "usageDetails", _json("usage_details")),
    ("usage", "inputUsage", _number("input_usage")),
    ("usage", "outputUsage", _number("output_usage")),
    ("usage", "totalUsage", _number("total_usage")),
    ("usage", "costDetails", _json("cost_details")),
    ("usage", "inputCost", _number("input_cost")),
    ("usage", "outputCost", _number("output_cost")),
    ("usage", "totalCost", _number("total_cost")),
    ("prompt", "promptId", _name("prompt_id")),
    ("prompt", "promptName", _name("prompt_name")),
    ("prompt", "promptVersion", _name("prompt_version")),
    (
        "usage",
        "usagePricingTierId",
        lambda row: (
            row["pricing_tier_id"] or (f"{row['model_id']}_tier_default" if row["model_id"] else None)
        ),
    ),
    (
        "usage",
        "usagePricingTierName",
        lambda row: row["pricing_tier_name"] or ("Standard" if row["model_id"] else None),
    ),
    ("", "latency", lambda row: _seconds(row["latency_ms"])),
    ("", "timeToFirstToken", lambda row: _seconds(row.get("ttft_ms"))),
    ("basic", "userId", _name("user_id")),
    ("basic", "sessionId", _name("session_id")),
    ("basic", "isRootObservation", _name("is_root")),
    ("trace_context", "traceName", _name("trace_name")),
    ("trace_context", "release", _name("release")),
    ("trace_context", "tags", _name("tags")),
    ("basic", "bookmarked", _name("bookmarked")),
    ("basic", "public", _name("public")),
    # The price belongs to the group model; without the group Langfuse answers null.
    ("", "modelId", lambda row: row.get("model_id") or None),
    ("", "inputPrice", lambda row: price_text(row.get("input_price"))),
    ("", "outputPrice", lambda row: price_text(row.get("output_price"))),
    ("", "totalPrice", lambda row: price_text(row.get("total_price"))),
)


def select_list(groups: Collection[str]) -> str:
    """The columns that these groups need, without repetition."""
    columns: dict[str, None] = {}
    for group in GROUPS:
        if group in groups or group == "core":
            columns |= dict.fromkeys(_COLUMNS[group])
    return ", ".join(columns)


def observation_to_json(
    row: dict[str, Any], groups: Collection[str], project_id: str, expanded: Collection[str]
) -> dict[str, Any]:
    """The observation as JSON."""
    row["project_id"] = project_id
    if "metadata" in groups:
        row["metadata"] = shortened(orjson.loads(row["metadata"]), expanded)
    fields = {
        name: make(row) for group, name, make in _FIELDS if not group or group == "core" or group in groups
    }
    if "model" not in groups:
        fields["modelId"] = None  # the group usage reads it too
    if "metrics" in groups:
        # With this group Langfuse answers values computed by its database, where zero and null are the same.
        fields["latency"] = fields["latency"] or None
        fields["timeToFirstToken"] = fields["timeToFirstToken"] or None
    return fields


def shortened(metadata: dict[str, Any], expanded: Collection[str]) -> dict[str, Any]:
    """Metadata with long values cut, except those of the keys `expanded`."""
    return {key: value if key in expanded else _shortened(value) for key, value in metadata.items()}


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return value[:METADATA_CHARS]
    if isinstance(value, dict | list):
        text = orjson.dumps(value).decode()
        return text[:METADATA_CHARS] if len(text) > METADATA_CHARS else value
    return value
