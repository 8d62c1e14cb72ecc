"""Generations that say which version of a prompt they used: in observations, in metrics, over a deletion."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from query_engine.database_server import DatabaseServer

from gateway_kit.stack.servers.tracestore.store.schema import create_tables

from .exports import TRACES, json_export, new_trace_id
from .prompt_calls import Prompts
from .store_program import StoreProgram


@pytest.fixture
def prompts(store: StoreProgram) -> Prompts:
    return Prompts(store)


def generation(store: StoreProgram, name: str, version: int | None, cost_usd: float = 0.5) -> dict[str, Any]:
    """The observation of a call with this prompt, as it is read back."""
    trace_id = new_trace_id()
    attributes: list[dict[str, Any]] = [
        {"key": "langfuse.observation.type", "value": {"stringValue": "generation"}},
        {"key": "langfuse.observation.prompt.name", "value": {"stringValue": name}},
        {
            "key": "langfuse.observation.cost_details",
            "value": {"stringValue": json.dumps({"total": cost_usd})},
        },
    ]
    if version is not None:
        attributes.append({"key": "langfuse.observation.prompt.version", "value": {"intValue": str(version)}})
    export = json_export(trace_id, "1" * 16, attributes=attributes)
    assert store.http.post(TRACES, json=export).status_code == 200
    return read(store, trace_id)


def read(store: StoreProgram, trace_id: str) -> dict[str, Any]:
    answered = store.http.get(
        "/api/public/v2/observations", params={"traceId": trace_id, "fields": "core,prompt,trace_context"}
    )
    (row,) = answered.json()["data"]
    found: dict[str, Any] = row
    return found


def link(row: dict[str, Any]) -> tuple[str, str, int | None]:
    return row["promptId"], row["promptName"], row["promptVersion"]


def test_a_generation_has_the_id_of_its_version_also_when_that_is_deleted(prompts, store):
    name = prompts.name("süß/prompt")
    ids = [prompts.create(name=name)["id"] for _ in range(2)]
    rows = [generation(store, name, version) for version in (1, 2)]
    assert [link(row) for row in rows] == [(ids[0], name, 1), (ids[1], name, 2)]
    assert prompts.delete(name).status_code == 204
    assert link(read(store, rows[0]["traceId"])) == (ids[0], name, 1)
    # Its number is given anew, to another version.
    assert prompts.create(name=name)["id"] != ids[0]
    assert link(read(store, rows[0]["traceId"])) == (ids[0], name, 1)


def test_a_prompt_that_is_not_here_has_a_name_and_no_id(prompts, store):
    name = prompts.name()
    before = generation(store, name, 1)
    prompts.create()
    assert link(read(store, before["traceId"])) == ("", name, 1)
    assert link(generation(store, name, None)) == ("", name, None)


def test_costs_are_told_apart_by_prompt_and_version(prompts, store):
    name = prompts.name()
    for _ in range(2):
        prompts.create()
    for version, cost_usd in ((1, 0.25), (1, 0.5), (2, 2.0)):
        generation(store, name, version, cost_usd)
    query = {
        "view": "observations",
        "metrics": [
            {"measure": "count", "aggregation": "count"},
            {"measure": "totalCost", "aggregation": "sum"},
        ],
        "dimensions": [{"field": "promptName"}, {"field": "promptVersion"}],
        "filters": [{"column": "promptName", "operator": "=", "value": name, "type": "string"}],
        "fromTimestamp": "2020-01-01T00:00:00Z",
        "toTimestamp": "2030-01-01T00:00:00Z",
        "orderBy": [{"field": "promptVersion", "direction": "asc"}],
    }

    def rows() -> list[dict[str, Any]]:
        answered = store.http.get("/api/public/v2/metrics", params={"query": json.dumps(query)})
        assert answered.status_code == 200, answered.text
        data: list[dict[str, Any]] = answered.json()["data"]
        return data

    first = {"promptName": name, "promptVersion": 1, "count_count": 2, "sum_totalCost": 0.75}
    second = {"promptName": name, "promptVersion": 2, "count_count": 1, "sum_totalCost": 2}
    assert rows() == [first, second]
    query["filters"] += [{"column": "promptVersion", "operator": "=", "value": 2, "type": "number"}]
    assert rows() == [second]


def test_a_root_gives_its_trace_its_name_if_nobody_gave_it_one(prompts, store):
    name = prompts.name("root")
    trace_id = new_trace_id()
    store.http.post(TRACES, json=json_export(trace_id, "1" * 16, name=name))
    store.http.post(TRACES, json=json_export(trace_id, "2" * 16, name="inner", parentSpanId="1" * 16))
    by_name = {"column": "traceName", "operator": "=", "value": name, "type": "string"}
    answered = store.http.get(
        "/api/public/v2/observations",
        params={"filter": json.dumps([by_name]), "fields": "core,trace_context"},
    )
    assert [(row["id"], row["traceName"]) for row in answered.json()["data"]] == [("1" * 16, name)]
    query = {
        "view": "observations",
        "metrics": [{"measure": "count", "aggregation": "count"}],
        "dimensions": [{"field": "traceName"}],
        "filters": [{"column": "traceId", "operator": "=", "value": trace_id, "type": "string"}],
        "fromTimestamp": "2020-01-01T00:00:00Z",
        "toTimestamp": "2030-01-01T00:00:00Z",
        "orderBy": [{"field": "traceName", "direction": "asc"}],
    }
    answered = store.http.get("/api/public/v2/metrics", params={"query": json.dumps(query)})
    assert {row["traceName"]: row["count_count"] for row in answered.json()["data"]} == {name: 1, None: 1}


def test_a_database_of_an_earlier_version_gets_what_it_lacks_and_keeps_its_rows(trace_server: DatabaseServer):
    trace_server.create_database("earlier_prompts")
    with psycopg.connect(trace_server.url("earlier_prompts")) as connection:
        create_tables(connection)
        connection.execute("alter table observations drop column prompt_id")
        connection.execute("drop table prompt_references, prompts")
        connection.execute(
            "insert into observations (trace_id, id, start_time, type) values ('t', 'i', now(), 'SPAN')"
        )
        connection.commit()
        create_tables(connection)
        assert connection.execute("select id, prompt_id from observations").fetchall() == [("i", "")]
        assert connection.execute("select count(*) from prompts").fetchone() == (0,)
