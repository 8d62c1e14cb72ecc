"""The body of a score as clients send it: checked, and its type inferred if it is not given."""

from __future__ import annotations

import math
import uuid
from datetime import datetime
from typing import Any

from gateway_kit.stack.servers.tracestore.api import issues
from gateway_kit.stack.servers.tracestore.ingest.values import (
    MAX_NAME_CHARS,
    environment_name,
    jsonb,
    without_nul,
)
from gateway_kit.stack.servers.tracestore.store.rows import ScoreRow

DATA_TYPES = ("NUMERIC", "BOOLEAN", "CATEGORICAL", "TEXT", "CORRECTION")
SOURCES = ("API", "ANNOTATION", "EVAL")
MAX_TEXT_CHARS = 500  # of a TEXT score, as in Langfuse
MAX_ID_CHARS = 500
_IDS = ("id", "traceId", "sessionId", "observationId", "datasetRunId", "configId")


def read_score(body: Any, timestamp: datetime) -> tuple[ScoreRow | None, list[issues.Issue]]:
    """The score, or what is wrong with it: one issue a field."""
    if not isinstance(body, dict):
        return None, [issues.wrong_type([], "object", body)]
    wrong: list[issues.Issue] = []
    texts: dict[str, str | None] = {}
    for name in (*_IDS, "comment"):
        value = body.get(name)
        if value is not None and not isinstance(value, str):
            wrong.append(issues.wrong_type([name], "string", value))
        texts[name] = without_nul(value) if isinstance(value, str) and value else None
        if name in _IDS and len(texts[name] or "") > MAX_ID_CHARS:
            wrong.append(issues.too_big([name], MAX_ID_CHARS, "string"))
    name = body.get("name", ...)
    if not isinstance(name, str):
        wrong.append(issues.wrong_type(["name"], "string", name))
    data_type, wrong_value = _data_type(body)
    wrong += wrong_value
    if not wrong:
        wrong = _check_subject(texts)
    if wrong or data_type is None:
        return None, wrong
    value = body["value"]
    string_value = without_nul(value) if isinstance(value, str) else None
    if data_type == "BOOLEAN":
        string_value = "True" if value else "False"
    source = body.get("source")
    return ScoreRow(
        id=texts["id"] or str(uuid.uuid4()),
        trace_id=texts["traceId"],
        observation_id=texts["observationId"],
        session_id=texts["sessionId"],
        name="output" if data_type == "CORRECTION" else without_nul(name)[:MAX_NAME_CHARS],
        data_type=data_type,
        value=float(value) if data_type in ("NUMERIC", "BOOLEAN") else None,
        string_value=string_value,
        source=source if source in SOURCES else "API",
        comment=texts["comment"],
        config_id=texts["configId"],
        metadata=_metadata(body.get("metadata")),
        environment=environment_name(body.get("environment")),
        timestamp=timestamp,
    ), []


def _data_type(body: dict[str, Any]) -> tuple[str | None, list[issues.Issue]]:
    """The type of the value, given or inferred: a number is NUMERIC, a text CATEGORICAL."""
    value, sent = body.get("value", ...), body.get("dataType")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and not math.isfinite(value):
        return None, [issues.wrong_type(["value"], "number", ...)]
    if sent is None:
        if is_number:
            return "NUMERIC", []
        return ("CATEGORICAL", []) if isinstance(value, str) else (None, [issues.no_union_member(["value"])])
    if sent not in DATA_TYPES:
        return None, [issues.not_an_option(["dataType"], DATA_TYPES)]
    if sent in ("NUMERIC", "BOOLEAN"):
        if not is_number:
            return None, [issues.wrong_type(["value"], "number", value)]
        if sent == "BOOLEAN" and value not in (0, 1):
            return None, [issues.custom(["value"], "A BOOLEAN score is 1 for true or 0 for false")]
    elif not isinstance(value, str):
        return None, [issues.wrong_type(["value"], "string", value)]
    elif sent == "TEXT" and not 1 <= len(value) <= MAX_TEXT_CHARS:
        return None, [issues.too_big(["value"], MAX_TEXT_CHARS, "string")]
    return sent, []


def _check_subject(texts: dict[str, str | None]) -> list[issues.Issue]:
    if texts["observationId"] and not texts["traceId"]:
        return [issues.custom(["traceId"], "observationId needs the traceId of the same observation")]
    if not (texts["traceId"] or texts["sessionId"] or texts["datasetRunId"]):
        return [issues.custom([], "Provide traceId, sessionId or datasetRunId")]
    return []


def _metadata(sent: Any) -> str:
    """An object as it is; any other value under the name 'metadata'."""
    if sent is None:
        return "{}"
    try:
        return jsonb(sent if isinstance(sent, dict) else {"metadata": sent})
    except TypeError:  # nested too deeply for the encoder
        return "{}"
