"""POST endpoints: traces in OTLP, batches of events, scores."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway_kit.stack.servers.tracestore.api.answers import JSON
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.bodies import read_body, read_json
from gateway_kit.stack.servers.tracestore.api.errors import Refusal, invalid_data
from gateway_kit.stack.servers.tracestore.api.score_body import Score, kind_of, read_score, read_timestamp
from gateway_kit.stack.servers.tracestore.ingest.otlp_json import decode_json
from gateway_kit.stack.servers.tracestore.ingest.otlp_protobuf import decode_protobuf
from gateway_kit.stack.servers.tracestore.ingest.span_to_row import observations
from gateway_kit.stack.servers.tracestore.store.rows import Observation
from gateway_kit.stack.servers.tracestore.store.score_writer import write_scores
from gateway_kit.stack.servers.tracestore.store.writer import NOT_STORABLE

NEWEST_INGESTION_VERSION = 4
_SPANS_AT_ONCE = 50  # between two chances for other requests
_SCORE_EVENT, _LOG_EVENT = "score-create", "sdk-log"


def ingest_routes() -> list[Route]:
    """The routes of this file."""
    return [
        Route("/api/public/otel/v1/traces", post_traces, methods=["POST"]),
        Route("/api/public/ingestion", post_ingestion, methods=["POST"]),
        Route("/api/public/scores", post_score, methods=["POST"]),
    ]


async def post_traces(request: Request) -> Response:
    """200 `{}` once all spans of the batch are committed; a refused batch leaves nothing behind."""
    authorize(request)
    body = await read_body(request, error_key="error")
    content_type = request.headers.get("content-type", "").lower()
    if "application/x-protobuf" in content_type:
        spans = decode_protobuf(body)
    elif "application/json" in content_type:
        spans = decode_json(body)
    else:
        raise Refusal(400, {"error": "Invalid content type"})
    del body
    state = request.app.state
    rows: list[Observation] = []
    async with state.decoding:  # one after the other: the processor is the limit, and memory stays small
        for row in observations(spans, state.prices, time.time_ns()):
            rows.append(row)
            if len(rows) % _SPANS_AT_ONCE == 0:
                await asyncio.sleep(0)
    if rows:
        _check_ingestion_version(request)
        try:
            await state.writer.write(rows)
        except NOT_STORABLE as exc:
            raise Refusal(400, {"error": f"The batch cannot be stored: {str(exc).splitlines()[0]}"}) from exc
    return JSON({})


def _check_ingestion_version(request: Request) -> None:
    sent = request.headers.get("x-langfuse-ingestion-version")
    if not sent:
        return
    digits = sent.strip()
    if not digits.isdecimal() or len(digits) > 9 or int(digits) > NEWEST_INGESTION_VERSION:
        raise Refusal(
            400,
            {
                "error": f'Unsupported x-langfuse-ingestion-version: "{sent}". '
                f'Maximum supported: "{NEWEST_INGESTION_VERSION}".'
            },
        )


async def post_score(request: Request) -> Response:
    """200 `{"id"}` once the score is committed. The same id again is an update."""
    authorize(request)
    score, issues = read_score(await read_json(request), datetime.now(UTC))
    if score is None:
        raise invalid_data(issues)
    await write_scores(request.app.state.pool, [score])
    return JSON({"id": score.id})


async def post_ingestion(request: Request) -> Response:
    """207 with one entry an event: scores are stored, logs of an SDK are read and dropped, all else is refused."""
    try:
        authorize(request)
    except Refusal as exc:
        if exc.status == 401 and isinstance(exc.body, dict):
            raise Refusal(401, {"error": "UnauthorizedError", **exc.body}) from exc
        raise
    body = await read_json(request)
    if not isinstance(body, dict):
        raise _no_batch(f"Invalid input: expected object, received {kind_of(body)}")
    batch = body.get("batch")
    if not isinstance(batch, list):
        received = kind_of(batch) if "batch" in body else "undefined"
        raise _no_batch(f"Invalid input: expected array, received {received}")
    successes: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    scores: list[Score] = []
    for event in batch:
        problem = _read_event(event, scores)
        event_id = event.get("id") if isinstance(event, dict) else None
        event_id = event_id if isinstance(event_id, str) else "unknown"
        if problem is None:
            successes.append({"id": event_id, "status": 201})
        else:
            errors.append({"id": event_id, "status": 400, **problem})
    if scores:
        await write_scores(request.app.state.pool, scores)
    return JSON({"successes": successes, "errors": errors}, 207)


def _no_batch(message: str) -> Refusal:
    return Refusal(400, {"message": "Invalid request data", "errors": [message]})


def _read_event(event: Any, scores: list[Score]) -> dict[str, Any] | None:
    """None where the event is taken, its score then among `scores`; else message and error of its entry."""
    if not isinstance(event, dict):
        return _invalid([_expected("object", event, [])])
    kind = event.get("type")
    if isinstance(kind, str) and kind.endswith(("-create", "-update")) and kind != _SCORE_EVENT:
        return {"message": "Event type not accepted", "error": _not_accepted(kind)}
    if kind not in (_SCORE_EVENT, _LOG_EVENT):
        return _invalid([{"code": "invalid_union", "path": ["type"], "message": "Invalid input"}])
    if not isinstance(event.get("id"), str):
        return _invalid([_expected("string", event.get("id", ...), ["id"])])
    timestamp = read_timestamp(event.get("timestamp"))
    if timestamp is None:
        return _invalid([_expected("string", event.get("timestamp", ...), ["timestamp"])])
    if kind == _LOG_EVENT:
        return None
    score, issues = read_score(event.get("body", ...), timestamp)
    if score is None:
        return _invalid([{**issue, "path": ["body", *issue["path"]]} for issue in issues])
    scores.append(score)
    return None


def _invalid(issues: list[dict[str, Any]]) -> dict[str, Any]:
    error = orjson.dumps(issues, option=orjson.OPT_INDENT_2).decode()
    return {"message": "Invalid request data", "error": error}


def _expected(expected: str, received: Any, path: list[str]) -> dict[str, Any]:
    if isinstance(received, str) and expected == "string":
        return {
            "code": "invalid_format",
            "format": "datetime",
            "path": path,
            "message": "Invalid ISO datetime",
        }
    message = f"Invalid input: expected {expected}, received {kind_of(received)}"
    return {"expected": expected, "code": "invalid_type", "path": path, "message": message}


def _not_accepted(kind: str) -> str:
    return (
        f'Event type "{kind}" is not accepted by /api/public/ingestion when LANGFUSE_MIGRATION_V4_WRITE_MODE is '
        "events_only. This endpoint only accepts score and log events. Upgrade the client or integration to a "
        "v4-compatible SDK or OTLP ingestion path. As a temporary migration bridge, set "
        "LANGFUSE_MIGRATION_V4_WRITE_MODE=dual on both the web and worker services and redeploy. "
        "Docs: https://langfuse.com/self-hosting/upgrade/upgrade-guides/upgrade-v3-to-v4"
    )
