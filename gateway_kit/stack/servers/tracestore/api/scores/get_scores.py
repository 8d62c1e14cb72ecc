"""GET v3/scores: pages of scores, newest first."""

from __future__ import annotations

import math
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api import issues
from gateway_kit.stack.servers.tracestore.api.answers import JSON, number, time_text
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.cursors import ScoreCursor, score_cursor
from gateway_kit.stack.servers.tracestore.api.filter_sql import Binder
from gateway_kit.stack.servers.tracestore.api.listing import read_limit
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters, js_number
from gateway_kit.stack.servers.tracestore.api.scores.score_shapes import DATA_TYPES, SOURCES
from gateway_kit.stack.servers.tracestore.store.reader import reading
from gateway_kit.stack.servers.tracestore.store.tables.scores import SCORE_MS

GROUPS = ("core", "details", "subject", "annotation")
# Parameters with lists of values, and their columns.
_LISTS = {
    "id": "id",
    "name": "name",
    "environment": "environment",
    "configId": "config_id",
    "traceId": "trace_id",
    "sessionId": "session_id",
    "observationId": "observation_id",
    "queueId": "queue_id",
    "authorUserId": "author_user_id",
    "experimentId": "dataset_run_id",
}
_OF_TRACES = ("userId", "traceTags")  # known, and always refused
_OTHERS = (
    *_OF_TRACES,
    "limit", "cursor", "fields", "source", "dataType", "value", "valueMin", "valueMax", "fromTimestamp", "toTimestamp",
)  # fmt: skip
_SELECT = f"select *, metadata::text as metadata_text, {SCORE_MS} as answered_time from scores"


async def list_scores(request: Request) -> Response:
    """A page and, if there is more, the cursor of the next page."""
    authorize(request)
    parameters = Parameters(request.query_params.multi_items())
    limit = read_limit(parameters)
    groups = _groups(parameters)
    binder = Binder()
    conditions = _conditions(parameters, binder)
    cursor = score_cursor(parameters)
    parameters.allow_only([*_LISTS, *_OTHERS])
    parameters.finish()
    if cursor is not None:
        conditions.append(f"({SCORE_MS}, id) < ({binder.bind(cursor.timestamp)}, {binder.bind(cursor.id)})")
    query = _SELECT + (f" where {' and '.join(conditions)}" if conditions else "")
    query += f" order by {SCORE_MS} desc, id desc limit {limit + 1}"
    async with reading(request.app.state.pool) as reader:
        rows = await reader.rows(query, binder.values)
    meta: dict[str, Any] = {"limit": limit}
    if len(rows) > limit:
        rows = rows[:limit]
        meta["cursor"] = ScoreCursor(rows[-1]["answered_time"], rows[-1]["id"]).encoded()
    project_id = request.app.state.config.project_id
    return JSON({"data": [score_to_json(row, groups, project_id) for row in rows], "meta": meta})


def _groups(parameters: Parameters) -> list[str]:
    groups = parameters.listed("fields")
    for index, group in enumerate(groups):
        if group not in GROUPS:
            parameters.issues.append(issues.not_an_option(["fields", index], GROUPS))
    return groups


def _conditions(parameters: Parameters, binder: Binder) -> list[str]:
    conditions, given = [], set()
    for name, column in _LISTS.items():
        values = parameters.listed(name)
        if values:
            given.add(name)
            conditions.append(f"{column} = any({binder.bind(values)})")
    types = _options(parameters, "dataType", DATA_TYPES)
    for column, values in (("source", _options(parameters, "source", SOURCES)), ("data_type", types)):
        if values:
            conditions.append(f"{column} = any({binder.bind(values)})")
    for name in _OF_TRACES:
        if parameters.text(name):
            message = (
                f"{name} filter requires a trace JOIN and is not supported in v3 — use v2 or omit this filter"
            )
            parameters.issues.append(issues.custom([], message))
    conditions += _value_conditions(parameters, binder, types)
    for name, operator in (("fromTimestamp", ">="), ("toTimestamp", "<")):
        time = parameters.date(name)
        if time is not None:
            conditions.append(f"{SCORE_MS} {operator} {binder.bind(time)}")
    _check_subjects(parameters, given)
    return conditions


def _options(parameters: Parameters, name: str, options: tuple[str, ...]) -> list[str]:
    """The values in upper case; they may be sent in any case."""
    values = [value.upper() for value in parameters.listed(name)]
    for value in values:
        if value not in options:
            message = f'Invalid {name} value: "{value}". Allowed: {", ".join(options)}'
            parameters.issues.append(issues.custom([name], message))
    return values


def _value_conditions(parameters: Parameters, binder: Binder, types: list[str]) -> list[str]:
    conditions = _exact_values(parameters, binder, types)
    given = [name for name in ("valueMin", "valueMax") if parameters.text(name)]
    limits = {name: parameters.number(name) for name in given}
    if given and types != ["NUMERIC"]:
        message = "valueMin and valueMax require dataType=NUMERIC as a single value"
        parameters.issues.append(issues.custom([], message))
        return conditions
    operators = {"valueMin": ">=", "valueMax": "<="}
    return conditions + [
        f"value {operators[name]} {binder.bind(limit)}::float8"
        for name, limit in limits.items()
        if limit is not None
    ]


def _exact_values(parameters: Parameters, binder: Binder, types: list[str]) -> list[str]:
    values = parameters.listed("value")
    if not values:
        return []
    allowed = ("NUMERIC", "BOOLEAN", "CATEGORICAL")
    if len(types) != 1 or types[0] not in allowed:
        message = f"value filter requires a single dataType from: {', '.join(allowed)}"
        if len(types) == 1:
            message = (
                f'value filter requires dataType to be NUMERIC, BOOLEAN, or CATEGORICAL (got "{types[0]}")'
            )
        parameters.issues.append(issues.custom([], message))
        return []
    if types == ["CATEGORICAL"]:
        return [f"string_value = any({binder.bind(values)})"]
    if types == ["BOOLEAN"]:
        numbers = [{"true": 1.0, "false": 0.0}.get(value, math.nan) for value in values]
    else:
        numbers = [js_number(value) for value in values]
    wanted = '"true" or "false"' if types == ["BOOLEAN"] else "a finite number"
    for value, as_number in zip(values, numbers, strict=True):
        if not math.isfinite(as_number):
            message = (
                f'value filter with dataType={types[0]} requires each value to be {wanted} (got "{value}")'
            )
            parameters.issues.append(issues.custom([], message))
    if not all(map(math.isfinite, numbers)):
        return []
    return [f"value = any(array[{', '.join(binder.bind(item) for item in numbers)}]::float8[])"]


def _check_subjects(parameters: Parameters, given: set[str]) -> None:
    """Add issues unless at most one kind of subject is named, and an observation only with its trace."""
    messages = []
    if "observationId" in given and "traceId" not in given:
        messages.append("observationId filter requires traceId — observation IDs are scoped to a trace")
    if len(given & {"traceId", "sessionId", "experimentId"}) > 1:
        messages.append("At most one of traceId, sessionId, experimentId may be specified")
    parameters.issues += [issues.custom([], message) for message in messages]


def score_to_json(row: dict[str, Any], groups: list[str], project_id: str) -> dict[str, Any]:
    """A score with these groups of fields; `metadata_text` is its metadata as JSON."""
    score = {
        "id": row["id"],
        "projectId": project_id,
        "name": row["name"],
        "source": row["source"],
        "timestamp": time_text(row["timestamp"]),
        "environment": row["environment"],
        "createdAt": time_text(row["created_at"]),
        "updatedAt": time_text(row["updated_at"]),
        "dataType": row["data_type"],
        "value": _value(row),
    }
    if "details" in groups:
        score["comment"], score["configId"] = row["comment"], row["config_id"]
        score["metadata"] = orjson.loads(row["metadata_text"])
    if "subject" in groups:
        score["subject"] = _subject(row)
    if "annotation" in groups:
        score["authorUserId"], score["queueId"] = row["author_user_id"], row["queue_id"]
    return score


def _value(row: dict[str, Any]) -> Any:
    if row["data_type"] == "NUMERIC":
        return number(row["value"])
    return row["value"] == 1 if row["data_type"] == "BOOLEAN" else row["string_value"]


def _subject(row: dict[str, Any]) -> dict[str, Any] | None:
    if row["dataset_run_id"]:
        return {"kind": "experiment", "id": row["dataset_run_id"]}
    if row["observation_id"]:
        return {"kind": "observation", "id": row["observation_id"], "traceId": row["trace_id"]}
    if row["session_id"]:
        return {"kind": "session", "id": row["session_id"]}
    return {"kind": "trace", "id": row["trace_id"]} if row["trace_id"] else None
