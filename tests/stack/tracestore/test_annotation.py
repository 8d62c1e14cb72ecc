"""Comments and annotation queues beyond the recording: what is checked, and what is kept."""

from __future__ import annotations

import json
import threading
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_kit.stack.servers.tracestore.config import read_config

from .store_program import StoreProgram

COMMENTS, QUEUES = "/api/public/comments", "/api/public/annotation-queues"


def span(store: StoreProgram, trace_id: str, session: str = "") -> str:
    span_id = uuid.uuid4().hex[:16]
    attributes = [{"key": "session.id", "value": {"stringValue": session}}] if session else []
    spans = [
        {
            "traceId": trace_id,
            "spanId": span_id,
            "name": "n",
            "startTimeUnixNano": "1",
            "attributes": attributes,
        }
    ]
    body = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    assert store.http.post("/api/public/otel/v1/traces", json=body).status_code == 200
    return span_id


def comment(store: StoreProgram, kind: str, object_id: str, **fields: Any) -> Any:
    body = {"projectId": "any", "objectType": kind, "objectId": object_id, "content": "good", **fields}
    return store.http.post(COMMENTS, json=body)


@pytest.fixture(scope="module")
def config_id(store: StoreProgram) -> str:
    made = store.http.post("/api/public/score-configs", json={"name": "q", "dataType": "NUMERIC"})
    found: str = made.json()["id"]
    return found


@pytest.fixture
def queue(store: StoreProgram, config_id: str) -> str:
    made = store.http.post(QUEUES, json={"name": f"q-{uuid.uuid4()}", "scoreConfigIds": [config_id]})
    found: str = made.json()["id"]
    return found


def test_a_comment_is_about_something_that_is_there(store):
    trace, session = uuid.uuid4().hex, f"süß/{uuid.uuid4()}"
    span_id = span(store, trace, session)
    for kind, object_id in (("TRACE", trace), ("OBSERVATION", span_id), ("SESSION", session)):
        assert comment(store, kind, object_id).status_code == 200
        (found,) = store.http.get(COMMENTS, params={"objectType": kind, "objectId": object_id}).json()["data"]
        assert (found["content"], found["authorUserId"]) == ("good", None)
        assert store.http.get(f"{COMMENTS}/{found['id']}").json() == found
    for kind, object_id in (("TRACE", span_id), ("SESSION", ""), ("SESSION", trace), ("PROMPT", trace)):
        answer = comment(store, kind, object_id)
        assert answer.status_code == 404
        assert answer.json()["message"] == (
            f"Reference object, {kind}: {object_id} not found. Skipping comment creation."
        )


def test_only_the_user_of_the_page_can_be_an_author(store):
    trace = uuid.uuid4().hex
    span(store, trace)
    user_id = read_config(store.environ).user_id
    assert comment(store, "TRACE", trace, authorUserId="nobody").status_code == 400
    assert comment(store, "TRACE", trace, authorUserId=user_id).status_code == 200
    found = store.http.get(COMMENTS, params={"authorUserId": user_id, "objectType": "TRACE"}).json()["data"]
    assert trace in {one["objectId"] for one in found}


def test_a_queue_has_configs_that_exist_and_a_name_of_its_own(store, config_id, queue):
    wrong = store.http.post(QUEUES, json={"name": f"q-{uuid.uuid4()}", "scoreConfigIds": [config_id, "nope"]})
    assert wrong.json() == {
        "message": "At least one of the score config IDs cannot be found for the given project.",
        "error": "InvalidRequestError",
    }
    name = f"日本/{uuid.uuid4()}"
    answers: list[int] = []

    def create() -> None:
        answers.append(
            store.http.post(QUEUES, json={"name": name, "scoreConfigIds": [config_id]}).status_code
        )

    threads = [threading.Thread(target=create) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 400, 400, 400, 400, 400]


def test_an_item_is_completed_and_pending_again(store, queue):
    items = f"{QUEUES}/{queue}/items"
    item = store.http.post(items, json={"objectId": "x", "objectType": "TRACE"}).json()
    assert store.http.get(f"{items}/{item['id']}").json() == item
    done = store.http.patch(f"{items}/{item['id']}", json={"status": "COMPLETED"}).json()
    again = store.http.patch(f"{items}/{item['id']}", json={"status": "PENDING"}).json()
    assert (again["status"], again["completedAt"]) == ("PENDING", done["completedAt"])
    assert done["completedAt"] is not None
    assert store.http.get(items, params={"status": "COMPLETED"}).json()["data"] == []
    assert store.http.get(items, params={"status": "DONE"}).status_code == 400
    other = store.http.get(f"{QUEUES}/nope/items/{item['id']}")
    assert (other.status_code, other.json()["message"]) == (404, "Annotation queue not found")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "{q}/items/nope", None),
        ("PATCH", "{q}/items/nope", {}),
        ("DELETE", "{q}/items/nope", None),
        ("GET", "nope", None),
        ("GET", "nope/items", None),
        ("POST", "nope/items", {"objectId": "x", "objectType": "TRACE"}),
        ("POST", "nope/assignments", {"userId": "x"}),
        ("DELETE", "nope/assignments", {"userId": "x"}),
        ("POST", "{q}/assignments", {"userId": "x"}),
    ],
)
def test_what_is_not_there_is_answered_with_404(store, queue, method, path, body):
    answer = store.http.request(method, f"{QUEUES}/{path.format(q=queue)}", json=body)
    assert (answer.status_code, answer.json()["error"]) == (404, "LangfuseNotFoundError")


def test_the_user_of_the_page_can_be_assigned(store, queue):
    user_id = read_config(store.environ).user_id
    for _ in range(2):
        answer = store.http.post(f"{QUEUES}/{queue}/assignments", json={"userId": user_id})
        assert answer.json() == {"userId": user_id, "projectId": "kit", "queueId": queue}
    assert store.rows("select user_id from annotation_queue_assignments where queue_id = %s", queue) == [
        (user_id,)
    ]
    for _ in range(2):
        answer = store.http.request("DELETE", f"{QUEUES}/{queue}/assignments", json={"userId": user_id})
        assert answer.json() == {"success": True}


@pytest.mark.parametrize("path", [COMMENTS, f"{COMMENTS}/x", QUEUES, f"{QUEUES}/x", f"{QUEUES}/x/items"])
def test_unknown_parameters_are_refused_and_keys_are_needed(store, path):
    answer = store.http.get(path, params={"nope": "1"})
    assert answer.status_code == 400
    assert answer.json()["error"][0]["code"] == "unrecognized_keys"
    assert store.http.get(path, auth=("pk-lf-test", "wrong")).status_code == 401


TEXTS = st.text(max_size=8) | st.sampled_from(["\x00", "TRACE", "PROMPT", "PENDING"])
BODIES = st.dictionaries(
    st.sampled_from(
        ["projectId", "objectType", "objectId", "content", "name", "scoreConfigIds", "status", "userId"]
    ),
    TEXTS | st.lists(TEXTS, max_size=2) | st.integers() | st.none(),
)


@settings(max_examples=25)
@given(body=BODIES, path=st.sampled_from([COMMENTS, QUEUES, "items", "assignments"]), part=TEXTS)
def test_no_body_and_no_parameter_is_answered_with_500(store, config_id, queue, body, path, part):
    if path == QUEUES and "scoreConfigIds" in body:
        body = {**body, "scoreConfigIds": [config_id]}
    path = path if path.startswith("/") else f"{QUEUES}/{queue}/{path}"
    content = json.dumps(body).encode()
    for method in ("POST", "DELETE", "PATCH"):
        answer = store.http.request(
            method, path, content=content, headers={"content-type": "application/json"}
        )
        assert answer.status_code < 500, answer.text
    answer = store.http.get(path, params={"objectType": "TRACE", "objectId": part})
    assert answer.status_code < 500, answer.text
