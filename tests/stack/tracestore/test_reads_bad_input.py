"""Reads with bad input: a clear 4xx with JSON, never a 500, and the store keeps answering."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from gateway_kit.stack.servers.tracestore.api.filters import MAX_FILTERS
from gateway_kit.stack.servers.tracestore.metrics.query import GRANULARITIES

from .store_program import StoreProgram

PATHS = {name: f"/api/public/{name}" for name in ("v2/observations", "v2/metrics", "v3/scores", "models")}
OBSERVATIONS, METRICS = PATHS["v2/observations"], PATHS["v2/metrics"]
INJECTION = "'; drop table observations; --"


def cursor(fields: Any) -> str:
    return base64.b64encode(json.dumps(fields).encode()).decode()


def only(**condition: Any) -> dict[str, str]:
    return {"filter": json.dumps([condition])}


BAD_OBSERVATIONS = [
    ({"limit": 1001}, "Too big: expected number to be <=1000"),
    ({"limit": -1}, "Too small: expected number to be >=0"),
    ({"limit": "ten"}, "Invalid input: expected number, received NaN"),
    ({"limit": "1.5"}, "Invalid input: expected int, received number"),
    ({"limit": ["1", "2"]}, "Invalid input: expected string, received array"),
    ({"type": "NOPE"}, "Invalid option: expected one of"),
    ({"level": "error"}, "Invalid option: expected one of"),
    ({"name": ["a", "b"]}, "Invalid input: expected string, received array"),
    ({"isRootObservation": "yes"}, "Invalid input"),
    ({"parseIoAsJson": "true"}, "parseIoAsJson=true is no longer supported"),
    ({"parseIoAsJson": "1"}, "Invalid input"),
    ({"fromStartTime": "yesterday"}, "Invalid ISO datetime"),
    ({"fromStartTime": "2026-11-23T07:00:00"}, "Invalid ISO datetime"),
    ({"toStartTime": "2026-02-30T07:00:00Z"}, "Invalid ISO datetime"),
    ({"toStartTime": "0000-01-01T00:00:00Z"}, "Invalid ISO datetime"),
    ({"fromStartTime": "0001-01-01T00:00:00+23:00"}, "Invalid ISO datetime"),
    ({"cursor": "!!!"}, "Invalid cursor format"),
    ({"cursor": base64.b64encode(b"\xff\xfe").decode()}, "Invalid cursor format"),
    ({"cursor": cursor([])}, "Invalid input: expected object, received array"),
    ({"cursor": cursor({})}, "Invalid input: expected date, received Date"),
    ({"cursor": cursor({"lastStartTimeTo": "2026-11-23T07:00:00Z"})}, "Invalid input: expected string"),
    (
        {"cursor": cursor({"lastStartTimeTo": "x", "lastTraceId": 1, "lastId": None})},
        "expected string, received number",
    ),
    ({"filter": "{not json"}, "Invalid JSON in filter parameter"),
    ({"filter": "{}"}, "Invalid input: expected array, received object"),
    ({"filter": "[1]"}, "Invalid input: expected object, received number"),
    ({"filter": json.dumps([{}] * (MAX_FILTERS + 1))}, "Too big: expected array to have"),
    ({"filter": "[" * 15_000}, "Invalid JSON in filter parameter"),
    (only(type="magic"), "Invalid input"),
    (only(type="string", column="name", operator="like", value="x"), "Invalid option: expected one of"),
    (only(type="string", column="name", operator="="), "Invalid input: expected string, received undefined"),
    (only(type="number", column="latency", operator="=", value="1"), "expected number, received string"),
    (only(type="datetime", column="startTime", operator=">", value="soon"), "expected date, received Date"),
    (only(type="stringOptions", column="name", operator="any of", value=[]), "Invalid input"),
    (
        only(type="stringOptions", column="name", operator="any of", value=[1]),
        "expected string, received number",
    ),
    (
        only(type="stringObject", column="metadata", operator="=", value="x"),
        "expected string, received undefined",
    ),
    (
        only(type="string", column=INJECTION, operator="=", value="x"),
        f"Column {INJECTION} does not match a UI",
    ),
    (only(type="string", column="latency", operator="=", value="x"), "Invalid filter for field 'latency'"),
    (only(type="number", column="tags", operator="=", value=1), "Invalid filter for field 'tags'"),
    (only(type="string", column="name", operator="matches", value="x"), "the operator 'matches' is for"),
    (
        only(type="string", column="input", operator="contains", value="x"),
        "A filter on input or output needs",
    ),
    (only(type="string", column="name", operator="=", value="a\0b"), "NUL"),
    ({"userId": "a\0b"}, "NUL"),
]

WINDOW = {"fromTimestamp": "2026-11-23T00:00:00Z", "toTimestamp": "2026-11-24T00:00:00Z"}
COUNT = [{"measure": "count", "aggregation": "count"}]
BAD_METRICS: list[tuple[Any, str]] = [
    ([], "Invalid input: expected object, received array"),
    ({"metrics": None}, "Invalid input: expected array, received null"),
    ({"metrics": []}, "Too small: expected array to have >=1 items"),
    ({"metrics": [{"measure": "count", "aggregation": "median"}]}, "Invalid option: expected one of"),
    ({"metrics": COUNT * 51}, "Too big: expected array to have <=50 items"),
    ({"dimensions": ["name"]}, "Invalid input: expected object, received string"),
    ({"dimensions": [{"field": 1}]}, "Invalid input: expected string, received number"),
    ({"timeDimension": {"granularity": "second"}}, "Invalid option: expected one of"),
    ({"timeDimension": "hour"}, "Invalid input: expected object, received string"),
    ({"fromTimestamp": "2026"}, "Invalid ISO datetime"),
    ({"fromTimestamp": 1}, "Invalid input: expected string, received number"),
    ({"toTimestamp": "2026-11-22T00:00:00Z"}, "Invalid input"),
    ({"orderBy": [{"field": "count_count", "direction": "down"}]}, "Invalid option: expected one of"),
    ({"config": {"row_limit": 1001}}, "Too big: expected number to be <=1000"),
    ({"config": {"row_limit": 0}}, "Too small: expected number to be >0"),
    ({"config": {"bins": 101}}, "Too big: expected number to be <=100"),
    ({"config": {"bins": 0}}, "Too small: expected number to be >=1"),
    ({"config": {"row_limit": "5"}}, "Invalid input: expected number, received string"),
    (
        {"filters": [{"type": "string", "column": INJECTION, "operator": "=", "value": ""}]},
        "Invalid filter column",
    ),
    ({"filters": [{"type": "string", "column": "tags", "operator": "=", "value": ""}]}, "field 'tags'"),
    ({"filters": {"type": "string"}}, "Invalid input: expected array, received object"),
]


HOST = "Confirm that you've configured the correct host."
WRONG_HEADERS = {
    "Basic": "Invalid authorization header",
    "Digest x": "Invalid authorization header",
    "sk-lf-test-secret": "Invalid authorization header",
    "Basic !!!": f"Invalid authorization header. {HOST}",
    "Basic Og==": f"Invalid authorization header. {HOST}",  # ":"
    "Basic YQ==": f"Invalid authorization header. {HOST}",  # "a"
    "Basic YTpi": f"Invalid credentials. {HOST}",  # "a:b"
    "Bearer x": f"Invalid public key. {HOST}",
}


def check_refused(response: httpx.Response, message: str) -> None:
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    body = response.json()
    if body["message"] == "Invalid request data":
        assert all({"code", "path", "message"} <= set(issue) for issue in body["error"])
        assert any(message in issue["message"] for issue in body["error"]), body
    else:
        assert body["error"] == "InvalidRequestError"
        assert message in body["message"]


@pytest.mark.parametrize(("params", "message"), BAD_OBSERVATIONS, ids=lambda part: str(part)[:80])
def test_bad_observation_requests(store: StoreProgram, params, message):
    check_refused(store.http.get(OBSERVATIONS, params=params), message)


@pytest.mark.parametrize(("change", "message"), BAD_METRICS, ids=lambda part: str(part)[:80])
def test_bad_metrics_requests(store: StoreProgram, change, message):
    query = (
        {"view": "observations", "metrics": COUNT, **WINDOW, **change} if isinstance(change, dict) else change
    )
    check_refused(store.http.get(METRICS, params={"query": json.dumps(query)}), message)


@pytest.mark.parametrize(
    "params", [{"limit": 101}, {"limit": 0}, {"page": 0}, {"page": "x"}, {"page": "1e400"}]
)
def test_bad_model_requests(store: StoreProgram, params):
    check_refused(store.http.get(PATHS["models"], params=params), "expected")


def test_a_page_of_models_far_beyond_the_last_is_empty(store: StoreProgram):
    assert store.http.get(PATHS["models"], params={"page": 10**15}).json()["data"] == []


@pytest.mark.parametrize(
    "value", [INJECTION, "%", "_", "\\", "$1", "%(p0)s", "é\U0001f600", "x" * 20_000, "\ufffe"]
)
def test_any_text_in_a_filter_is_a_value_and_not_sql(store: StoreProgram, value):
    for params in (
        {"name": value},
        only(type="string", column="name", operator="contains", value=value),
        only(type="stringObject", column="metadata", key=value, operator="=", value=value),
        only(type="arrayOptions", column="tags", operator="all of", value=[value]),
        only(type="string", column="output", operator="matches", value=value),
    ):
        everything = {"fields": "core,basic,io,metadata,trace_context"}
        response = store.http.get(OBSERVATIONS, params={**params, **everything})
        assert response.status_code == 200, response.text
        # Mostly none; other tests' nonsense may hold the text.
        literal = json.dumps(value, ensure_ascii=False)[1:-1]
        rows = [json.dumps(row, ensure_ascii=False) for row in response.json()["data"]]
        assert all(literal in row for row in rows), response.text
    assert store.http.get("/api/public/ready").status_code == 200


@pytest.mark.parametrize("number", [1e308, -1e308, 1e-308, 2**63, -(2**63), 0.1])
def test_any_number_is_compared(store: StoreProgram, number):
    for column in ("latency", "totalTokens", "totalCost", "promptVersion", "tokensPerSecond"):
        response = store.http.get(
            OBSERVATIONS, params=only(type="number", column=column, operator="<=", value=number)
        )
        assert response.status_code == 200, response.text


def test_extreme_time_windows(store: StoreProgram):
    query = {"view": "observations", "metrics": COUNT, "fromTimestamp": "0001-01-01T00:00:00Z"}
    for granularity in GRANULARITIES:
        sent = query | {"toTimestamp": "9999-12-31T23:59:59Z", "timeDimension": {"granularity": granularity}}
        response = store.http.get(METRICS, params={"query": json.dumps(sent)})
        assert response.status_code == 200, response.text
        assert len(response.json()["data"]) == 100


@pytest.mark.parametrize("path", [*PATHS.values(), "/api/public/projects"])
def test_keys_are_checked_before_anything_else(store: StoreProgram, path):
    with httpx.Client(base_url=store.url, trust_env=False) as client:
        bare = client.get(path, params={"limit": "x"})
        assert (bare.status_code, bare.json()) == (401, {"message": "No authorization header"})
        for wrong, message in WRONG_HEADERS.items():
            answer = client.get(path, headers={"authorization": wrong})
            assert (answer.status_code, answer.json()) == (401, {"message": message}), wrong
        alone = client.get(path, headers={"authorization": f"Bearer {store.public_key}"})
        assert alone.status_code == 403
        assert ("organization key" if path.endswith("projects") else "Access denied") in alone.json()[
            "message"
        ]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/public/v2/nothing"),
        ("POST", "/api/public/v2/nothing"),
        ("GET", "/api/public/nope"),
        ("GET", "/api/public/v2/observations/abc"),
        ("GET", "/api"),
        ("GET", "/api/public/%3Cb%3E"),
    ],
)
def test_an_api_path_that_is_not_there_is_answered_in_json(store: StoreProgram, method, path):
    answer = store.http.request(method, path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json()["error"] == "LangfuseNotFoundError"
    assert "gateway-kit up --tracing langfuse" in answer.json()["message"]


def test_a_page_that_is_not_there_is_a_page(store: StoreProgram):
    answer = store.http.get("/nope")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method, path)
        for path in PATHS.values()
        for method in ("POST", "PUT", "PATCH", "DELETE")
        if (method, path) != ("POST", "/api/public/models")
    ],
)
def test_wrong_methods(store: StoreProgram, method, path):
    answer = store.http.request(method, path)
    assert answer.status_code == 405
    assert answer.json() == {"message": "Method not allowed", "error": "MethodNotAllowedError"}


@pytest.mark.parametrize("path", ["/api/public/health", "/api/public/ready"])
def test_health_is_answered_to_every_method(store: StoreProgram, path):
    assert {store.http.request(method, path).status_code for method in ("GET", "POST", "PUT", "DELETE")} == {
        200
    }


def test_many_bad_and_good_requests_at_once(store: StoreProgram):
    def one(number: int) -> int:
        params = {"limit": 3} if number % 2 else {"limit": 5000}
        return store.http.get(OBSERVATIONS, params=params).status_code

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(one, range(100))) == [400, 200] * 50
