"""POST scores, and POST ingestion: batches of events, of which Langfuse 4 still accepts scores and logs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api import issues
from gateway_kit.stack.servers.tracestore.api.answers import JSON
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.bodies import read_json
from gateway_kit.stack.servers.tracestore.api.errors import Refusal, invalid_data
from gateway_kit.stack.servers.tracestore.api.scores.score_body import read_score
from gateway_kit.stack.servers.tracestore.ingest.values import read_time
from gateway_kit.stack.servers.tracestore.store.rows import ScoreRow
from gateway_kit.stack.servers.tracestore.store.writer import write_scores

_SCORE_EVENT, _LOG_EVENT = "score-create", "sdk-log"
_NOT_ACCEPTED = (
    'Event type "{}" is not accepted by /api/public/ingestion when LANGFUSE_MIGRATION_V4_WRITE_MODE is '
    "events_only. This endpoint only accepts score and log events. Upgrade the client or integration to a "
    "v4-compatible SDK or OTLP ingestion path. As a temporary migration bridge, set "
    "LANGFUSE_MIGRATION_V4_WRITE_MODE=dual on both the web and worker services and redeploy. "
    "Docs: https://langfuse.com/self-hosting/upgrade/upgrade-guides/upgrade-v3-to-v4"
)


async def post_score(request: Request) -> Response:
    """200 `{"id"}` once the score is committed. The same id again is an update."""
    authorize(request)
    score, wrong = read_score(await read_json(request), datetime.now(UTC))
    if score is None:
        raise invalid_data(wrong)
    await write_scores(request.app.state.pool, [score])
    return JSON({"id": score.id})


async def post_events(request: Request) -> Response:
    """207 with one entry an event: scores are stored, logs of an SDK are dropped, all others are refused."""
    try:
        authorize(request)
    except Refusal as exc:
        if exc.status == 401 and isinstance(exc.body, dict):
            raise Refusal(401, {"error": "UnauthorizedError", **exc.body}) from exc
        raise
    body = await read_json(request)
    if not isinstance(body, dict):
        raise _no_batch("object", body)
    batch = body.get("batch", ...)
    if not isinstance(batch, list):
        raise _no_batch("array", batch)
    successes: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    scores: list[ScoreRow] = []
    for event in batch:
        error = _read_event(event, scores)
        event_id = event.get("id") if isinstance(event, dict) else None
        event_id = event_id if isinstance(event_id, str) else "unknown"
        if error is None:
            successes.append({"id": event_id, "status": 201})
        else:
            errors.append({"id": event_id, "status": 400, **error})
    if scores:
        await write_scores(request.app.state.pool, scores)
    return JSON({"successes": successes, "errors": errors}, 207)


def _no_batch(expected: str, received: Any) -> Refusal:
    message = issues.wrong_type([], expected, received)["message"]
    return Refusal(400, {"message": "Invalid request data", "errors": [message]})


def _read_event(event: Any, scores: list[ScoreRow]) -> dict[str, Any] | None:
    """Add the event's score to `scores` and return None; message and error of its entry if it is refused."""
    if not isinstance(event, dict):
        return _invalid(issues.wrong_type([], "object", event))
    kind = event.get("type")
    if isinstance(kind, str) and kind.endswith(("-create", "-update")) and kind != _SCORE_EVENT:
        return {"message": "Event type not accepted", "error": _NOT_ACCEPTED.format(kind)}
    if kind not in (_SCORE_EVENT, _LOG_EVENT):
        return _invalid(issues.no_union_member(["type"]))
    if not isinstance(event.get("id"), str):
        return _invalid(issues.wrong_type(["id"], "string", event.get("id", ...)))
    sent = event.get("timestamp", ...)
    if not isinstance(sent, str):
        return _invalid(issues.wrong_type(["timestamp"], "string", sent))
    timestamp = read_time(sent) if "T" in sent else None
    if timestamp is None:
        return _invalid(issues.not_a_datetime(["timestamp"]))
    if kind == _LOG_EVENT:
        return None
    score, wrong = read_score(event.get("body", ...), timestamp)
    if score is None:
        return _invalid(*({**issue, "path": ["body", *issue["path"]]} for issue in wrong))
    scores.append(score)
    return None


def _invalid(*wrong: issues.Issue) -> dict[str, Any]:
    error = orjson.dumps(wrong, option=orjson.OPT_INDENT_2).decode()
    return {"message": "Invalid request data", "error": error}
