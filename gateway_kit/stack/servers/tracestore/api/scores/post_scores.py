"""POST scores, and POST ingestion: batches of events, of which Langfuse 4 still accepts scores and logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api import checks, issues
from gateway_kit.stack.servers.tracestore.api.answers import JSON
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.bodies import read_json
from gateway_kit.stack.servers.tracestore.api.errors import Refusal, invalid_data
from gateway_kit.stack.servers.tracestore.api.scores.config_check import with_config
from gateway_kit.stack.servers.tracestore.api.scores.score_body import read_body, read_event, row_of_score
from gateway_kit.stack.servers.tracestore.ingest.values import jsonb, read_time
from gateway_kit.stack.servers.tracestore.store.scores import SentScore, delete_score, write_scores

_SCORE_EVENT, _LOG_EVENT = "score-create", "sdk-log"
_NOT_ACCEPTED = (
    'Event type "{}" is not accepted by /api/public/ingestion when LANGFUSE_MIGRATION_V4_WRITE_MODE is '
    "events_only. This endpoint only accepts score and log events. Upgrade the client or integration to a "
    "v4-compatible SDK or OTLP ingestion path. As a temporary migration bridge, set "
    "LANGFUSE_MIGRATION_V4_WRITE_MODE=dual on both the web and worker services and redeploy. "
    "Docs: https://langfuse.com/self-hosting/upgrade/upgrade-guides/upgrade-v3-to-v4"
)
# Fields that an update leaves as they are if they are not sent, and their columns.
_KEPT = {
    "observationId": "observation_id",
    "sessionId": "session_id",
    "datasetRunId": "dataset_run_id",
    "comment": "comment",
    "configId": "config_id",
}

# A score's fields as they were read, and its time.
Read = tuple[Mapping[str, Any], datetime]


async def post_score(request: Request) -> Response:
    """200 `{"id"}` once the score is committed. The same id again is an update.

    SDK 5 sends all its scores in arrays, which Langfuse 4.16 refuses, so that they are lost; see `_post_array`.
    """
    authorize(request)
    sent = await read_json(request)
    now = datetime.now(UTC)
    if isinstance(sent, list) and sent:
        return await _post_array(request, sent, now)
    score = _accepted(sent)
    await _write(request, [(score, now)])
    return JSON({"id": score["id"]})


async def _post_array(request: Request, sent: list[Any], now: datetime) -> Response:
    """202 once all scores are committed; 207 if some were refused. This is what SDK 5 expects."""
    scores: list[Read] = []
    errors: list[dict[str, str]] = []
    for index, one in enumerate(sent):
        score, wrong = read_body(one)
        if score is not None:
            score, wrong = read_event(score)
        if score is None:
            named = (f"{'.'.join(map(str, [index, *issue['path']]))}: {issue['message']}" for issue in wrong)
            errors.append({"message": "; ".join(named)})
        else:
            scores.append((score, _given_time(one) or now))
    if scores:
        await _write(request, scores)
    if errors:
        return JSON({"accepted": len(scores), "rejected": len(errors), "errors": errors}, 207)
    return JSON({"message": "Accepted"}, 202)


def _given_time(score: dict[str, Any]) -> datetime | None:
    return read_time(score.get("timestamp"))


def _accepted(sent: Any) -> dict[str, Any]:
    """The fields of a score. Raises Refusal 400; Langfuse reads a score twice, and words the second refusal so."""
    score, wrong = read_body(sent)
    if score is None:
        raise invalid_data(wrong)
    read, wrong = read_event(score)
    if read is None:
        raise Refusal(400, {"message": _listed(_in_body(wrong))})
    return read


async def remove_score(request: Request) -> Response:
    """202 for any id: Langfuse only queues the deletion. Here the score is gone when the answer comes."""
    authorize(request)
    await delete_score(request.app.state.pool, request.path_params["id"])
    return JSON({"message": "Score deletion queued successfully"}, 202)


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
    invalid: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    read: list[tuple[str, Read]] = []
    for event in batch:
        fields = event if isinstance(event, dict) else {}
        kind, event_id = fields.get("type"), fields.get("id")
        if kind not in (_SCORE_EVENT, _LOG_EVENT):
            refused.append(_refused(event_id, kind))
            continue
        score, wrong = _read_event(fields)
        if wrong:
            error = {"message": "Invalid request data", "error": _listed(wrong)}
            invalid.append({"id": _id(event_id), "status": 400, **error})
        elif score is not None:
            read.append((str(event_id), score))
    read.sort(key=lambda pair: pair[1][1])
    if read:
        await _write(request, [score for _, score in read])
    successes = [{"id": event_id, "status": 201} for event_id, _ in read]
    return JSON({"successes": successes, "errors": [*invalid, *refused]}, 207)


def _no_batch(expected: str, received: Any) -> Refusal:
    message = issues.wrong_type([], expected, received)["message"]
    return Refusal(400, {"message": "Invalid request data", "errors": [message]})


def _id(sent: Any) -> str:
    return sent if isinstance(sent, str) else "unknown"


def _refused(event_id: Any, kind: Any) -> dict[str, Any]:
    error = _NOT_ACCEPTED.format(kind if isinstance(kind, str) and kind else "unknown")
    return {"id": _id(event_id), "status": 400, "message": "Event type not accepted", "error": error}


def _read_event(event: dict[str, Any]) -> tuple[Read | None, checks.Issues]:
    """The event's score and time; None for a log; or what is wrong with the event."""
    wrong: checks.Issues = []
    checks.text(event.get("id", ...), ["id"], wrong)
    sent = event.get("timestamp", ...)
    timestamp = read_time(sent) if isinstance(sent, str) and "T" in sent else None
    if not isinstance(sent, str):
        wrong.append(issues.wrong_type(["timestamp"], "string", sent))
    elif timestamp is None:
        wrong.append(issues.not_a_datetime(["timestamp"]))
    if event["type"] == _LOG_EVENT:
        return None, wrong
    score, found = read_event(event.get("body", ...))
    wrong += _in_body(found)
    return (None, wrong) if score is None or timestamp is None else ((score, timestamp), wrong)


def _in_body(wrong: checks.Issues) -> checks.Issues:
    return [{**issue, "path": ["body", *issue["path"]]} for issue in wrong]


def _listed(wrong: checks.Issues) -> str:
    return orjson.dumps(wrong, option=orjson.OPT_INDENT_2).decode()


async def _write(request: Request, scores: Sequence[Read]) -> None:
    def make(configs: Mapping[str, Mapping[str, Any]]) -> list[SentScore]:
        made = []
        for score, timestamp in scores:
            inflated, reason = with_config(score, configs)
            sent = [column for name, column in _KEPT.items() if name in score]
            body = _as_sent(score) if reason else ""
            made.append(SentScore(row_of_score(inflated, timestamp), sent, body, reason))
        return made

    config_ids = [score["configId"] for score, _ in scores if score.get("configId")]
    await write_scores(request.app.state.pool, config_ids, make)


def _as_sent(score: Mapping[str, Any]) -> str:
    try:
        return jsonb(score)
    except TypeError:  # metadata nested too deeply for the encoder
        return jsonb({**score, "metadata": None})
