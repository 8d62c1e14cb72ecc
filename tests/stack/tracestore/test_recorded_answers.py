"""Every recorded call of a real Langfuse 4.16.0, made again: status, content type and body, field by field.

What is not compared:
- ids that are made anew (of a score that is posted; of a price, where only "there is one" counts), createdAt and
  updatedAt (only that they are times), and the timestamps' digits below the millisecond;
- the content of the price table, which is LiteLLM's and not Langfuse's: its shape is;
- the page that comes with a 404 for a path that is not there: JSON that names Langfuse itself comes in its place;
- the order of rows that the query's order leaves open.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from .recorded_traffic import RECORDED, answer, load
from .store_program import StoreProgram

ONE_MODEL = (
    "105-models-get"  # its tokenizer and prices are Langfuse's: test_a_model_has_the_recorded_shape has it
)
GOOD, PUBLIC_KEY = "Basic cGstbGYta2l0OnNrLWxmLWtpdA==", "Bearer pk-lf-kit"
# Rows of the same value: their order is not defined.
OPEN_ORDER = {
    "82-metrics-v2-latency-p95-by-model",
    "83-metrics-v2-by-model",
    "85-metrics-v2-timeseries-by-type",
}
NAMES = sorted(
    (path.stem for path in (RECORDED / "answers").glob("*.json") if path.stem != ONE_MODEL),
    key=lambda name: int(name.split("-")[0]),
)
HEADERS = {"126-otel-ingestion-version-5": {"x-langfuse-ingestion-version": "5"}}


@pytest.fixture(scope="module")
def recorded_store(store: StoreProgram) -> StoreProgram:
    load(store)
    return store


def call(store: StoreProgram, name: str) -> httpx.Response:
    """Make the recorded call with this store's keys."""
    recorded = answer(name)["request"]
    headers, auth = dict(HEADERS.get(name, {})), None
    if recorded["authorization"] == GOOD:
        auth = httpx.BasicAuth(store.public_key, store.secret_key)
    elif recorded["authorization"] == PUBLIC_KEY:
        headers["authorization"] = f"Bearer {store.public_key}"
    elif recorded["authorization"] is not None:
        auth = httpx.BasicAuth(store.public_key, "wrong")
    if recorded["content_type"]:
        headers["content-type"] = recorded["content_type"]
    body, query = recorded["body"], recorded["query"]
    content = body if isinstance(body, str) else json.dumps(body) if body is not None else None
    params = [tuple(pair) for pair in query] if isinstance(query, list) else query
    with httpx.Client(base_url=store.url, trust_env=False, timeout=30) as client:
        return client.request(
            recorded["method"], recorded["path"], params=params, content=content, headers=headers, auth=auth
        )


def comparable(value: Any, path: tuple[str, ...] = ()) -> Any:
    """The body, with values that differ between any two servers replaced."""
    key = path[-1] if path else ""
    if key in ("createdAt", "updatedAt"):
        return bool(datetime.fromisoformat(value))
    if key == "usagePricingTierId":
        return bool(value)
    if isinstance(value, dict):
        return {name: comparable(item, (*path, name)) for name, item in value.items()}
    if isinstance(value, list):
        return [comparable(item, path) for item in value]
    return value


def shape(value: Any) -> Any:
    """Names and types of fields; a nullable number counts as the type null."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return (
        "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
    )


def test_all_recorded_answers_are_here():
    assert len(NAMES) == 95


@pytest.mark.parametrize("name", NAMES)
def test_recorded_answer(recorded_store, name):
    recorded = answer(name)
    response = call(recorded_store, name)
    assert response.status_code == recorded["status"], response.text
    body = recorded["body"]
    if "_raw_text" in body:
        if recorded["content_type"]:
            assert response.headers["content-type"] == "application/json; charset=utf-8"
            assert recorded["request"]["path"] in response.json()["message"]
            assert "gateway-kit up --tracing langfuse" in response.json()["message"]
        else:
            assert response.text == body["_raw_text"]
        return
    assert response.headers["content-type"] == recorded["content_type"]
    answered = response.json()
    if name == "102-models-list":
        size = {"totalItems": 0, "totalPages": 0}
        assert answered["meta"] | size == body["meta"] | size
        assert len(answered["data"]) == len(body["data"])
        assert [set(model) for model in answered["data"]] == [set(model) for model in body["data"]]
    elif name == "75-scores-post-create":
        assert shape(answered) == shape(body)
    elif name in OPEN_ORDER:
        assert sorted(map(json.dumps, answered["data"])) == sorted(map(json.dumps, body["data"]))
        first = answer(name)["request"]["query"]["query"]
        assert set(answered) == set(body), first
    else:
        assert comparable(answered) == comparable(body)


def test_a_model_has_the_recorded_shape(recorded_store):
    listed = recorded_store.http.get("/api/public/models", params={"limit": 100}).json()["data"]
    model = next(
        item for item in listed if item["inputPrice"] and item["outputPrice"] and len(item["prices"]) == 2
    )
    answered = recorded_store.http.get(f"/api/public/models/{model['id']}")
    assert answered.headers["content-type"] == answer(ONE_MODEL)["content_type"]
    assert answered.json() == model
    recorded = answer(ONE_MODEL)["body"]
    assert shape(model) == shape(recorded | {"tokenizerId": None, "tokenizerConfig": None})
    same = recorded_store.http.get(answer(ONE_MODEL)["request"]["path"]).json()
    assert (same["id"], same["modelName"]) == (recorded["id"], recorded["modelName"])
    assert recorded_store.http.get("/api/public/models/no-such-model").status_code == 404


def test_no_credential_but_the_demonstration_keys_is_recorded():
    for path in RECORDED.rglob("*.json"):
        text = Path(path).read_text()
        assert "sk-lf-" not in text.replace("sk-lf-kit", "")
