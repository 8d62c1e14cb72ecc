"""Scores as clients send them become rows."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway_kit.stack.servers.tracestore.api import checks, issues
from gateway_kit.stack.servers.tracestore.api.scores.score_shapes import BODY, EVENT
from gateway_kit.stack.servers.tracestore.ingest.values import (
    MAX_NAME_CHARS,
    as_text,
    environment_name,
    jsonb,
    without_nul,
)
from gateway_kit.stack.servers.tracestore.store.rows import ScoreRow

CORRECTION_NAME = "output"
_MAX_ID_CHARS = 500  # of indexed columns, which Langfuse's database does not limit
_IDS = ("traceId", "sessionId", "observationId", "datasetRunId", "configId", "queueId")


def read_body(sent: Any) -> tuple[dict[str, Any] | None, checks.Issues]:
    """A score of POST scores as fields, with an id; or what is wrong with it."""
    score, wrong = _read(BODY, sent)
    if score is not None:
        score["id"] = score.get("id") or str(uuid.uuid4())
    return score, wrong


def read_event(sent: Any) -> tuple[dict[str, Any] | None, checks.Issues]:
    """The score of an event as fields, with an id; or what is wrong with it."""
    score, wrong = _read(EVENT, sent)
    if score is not None:
        score["id"] = score.get("id") or str(uuid.uuid4())
    return score, wrong


def _read(shape: Any, sent: Any) -> tuple[dict[str, Any] | None, checks.Issues]:
    wrong: checks.Issues = []
    score = shape(sent, [], wrong)
    if not wrong:
        wrong += (
            issues.too_big([name], _MAX_ID_CHARS, "string")
            for name in _IDS
            if len(score.get(name) or "") > _MAX_ID_CHARS
        )
    return (None if wrong else score), wrong


def row_of_score(score: Mapping[str, Any], timestamp: datetime) -> ScoreRow:
    """The row of a score that was read; `name` and `dataType` are those of its config, if it has one."""
    texts = {
        name: without_nul(text) if (text := score.get(name)) else None for name in ("id", "comment", *_IDS)
    }
    value = score["value"]
    data_type = _data_type(score)
    is_number = not isinstance(value, str)
    text = None if is_number else without_nul(value)
    if data_type == "BOOLEAN":
        text = "True" if value == 1 else "False"
    return ScoreRow(
        id=texts["id"] or "",
        trace_id=texts["traceId"],
        observation_id=texts["observationId"],
        session_id=texts["sessionId"],
        dataset_run_id=texts["datasetRunId"],
        name=CORRECTION_NAME if data_type == "CORRECTION" else without_nul(score["name"])[:MAX_NAME_CHARS],
        data_type=data_type,
        value=float(value) if is_number else None,
        string_value=text,
        source=score["source"],
        comment=texts["comment"],
        config_id=texts["configId"],
        queue_id=texts["queueId"],
        metadata=_metadata(score.get("metadata")),
        environment=environment_name(score.get("environment")),
        timestamp=timestamp,
    )


def _data_type(score: Mapping[str, Any]) -> str:
    """The type of the value, given or inferred: a number is NUMERIC, a text CATEGORICAL."""
    given: str | None = score.get("dataType")
    if isinstance(score["value"], str):
        return given if given in ("TEXT", "CORRECTION") else "CATEGORICAL"
    return "BOOLEAN" if given == "BOOLEAN" else "NUMERIC"


def _metadata(sent: Any) -> str:
    """An object as it is; any other value as text under the name 'metadata'."""
    if sent is None:
        return "{}"
    try:
        if not isinstance(sent, dict):
            sent = {"metadata": as_text(sent)}
        return jsonb(sent)
    except TypeError:  # nested too deeply for the encoder
        return "{}"
