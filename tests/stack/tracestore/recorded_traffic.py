"""Loads the state of the recorded server into a store.

What the recorded answers speak of, and where it comes from:
- wire files, sent as they are: one trace of SDK 4, one of SDK 5, one of each LiteLLM callback;
- six more traces of the SDK's script: the same wire file with the ids and times of the recorded answer;
- the rest (spans of other libraries, more calls of LiteLLM): rows with what the recorded answer tells of them. Their
  models, tokens and costs were not recorded one by one. They are chosen so that the recorded totals by model hold;
- scores: one wire file; those that an answer lists; and as many older ones as the recorded count of verdicts needs.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from .store_program import StoreProgram, empty_tables

RECORDED = Path(__file__).parent / "recorded"
WIRE = ("008-sdk5-evonly", "011-litellm-langfuse", "012-litellm-langfuse_otel", "063-sdk4-evonly2")
_SDK_SCRIPT = "063-sdk4-evonly2"
_NANOSECONDS = 1_000_000_000
# Models of the spans of other libraries, so that the counts by model are those recorded.
_OTHER_MODELS = {
    "genai-events": "gpt-4o",
    "lf-explicit": "unknown-model-x",
    "ai.generateText.doGenerate": "gpt-4o-mini-2024-07-18",
    "genai-embeddings": "text-embedding-3-small",
}


def answer(name: str) -> dict[str, Any]:
    """One recorded call: request, status, content_type, body."""
    content: dict[str, Any] = json.loads((RECORDED / "answers" / f"{name}.json").read_text())
    return content


def load(store: StoreProgram) -> None:
    """Replace the store's rows with those of the recorded server."""
    with psycopg.connect(store.database_url, autocommit=True) as connection:
        empty_tables(connection)
        for name in WIRE:
            _send(store, (RECORDED / "wire" / f"{name}.pb").read_bytes())
        rows = answer("45-observations-v2-limit1000")["body"]["data"]
        _send_sdk_traces(store, connection, rows)
        _insert_others(connection, rows)
        _complete_totals(connection)
        _load_scores(store, connection)


def _send(store: StoreProgram, body: bytes) -> None:
    headers = {"content-type": "application/x-protobuf"}
    response = store.http.post("/api/public/otel/v1/traces", content=body, headers=headers)
    assert response.status_code == 200, response.text


def _stored(connection: psycopg.Connection) -> set[tuple[str, str]]:
    return set(connection.execute("select trace_id, id from observations").fetchall())


def _nanoseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000) * (_NANOSECONDS // 1000)


def _send_sdk_traces(store: StoreProgram, connection: psycopg.Connection, rows: list[dict[str, Any]]) -> None:
    """The SDK's script ran several times: its wire file again, with the recorded ids and times."""
    by_trace = defaultdict(list)
    stored = _stored(connection)
    for row in rows:
        if row["name"].startswith("kit-") and (row["traceId"], row["id"]) not in stored:
            by_trace[row["traceId"]].append(row)
    assert len(by_trace) == 6
    for recorded in by_trace.values():
        by_name = {row["name"]: row for row in recorded}
        message = ExportTraceServiceRequest.FromString((RECORDED / "wire" / f"{_SDK_SCRIPT}.pb").read_bytes())
        for resource in message.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    row = by_name.pop(span.name)
                    span.trace_id, span.span_id = bytes.fromhex(row["traceId"]), bytes.fromhex(row["id"])
                    span.parent_span_id = bytes.fromhex(row["parentObservationId"] or "")
                    span.start_time_unix_nano = _nanoseconds(row["startTime"])
                    span.end_time_unix_nano = _nanoseconds(row["endTime"])
        assert not by_name
        _send(store, message.SerializeToString())


def _insert_others(connection: psycopg.Connection, rows: list[dict[str, Any]]) -> None:
    stored = _stored(connection)
    for row in rows:
        if (row["traceId"], row["id"]) in stored:
            continue
        assert not row["name"].startswith("kit-")
        is_model_call = row["type"] in ("GENERATION", "EMBEDDING")
        connection.execute(
            "insert into observations (trace_id, id, parent_id, start_time, end_time, latency_ms, type, name, level,"
            " status_message, version, environment, user_id, session_id, public, model)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                row["traceId"],
                row["id"],
                row["parentObservationId"],
                row["startTime"],
                row["endTime"],
                round(row["latency"] * 1000),
                row["type"],
                row["name"],
                row["level"],
                row["statusMessage"],
                row["version"],
                row["environment"],
                row["userId"],
                row["sessionId"],
                row["public"],
                _OTHER_MODELS.get(row["name"], "gpt-4o-mini") if is_model_call else "",
            ),
        )


def _complete_totals(connection: psycopg.Connection) -> None:
    """Insert a row for each model with the difference between the recorded totals and the wire files."""
    for total in answer("83-metrics-v2-by-model")["body"]["data"]:
        model = total["providedModelName"]
        if model is None:
            continue
        connection.execute(
            "update observations o set total_cost = total_cost + %(cost)s::numeric - s.cost,"
            " total_usage = total_usage + %(tokens)s - s.tokens"
            " from (select sum(total_cost) as cost, sum(total_usage) as tokens, max(id) filter (where name not like"
            "   'kit-%%') as id from observations where model = %(model)s) as s where o.id = s.id",
            {"cost": str(total["sum_totalCost"]), "tokens": total["sum_totalTokens"], "model": model},
        )


def _load_scores(store: StoreProgram, connection: psycopg.Connection) -> None:
    wire = json.loads((RECORDED / "wire" / "064-sdk4-evonly2.json").read_text())
    assert store.http.post("/api/public/ingestion", json=wire["request"]["body"]).status_code == 207
    stored = {row[0] for row in connection.execute("select id from scores").fetchall()}
    scores = [
        (score["id"], score["name"], score["dataType"], score["value"], score["timestamp"])
        for score in answer("63-scores-v3-list")["body"]["data"]
        if score["id"] not in stored
    ]
    missing = answer("94-metrics-v2-scores-categorical")["body"]["data"][0]["count_count"]
    missing -= 1 + sum(score[1] == "verdict" for score in scores)
    time = "2026-11-23T07:20:00.000Z"  # before all that was listed
    scores += [(f"older-{index}", "verdict", "CATEGORICAL", "good", time) for index in range(missing)]
    for score_id, name, data_type, value, timestamp in scores:
        connection.execute(
            "insert into scores (id, trace_id, name, data_type, value, string_value, timestamp)"
            " values (%s, 'a trace', %s, %s, %s, %s, %s)",
            (
                score_id,
                name,
                data_type,
                None if data_type == "CATEGORICAL" else float(value),
                value if data_type == "CATEGORICAL" else None,
                timestamp,
            ),
        )
