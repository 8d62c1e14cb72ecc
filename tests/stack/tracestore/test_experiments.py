"""Experiments and their items: pages, filters, windows, fields and wrong queries."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .store_program import StoreProgram

API = "/api/public"
START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
SINCE = {"fromStartTime": "2026-01-01T00:00:00Z"}
ITEM_FIELDS = "core,dataset,io,metadata,itemMetadata,experimentMetadata,scores"


def span(experiment: str, item: str, start_ms: int, *, root: str = "", **fields: Any) -> dict[str, Any]:
    """A span of an item's trace; without `root`, the one that stands for the item."""
    span_id = uuid.uuid4().hex[:16]
    attributes = {
        "experiment.id": experiment,
        "experiment.name": f"name of {experiment}",
        "experiment.dataset.id": "set-1",
        "experiment.item.id": item,
        "experiment.item.root_observation_id": root or span_id,
        **fields,
    }
    return {
        "traceId": uuid.uuid4().hex,
        "spanId": span_id,
        "name": "task",
        "startTimeUnixNano": str((START_MS + start_ms) * 1_000_000),
        "endTimeUnixNano": str((START_MS + start_ms + 5) * 1_000_000),
        "attributes": [
            {"key": f"langfuse.{key}", "value": {"stringValue": value}} for key, value in attributes.items()
        ],
    }


def send(store: StoreProgram, *spans: dict[str, Any]) -> None:
    body = {"resourceSpans": [{"scopeSpans": [{"scope": {"name": "langfuse-sdk"}, "spans": list(spans)}]}]}
    assert store.http.post(f"{API}/otel/v1/traces", json=body).status_code == 200


def get(store: StoreProgram, path: str, **query: Any) -> dict[str, Any]:
    answered = store.http.get(f"{API}/{path}", params={**SINCE, **query})
    assert answered.status_code == 200, answered.text
    body: dict[str, Any] = answered.json()
    return body


def pages(store: StoreProgram, path: str, **query: Any) -> list[dict[str, Any]]:
    """The rows of all pages."""
    rows: list[dict[str, Any]] = []
    while True:
        page = get(store, path, **query)
        rows += page["data"]
        if "cursor" not in page["meta"]:
            return rows
        query["cursor"] = page["meta"]["cursor"]


def test_an_experiment_sums_up_its_spans(empty_store):
    item = span("a", "1", 10, **{"experiment.metadata": '{"t": {"x": 1, "y": null}, "z": [1, "2"]}'})
    send(empty_store, item, span("a", "1", 4, root=item["spanId"]), span("a", "2", 20), span("b", "1", 30))
    first, second = get(empty_store, "experiments", fields="core,metadata")["data"]
    assert (first["id"], second["id"]) == ("b", "a")
    assert (second["startTime"], second["endTime"]) == (
        "2026-01-01T00:00:00.004Z",
        "2026-01-01T00:00:00.025Z",
    )
    assert (second["itemCount"], second["datasetId"], second["name"]) == (2, "set-1", "name of a")
    listed = get(empty_store, "experiment-items", experimentId="a", fields="experimentMetadata")["data"]
    assert [row["experimentMetadata"] for row in listed] == [{}, {"t.x": "1", "t.y": None, "z": '[1,"2"]'}]


def test_pages_have_each_experiment_and_each_item_once(empty_store):
    spans = [
        span(f"e{number % 5}", str(number), number // 3) for number in range(30)
    ]  # many start at the same time
    send(empty_store, *spans)
    for limit in (1, 2, 7):
        assert sorted(row["id"] for row in pages(empty_store, "experiments", limit=limit)) == [
            f"e{number}" for number in range(5)
        ]
        items = pages(empty_store, "experiment-items", limit=limit)
        assert sorted(row["id"] for row in items) == sorted(one["spanId"] for one in spans)
        assert [row["startTime"] for row in items] == sorted(
            (row["startTime"] for row in items), reverse=True
        )


def test_an_experiment_is_found_by_its_columns_and_its_time(empty_store):
    send(empty_store, span("a", "1", 0), span("b", "1", 1000), span("ü,", "1", 2000))

    def ids(**query: Any) -> list[str]:
        return [row["id"] for row in get(empty_store, "experiments", **query)["data"]]

    assert ids(id="a,b") == ["b", "a"]
    assert ids(name="name of b") == ["b"]
    assert ids(datasetId="set-2") == []
    assert ids(fromStartTime="2026-01-01T00:00:00.500Z", toStartTime="2026-01-01T00:00:02+00:00") == ["b"]
    some = [{"type": "stringOptions", "column": "id", "operator": "none of", "value": ["a"]}]
    assert ids(filter=json.dumps(some), id="a") == [
        "ü,",
        "b",
    ]  # a filter replaces the parameter of its column
    found = get(empty_store, "experiment-items", experimentItemId="1", experimentName="name of a")["data"]
    assert [row["experimentId"] for row in found] == ["a"]


def test_an_item_has_its_groups_of_fields(empty_store):
    item = span(
        "a",
        "1",
        0,
        **{
            "observation.input": '{"q": 1}',
            "observation.metadata": '{"deep": {"n": 1.0}, "s": "\\"4\\""}',
            "experiment.item.expected_output": "yes",
            "experiment.item.metadata.k": "v",
            "experiment.item.version": "2026-01-01T01:00:00.5+01:00",
            "experiment.description": "why",
        },
    )
    send(empty_store, item)
    (row,) = get(empty_store, "experiment-items", fields=ITEM_FIELDS)["data"]
    assert (row["input"], row["output"], row["expectedOutput"]) == ('{"q": 1}', None, "yes")
    assert row["metadata"] == {"deep.n": "1", "s": '"4"', "scope.name": "langfuse-sdk"}
    assert (row["experimentItemMetadata"], row["experimentDescription"]) == ({"k": "v"}, "why")
    assert row["experimentItemVersion"] == "2026-01-01T00:00:00.500Z"
    (core,) = get(empty_store, "experiment-items", fields="core")["data"]
    assert set(core) == {
        "id", "traceId", "startTime", "endTime", "level", "environment", "experimentId", "experimentName",
        "experimentItemId",
    }  # fmt: skip


def test_scores_are_those_of_the_item_its_trace_and_the_experiment(empty_store):
    item = span("a", "1", 0)
    other = span("a", "1", 1, root=item["spanId"])
    other["traceId"] = item["traceId"]
    send(empty_store, item, other)
    trace = {"traceId": item["traceId"]}
    subjects = {
        "of item": {**trace, "observationId": item["spanId"]},
        "of other span": {**trace, "observationId": other["spanId"]},
        "of trace": trace,
        "of experiment": {"datasetRunId": "a"},
    }
    for name, subject in subjects.items():
        body = {"name": name, "value": 1, **subject}
        assert empty_store.http.post(f"{API}/scores", json=body).status_code == 200
    (row,) = get(empty_store, "experiment-items", fields="scores")["data"]
    assert [score["name"] for score in row["scores"]] == ["of trace", "of item"]
    (row,) = get(empty_store, "experiment-items", fields="scores", scoreLimit=1)["data"]
    assert [score["name"] for score in row["scores"]] == ["of trace"]
    (row,) = get(empty_store, "experiments", fields="scores")["data"]
    assert [score["subject"] for score in row["scores"]] == [{"kind": "experiment", "id": "a"}]


def test_observations_and_metrics_are_chosen_by_experiment(empty_store):
    item = span("a", "1", 0)
    send(empty_store, item, span("a", "1", 1, root=item["spanId"]), span("b", "1", 2))
    condition = {"type": "boolean", "column": "isExperimentItemRootSpan", "operator": "=", "value": True}
    chosen = [
        condition,
        {"type": "string", "column": "experimentDatasetId", "operator": "=", "value": "set-1"},
    ]
    rows = empty_store.http.get(f"{API}/v2/observations", params={"filter": json.dumps(chosen)}).json()[
        "data"
    ]
    assert len(rows) == 2
    query = {
        "view": "observations",
        "metrics": [{"measure": "count", "aggregation": "count"}],
        "dimensions": [{"field": "experimentName"}],
        "orderBy": [{"field": "count_count", "direction": "desc"}],
        "config": {"row_limit": 10},
        "fromTimestamp": "2026-01-01T00:00:00Z",
        "toTimestamp": "2026-01-02T00:00:00Z",
    }
    rows = empty_store.http.get(f"{API}/v2/metrics", params={"query": json.dumps(query)}).json()["data"]
    assert rows == [
        {"experimentName": "name of a", "count_count": 2},
        {"experimentName": "name of b", "count_count": 1},
    ]


def cursor(**fields: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("query", "reasons"),
    [
        ({"fromStartTime": None}, [("fromStartTime", "Invalid input: expected string, received undefined")]),
        ({"fromStartTime": "2026-01-01"}, [("fromStartTime", "Invalid ISO datetime")]),
        ({"limit": "0"}, [("limit", "Too small: expected number to be >=1")]),
        ({"scoreLimit": "51"}, [("scoreLimit", "Too big: expected number to be <=50")]),
        ({"cursor": cursor(v=2)}, [("cursor.v", "Invalid input")]),
        (
            {"cursor": cursor(v=1)},
            [
                (f"cursor.{name}", "Invalid input: expected string, received undefined")
                for name in ("lastTime", "lastTraceId", "lastId", "lastExperimentId")
            ],
        ),
        (
            {"cursor": cursor(v=1, lastTime="2026-01-01 00:00:00", lastId=1)},
            [
                ("cursor.lastTraceId", "Invalid input: expected string, received undefined"),
                ("cursor.lastId", "Invalid input: expected string, received number"),
                ("cursor.lastExperimentId", "Invalid input: expected string, received undefined"),
            ],
        ),
        (
            {"filter": '[{"type": "string", "column": "level", "operator": "=", "value": "x"}]'},
            [("filter.0.column", 'Invalid option: expected one of "id"|"name"|"datasetId"')],
        ),
    ],
)
def test_a_wrong_query_is_refused_with_the_reasons(store, query, reasons):
    asked = {name: value for name, value in {**SINCE, **query}.items() if value is not None}
    answered = store.http.get(f"{API}/experiments", params=asked)
    found = [(".".join(map(str, issue["path"])), issue["message"]) for issue in answered.json()["error"]]
    assert (answered.status_code, found) == (400, reasons)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"cursor": ""}, "Invalid cursor format"),
        (
            {"cursor": cursor(v=1, lastTime="x", lastTraceId="", lastId="", lastExperimentId="")},
            "Invalid cursor format",
        ),
        ({"filter": "["}, "Invalid JSON in filter parameter"),
    ],
)
def test_what_is_not_readable_is_said_so(store, query, reason):
    for path in ("experiments", "experiment-items"):
        answered = store.http.get(f"{API}/{path}", params={**SINCE, **query})
        assert (answered.status_code, answered.json()["message"]) == (400, reason)


@settings(max_examples=25)
@given(
    query=st.dictionaries(
        st.sampled_from(
            ["fields", "limit", "scoreLimit", "cursor", "toStartTime", "id", "name", "experimentId", "filter"]
        ),
        st.text() | st.sampled_from(["core,scores", "[]", "[{}]", cursor(v=1), "1e30"]),
    )
)
def test_no_query_is_answered_with_500(store, query):
    for path in ("experiments", "experiment-items"):
        answered = store.http.get(f"{API}/{path}", params={**SINCE, **query})
        assert answered.status_code in (200, 400), answered.text


@settings(max_examples=20)
@given(
    fields=st.dictionaries(
        st.sampled_from(
            ["experiment.metadata", "experiment.item.metadata", "experiment.item.metadata.x", "experiment.name",
             "experiment.item.version", "experiment.description", "observation.metadata"]
        ),
        st.text() | st.sampled_from(['{"a": {"b": [1, null]}}', "[" * 300, '"\\u0000"', "2026"]),
    )
)  # fmt: skip
def test_any_attributes_of_an_experiment_are_stored(store, fields):
    experiment = uuid.uuid4().hex
    send(store, span(experiment, "1", 0, **fields))
    (row,) = get(store, "experiment-items", experimentId=experiment, fields=ITEM_FIELDS)["data"]
    assert row["experimentId"] == experiment
