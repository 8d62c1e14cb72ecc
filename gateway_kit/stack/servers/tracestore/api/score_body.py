"""Scores as they are sent: checked, with their type inferred where it is not given."""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway_kit.stack.servers.tracestore.ingest.environment import environment_name
from gateway_kit.stack.servers.tracestore.ingest.span import without_nul
from gateway_kit.stack.servers.tracestore.ingest.span_to_row import MAX_NAME_CHARS
from gateway_kit.stack.servers.tracestore.ingest.values import jsonb, read_time

DATA_TYPES = ("NUMERIC", "BOOLEAN", "CATEGORICAL", "TEXT", "CORRECTION")
SOURCES = ("API", "ANNOTATION", "EVAL")
MAX_TEXT_CHARS = 500  # of a TEXT score, as Langfuse has it
MAX_SCORE_ID_CHARS = 500
Issue = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Score:
    """One row of the table `scores`; `metadata` is JSON text."""

    id: str
    trace_id: str | None
    observation_id: str | None
    session_id: str | None
    name: str
    data_type: str
    value: float | None
    string_value: str | None
    source: str
    comment: str | None
    config_id: str | None
    metadata: str
    environment: str
    timestamp: datetime


def kind_of(value: Any) -> str:
    """The name that JavaScript has for a JSON value's type; `...` stands for a value that is not there."""
    if value is ...:
        return "undefined"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def read_timestamp(value: Any) -> datetime | None:
    """The time of an event, None where it is none."""
    return read_time(value) if isinstance(value, str) and "T" in value else None


def read_score(body: Any, timestamp: datetime) -> tuple[Score | None, list[Issue]]:
    """The score, or what is wrong with it: one issue a field, in the shape of zod's."""
    if not isinstance(body, dict):
        return None, [_type_issue("object", body)]
    issues: list[Issue] = []
    texts: dict[str, str | None] = {}
    for name in (
        "id",
        "traceId",
        "sessionId",
        "observationId",
        "datasetRunId",
        "comment",
        "configId",
    ):
        value = body.get(name)
        if value is not None and not isinstance(value, str):
            issues.append(_type_issue("string", value, name))
        texts[name] = without_nul(value) if isinstance(value, str) and value else None
        if name not in ("comment",) and len(texts[name] or "") > MAX_SCORE_ID_CHARS:
            issues.append(_too_long(name, MAX_SCORE_ID_CHARS))
    name = body.get("name", ...)
    if not isinstance(name, str):
        issues.append(_type_issue("string", name, "name"))
    data_type, value_issues = _data_type(body)
    issues += value_issues
    if not issues:
        issues = _subject_issues(texts)
    if issues or data_type is None or not isinstance(name, str):
        return None, issues
    value = body["value"]
    is_number = data_type in ("NUMERIC", "BOOLEAN")
    string_value = without_nul(value) if isinstance(value, str) else None
    if data_type == "BOOLEAN":
        string_value = "True" if value else "False"
    metadata, source = body.get("metadata"), body.get("source")
    return Score(
        id=texts["id"] or str(uuid.uuid4()),
        trace_id=texts["traceId"],
        observation_id=texts["observationId"],
        session_id=texts["sessionId"],
        name="output" if data_type == "CORRECTION" else without_nul(name)[:MAX_NAME_CHARS],
        data_type=data_type,
        value=float(value) if is_number else None,
        string_value=string_value,
        source=source if source in SOURCES else "API",
        comment=texts["comment"],
        config_id=texts["configId"],
        metadata=_metadata(metadata),
        environment=environment_name(body.get("environment")),
        timestamp=timestamp,
    ), []


def _data_type(body: dict[str, Any]) -> tuple[str | None, list[Issue]]:
    """The type of the value, given or inferred: a number is NUMERIC, a text CATEGORICAL."""
    value, sent = body.get("value", ...), body.get("dataType")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and not math.isfinite(value):
        return None, [_type_issue("number", ..., "value")]
    if sent is None:
        if is_number:
            return "NUMERIC", []
        return ("CATEGORICAL", []) if isinstance(value, str) else (None, [_union_issue("value")])
    if sent not in DATA_TYPES:
        expected = "|".join(f'"{name}"' for name in DATA_TYPES)
        message = f"Invalid option: expected one of {expected}"
        return None, [
            {"code": "invalid_value", "values": list(DATA_TYPES), "path": ["dataType"], "message": message}
        ]
    if sent in ("NUMERIC", "BOOLEAN"):
        if not is_number:
            return None, [_type_issue("number", value, "value")]
        if sent == "BOOLEAN" and value not in (0, 1):
            message = "A BOOLEAN score is 1 for true or 0 for false"
            return None, [{"code": "custom", "path": ["value"], "message": message}]
    elif not isinstance(value, str):
        return None, [_type_issue("string", value, "value")]
    elif sent == "TEXT" and not 1 <= len(value) <= MAX_TEXT_CHARS:
        return None, [_too_long("value", MAX_TEXT_CHARS)]
    return sent, []


def _subject_issues(texts: dict[str, str | None]) -> list[Issue]:
    if texts["observationId"] and not texts["traceId"]:
        message = "observationId needs the traceId of the same observation"
        return [{"code": "custom", "path": ["traceId"], "message": message}]
    if not (texts["traceId"] or texts["sessionId"] or texts["datasetRunId"]):
        return [{"code": "custom", "path": [], "message": "Provide traceId, sessionId or datasetRunId"}]
    return []


def _metadata(metadata: Any) -> str:
    """An object as it is; anything else under the name 'metadata'."""
    if metadata is None:
        return "{}"
    try:
        return jsonb(metadata if isinstance(metadata, dict) else {"metadata": metadata})
    except TypeError:  # nested too deeply for the encoder
        return "{}"


def _type_issue(expected: str, received: Any, *path: str) -> Issue:
    message = f"Invalid input: expected {expected}, received {kind_of(received)}"
    return {"expected": expected, "code": "invalid_type", "path": list(path), "message": message}


def _union_issue(*path: str) -> Issue:
    return {"code": "invalid_union", "path": list(path), "message": "Invalid input"}


def _too_long(name: str, maximum: int) -> Issue:
    message = f"Too big: expected string to have <={maximum} characters"
    return {
        "origin": "string",
        "code": "too_big",
        "maximum": maximum,
        "inclusive": True,
        "path": [name],
        "message": message,
    }
