"""Score configs, scores that do not keep to them, updates, arrays, deletion; and that any body gets an answer."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg_pool import AsyncConnectionPool

from gateway_kit.stack.servers.tracestore.store.reader import reading
from gateway_kit.stack.servers.tracestore.store.scores import dropped_scores

from .store_program import StoreProgram

SCORES, CONFIGS = "/api/public/scores", "/api/public/score-configs"


def config(store: StoreProgram, **fields: Any) -> str:
    answer = store.http.post(CONFIGS, json={"name": "quality", "dataType": "NUMERIC", **fields})
    assert answer.status_code == 200, answer.text
    config_id: str = answer.json()["id"]
    return config_id


def listed(store: StoreProgram, **filters: str) -> list[dict[str, Any]]:
    answer = store.http.get(
        "/api/public/v3/scores", params={"fields": "details,subject,annotation", **filters}
    )
    assert answer.status_code == 200, answer.text
    scores: list[dict[str, Any]] = answer.json()["data"]
    return scores


@pytest.fixture
def trace(store: StoreProgram) -> str:
    return uuid.uuid4().hex


def test_a_score_has_the_name_and_the_type_of_its_config(store, trace):
    config_id = config(store, name="helpful", dataType="BOOLEAN")
    store.http.post(SCORES, json={"traceId": trace, "name": "other", "value": 1, "configId": config_id})
    (score,) = listed(store, traceId=trace)
    assert (score["name"], score["dataType"], score["value"]) == ("helpful", "BOOLEAN", True)
    assert score["configId"] == config_id


def test_what_is_dropped_is_said_in_the_log_and_kept_for_the_page(store, trace):
    config_id = config(store, maxValue=5)
    sent = {"id": uuid.uuid4().hex, "traceId": trace, "name": "quality", "value": 11, "configId": config_id}
    answer = store.http.post(SCORES, json=sent)
    assert (answer.status_code, answer.json()) == (200, {"id": sent["id"]})
    assert listed(store, traceId=trace) == []
    reason = "Ingested score body not valid against provided config: Value exceeds maximum value of 5"
    assert f"dropped the score {sent['id']}: {reason}" in store.log()

    async def newest() -> list[dict[str, Any]]:
        async with AsyncConnectionPool(store.database_url, open=False) as pool, reading(pool) as reader:
            return await dropped_scores(reader, 1)

    (kept,) = asyncio.run(newest())
    assert (kept["score_id"], kept["name"], kept["config_id"]) == (sent["id"], "quality", config_id)
    assert (kept["body"]["value"], kept["body"]["traceId"]) == (11, trace)
    assert kept["reason"].startswith(reason)


@pytest.mark.parametrize("config_id", [None, "nope"])
def test_metadata_of_any_depth_is_accepted(store, trace, config_id):
    deep = json.loads("[" * 600 + "]" * 600)
    score = {"traceId": trace, "name": "n", "value": 1, "metadata": {"a": deep}, "configId": config_id}
    assert store.http.post(SCORES, json=score).status_code == 200
    assert len(listed(store, traceId=trace)) == (config_id is None)


def test_a_dropped_update_leaves_the_score_as_it_was(store, trace):
    config_id, score_id = config(store, maxValue=5), uuid.uuid4().hex
    for value in (4, 11):
        score = {"id": score_id, "traceId": trace, "name": "q", "value": value, "configId": config_id}
        assert store.http.post(SCORES, json=score).status_code == 200
    assert [score["value"] for score in listed(store, traceId=trace)] == [4]


def test_an_update_keeps_what_was_not_sent_and_the_place_of_the_score(store, trace):
    score_id = uuid.uuid4().hex
    first = {"id": score_id, "traceId": trace, "observationId": "o", "name": "n", "value": 1,
             "comment": "why", "metadata": {"a": 1}, "environment": "staging"}  # fmt: skip
    store.http.post(SCORES, json=first)
    (before,) = listed(store, id=score_id)
    again = {"id": score_id, "traceId": "another", "name": "m", "value": 2, "metadata": {"b": 2}}
    store.http.post(SCORES, json=again)
    (after,) = listed(store, id=score_id)
    assert after["subject"] == {"kind": "observation", "id": "o", "traceId": trace}
    assert (after["name"], after["value"], after["comment"]) == ("m", 2, "why")
    assert after["metadata"] == {"a": 1, "b": 2}
    assert (after["environment"], after["timestamp"]) == ("staging", before["timestamp"])
    store.http.post(SCORES, json={**again, "comment": None})
    assert listed(store, id=score_id)[0]["comment"] is None


def test_scores_of_an_experiment_and_of_a_queue(store):
    run, queue = uuid.uuid4().hex, uuid.uuid4().hex
    store.http.post(SCORES, json={"datasetRunId": run, "queueId": queue, "name": "acc", "value": 0.5})
    (score,) = listed(store, experimentId=run)
    assert score["subject"] == {"kind": "experiment", "id": run}
    assert listed(store, queueId=queue) == [score]


def test_an_array_of_scores_is_stored_and_each_refused_one_is_named(store, trace):
    good = {"traceId": trace, "name": "n", "value": 1, "timestamp": "2026-11-29T22:12:52.630470Z"}
    answer = store.http.post(SCORES, json=[good, {**good, "value": "word", "timestamp": None}])
    assert (answer.status_code, answer.json()) == (202, {"message": "Accepted"})
    assert {score["value"]: score["timestamp"][:10] for score in listed(store, traceId=trace)}[
        1
    ] == "2026-11-29"
    answer = store.http.post(SCORES, json=[good, {**good, "name": ""}, 3, {"name": "n", "value": 1}])
    assert answer.status_code == 207
    body = answer.json()
    assert (body["accepted"], body["rejected"]) == (1, 3)
    assert [error["message"][:20] for error in body["errors"]] == [
        "1.name: Too small: e", "2: Invalid input: ex", "3.traceId.sessionId.",
    ]  # fmt: skip
    assert len(listed(store, traceId=trace)) == 3


def test_a_deleted_score_is_gone_at_once(store, trace):
    score_id = store.http.post(SCORES, json={"traceId": trace, "name": "n", "value": 1}).json()["id"]
    answer = store.http.delete(f"{SCORES}/{score_id}")
    assert (answer.status_code, answer.json()) == (202, {"message": "Score deletion queued successfully"})
    assert listed(store, traceId=trace) == []


def test_an_id_that_langfuse_reads_only_later_is_refused_in_its_words(store, trace):
    answer = store.http.post(SCORES, json={"id": "i" * 801, "traceId": trace, "name": "n", "value": 1})
    assert answer.status_code == 400
    (issue,) = json.loads(answer.json()["message"])
    assert (issue["path"], issue["maximum"]) == (["body", "id"], 800)


@pytest.mark.parametrize("score_id", ["a/b c%", "日本 ünïcode", "q?x=1&y#z", "😀" * 400])
def test_ids_with_any_characters_can_be_read_and_deleted(store, trace, score_id):
    score = {"id": score_id, "traceId": trace, "name": score_id[:30], "value": 1}
    assert store.http.post(SCORES, json=score).json() == {"id": score_id}
    assert [found["id"] for found in listed(store, traceId=trace)] == [score_id]
    assert store.http.delete(f"{SCORES}/{quote(score_id, safe='')}").status_code == 202
    assert listed(store, traceId=trace) == []


def test_configs_are_listed_newest_first_and_changed_as_a_whole(store):
    first, second = config(store, name="first"), config(store, name="second", minValue=1)
    page = store.http.get(CONFIGS, params={"limit": 2}).json()
    assert [one["id"] for one in page["data"]] == [second, first]
    answer = store.http.patch(f"{CONFIGS}/{second}", json={"maxValue": 1})
    assert answer.json() == {
        "message": "Maximum value must be greater than Minimum value", "error": "InvalidRequestError",
    }  # fmt: skip
    assert store.http.get(f"{CONFIGS}/{second}").json()["maxValue"] is None
    answer = store.http.patch(f"{CONFIGS}/{second}", json={"maxValue": 2, "description": "x"})
    assert answer.json() == store.http.get(f"{CONFIGS}/{second}").json()
    assert store.http.patch(f"{CONFIGS}/{first}", json={"categories": [{"label": "a", "value": 1}]}).json() == {
        "message": "Invalid input: expected undefined, received array", "error": "InvalidRequestError",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["", "/nope"])
def test_keys_are_needed(store, path):
    for method in ("GET", "PATCH" if path else "POST"):
        answer = store.http.request(method, CONFIGS + path, auth=("pk-lf-test", "wrong"), json={})
        assert answer.status_code == 401


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.fixed_dictionaries(
    {"name": st.text(max_size=40)},
    optional={
        **dict.fromkeys(("id", "traceId", "sessionId", "configId", "comment"), st.text(max_size=5) | JSON),
        "dataType": st.sampled_from(["NUMERIC", "CATEGORICAL", "BOOLEAN", "TEXT", "CORRECTION", "X"]),
        **dict.fromkeys(("value", "metadata", "categories", "minValue", "maxValue"), JSON),
    },
)


@settings(max_examples=25)
@given(body=FIELDS | JSON, path=st.sampled_from([SCORES, CONFIGS, f"{CONFIGS}/x", f"{SCORES}s"]))
def test_no_body_is_answered_with_500(store, body, path):
    sent = json.dumps(body).encode()  # escapes, so that lone surrogates are sent too
    for method in ("POST", "PATCH"):
        answer = store.http.request(method, path, content=sent, headers={"content-type": "application/json"})
        assert answer.status_code < 500, answer.text
