"""POST scores and POST ingestion: recorded answers, checks, updates."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from langfuse import Langfuse

from .store_program import StoreProgram

ANSWERS = Path(__file__).parent / "recorded" / "answers"
SUBJECT = ["traceId", "sessionId", "datasetRunId", "observationId"]
SCORES, INGESTION = "/api/public/scores", "/api/public/ingestion"


def stored(store: StoreProgram, score_id: str, columns: str) -> list[tuple[Any, ...]]:
    return store.rows(f"select {columns} from scores where id = %s", score_id)


def event(score: Any, **fields: Any) -> dict[str, Any]:
    return {
        "id": "e1",
        "type": "score-create",
        "timestamp": "2026-11-23T07:52:09.003Z",
        "body": score,
        **fields,
    }


@pytest.mark.parametrize(
    "name",
    [
        "76-scores-post-invalid", "115-ingestion-malformed-json", "116-ingestion-no-batch",
        "118-ingestion-legacy-trace", "119-ingestion-invalid-event",
    ],
)  # fmt: skip
def test_recorded_requests_get_the_recorded_answers(store, name):
    recorded = json.loads((ANSWERS / f"{name}.json").read_text())
    sent = recorded["request"]["body"]
    content = sent if isinstance(sent, str) else json.dumps(sent)
    answer = store.http.post(
        recorded["request"]["path"], content=content, headers={"content-type": "application/json"}
    )
    assert answer.status_code == recorded["status"]
    if "_raw_text" in recorded["body"]:
        assert answer.text == recorded["body"]["_raw_text"]
    else:
        assert answer.json() == recorded["body"]


def test_a_score_is_stored_with_its_time_and_the_same_id_is_an_update(store):
    score = {"id": str(uuid.uuid4()), "traceId": "t", "name": "q", "value": 0.5, "comment": "why"}
    before = datetime.now(UTC)
    assert store.http.post(SCORES, json=score).json() == {"id": score["id"]}
    ((value, kind, comment, source, environment, timestamp),) = stored(
        store, score["id"], "value, data_type, comment, source, environment, timestamp"
    )
    assert (value, kind, comment, source, environment) == (0.5, "NUMERIC", "why", "API", "default")
    assert before <= timestamp <= datetime.now(UTC)
    assert store.http.post(SCORES, json=score | {"value": "good"}).status_code == 200
    ((value, text, kind, created, updated),) = stored(
        store, score["id"], "value, string_value, data_type, created_at, updated_at"
    )
    assert (value, text, kind) == (None, "good", "CATEGORICAL")
    assert updated > created


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"value": 1}, ("NUMERIC", 1, None)),
        ({"value": "good"}, ("CATEGORICAL", None, "good")),
        ({"value": 1, "dataType": "BOOLEAN"}, ("BOOLEAN", 1, "True")),
        ({"value": 0.0, "dataType": "BOOLEAN"}, ("BOOLEAN", 0, "False")),
        ({"value": "long text", "dataType": "TEXT"}, ("TEXT", None, "long text")),
        ({"value": "nul \x00"}, ("CATEGORICAL", None, "nul \ufffd")),
        ({"value": 1e308}, ("NUMERIC", 1e308, None)),
    ],
)
def test_the_type_is_given_or_inferred(store, fields, expected):
    answer = store.http.post(SCORES, json={"sessionId": "s", "name": "n", **fields})
    assert answer.status_code == 200
    assert stored(store, answer.json()["id"], "data_type, value, string_value") == [expected]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ([], []),
        ("text", []),
        ({"traceId": "t", "name": "n"}, ["value"]),
        ({"traceId": "t", "name": "n", "value": None}, ["value"]),
        ({"traceId": "t", "name": "n", "value": True}, ["value"]),
        ({"traceId": "t", "name": 3, "value": 1}, ["name"]),
        ({"traceId": 3, "name": "n", "value": 1}, ["traceId"]),
        ({"traceId": "t", "name": "n", "value": 2, "dataType": "BOOLEAN"}, ["value"]),
        ({"traceId": "t", "name": "n", "value": "x", "dataType": "NUMERIC"}, ["value"]),
        ({"traceId": "t", "name": "n", "value": 1, "dataType": "CATEGORICAL"}, ["value"]),
        ({"traceId": "t", "name": "n", "value": 1, "dataType": "OTHER"}, ["dataType"]),
        ({"traceId": "t", "name": "n", "value": "", "dataType": "TEXT"}, ["value"]),
        ({"observationId": "o", "name": "n", "value": 1}, SUBJECT),
        ({"name": "n", "value": 1}, SUBJECT),
        ({"traceId": "t" * 501, "name": "n", "value": 1}, ["traceId"]),
    ],
)
def test_a_score_of_the_wrong_shape_is_refused_with_its_field(store, body, path):
    answer = store.http.post(SCORES, json=body)
    assert answer.status_code == 400
    assert answer.json()["message"] == "Invalid request data"
    assert answer.json()["error"][0]["path"] == path
    batch = store.http.post(INGESTION, json={"batch": [event(body)]})
    assert (batch.status_code, batch.json()["successes"]) == (207, [])
    (entry,) = batch.json()["errors"]
    assert json.loads(entry["error"])[0]["path"] == ["body", *path]


def test_a_batch_stores_valid_events_and_names_the_others(store):
    good, again = str(uuid.uuid4()), str(uuid.uuid4())
    batch = [
        event({"id": good, "traceId": "t", "name": "n", "value": 1}, id="a"),
        event({"id": again, "traceId": "t", "name": "n", "value": 1}, id="b"),
        event({"id": again, "traceId": "t", "name": "n", "value": 2}, id="c"),
        {"id": "d", "type": "sdk-log", "timestamp": "2026-11-23T07:52:09.003Z", "body": {"log": "x"}},
        {"id": "e", "type": "span-update", "timestamp": "2026-11-23T07:52:09.003Z", "body": {}},
        {"id": "f", "type": "unheard-of", "timestamp": "2026-11-23T07:52:09.003Z", "body": {}},
        event({"traceId": "t", "name": "n", "value": 1}, id="g", timestamp="yesterday"),
        event({"traceId": "t", "name": "n", "value": 1}, id=7),
        "no event",
    ]
    answer = store.http.post(INGESTION, json={"batch": batch})
    assert answer.status_code == 207
    assert answer.json()["successes"] == [{"id": name, "status": 201} for name in "abc"]
    assert [(entry["id"], entry["status"]) for entry in answer.json()["errors"]] == [
        ("g", 400), ("unknown", 400), ("e", 400), ("f", 400), ("unknown", 400)
    ]  # fmt: skip
    assert stored(store, good, "value, timestamp::text") == [(1, "2026-11-23 07:52:09.003+00")]
    assert stored(store, again, "value") == [(2,)]


@pytest.mark.parametrize("body", [[], "x", 3])
def test_a_batch_that_is_no_object_is_refused(store, body):
    answer = store.http.post(INGESTION, json=body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0].startswith("Invalid input: expected object, received ")


def test_the_sdk_writes_scores_of_all_types(store):
    client = Langfuse(public_key=store.public_key, secret_key=store.secret_key, host=store.url)
    session = f"session-{uuid.uuid4()}"
    client.create_score(name="number", value=0.9, session_id=session, comment="c", metadata={"by": "me"})
    client.create_score(name="flag", value=1, data_type="BOOLEAN", session_id=session)
    client.create_score(name="word", value="good", data_type="CATEGORICAL", session_id=session)
    client.flush()
    client.shutdown()
    rows = store.rows(
        "select name, data_type, value, string_value, metadata from scores where session_id = %s order by name",
        session,
    )
    assert rows == [
        ("flag", "BOOLEAN", 1, "True", {}),
        ("number", "NUMERIC", 0.9, None, {"by": "me"}),
        ("word", "CATEGORICAL", None, "good", {}),
    ]
