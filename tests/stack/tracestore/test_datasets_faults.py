"""Datasets and experiments on the database of an earlier version, and in a store that is killed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest
from query_engine.database_server import DatabaseServer, free_port

from gateway_kit.stack.servers.tracestore.store.schema import create_tables

from .exports import START_NS, TRACES, json_export, new_trace_id
from .store_program import StoreProgram

API = "/api/public"
SINCE = {"fromStartTime": "2020-01-01T00:00:00Z"}
KILL_AFTER = 40
EARLIER = """
drop table dataset_items, datasets;
alter table observations drop column experiment_id, drop column experiment_name, drop column experiment_dataset_id,
    drop column experiment_item_id, drop column experiment_root_id, drop column experiment;
insert into observations (trace_id, id, start_time, type, name)
    values ('11111111111111111111111111111111', '1111111111111111', '2026-01-01Z', 'SPAN', 'earlier');
"""


@pytest.fixture(scope="module")
def own_store(
    trace_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StoreProgram]:
    """A store on a database without datasets and experiments, as an earlier version left it."""
    trace_server.create_database("earlier")
    with psycopg.connect(trace_server.url("earlier"), autocommit=True) as connection:
        create_tables(connection)
        connection.execute(EARLIER)
    log_path: Path = tmp_path_factory.mktemp("earlier") / "log"
    program = StoreProgram(trace_server.url("earlier"), free_port(), log_path)
    try:
        program.start()
        yield program
    finally:
        program.close()


def send_item(store: StoreProgram, number: int) -> httpx.Response:
    """The span of an item of the experiment `e`."""
    attributes = {"id": "e", "item.id": str(number), "item.root_observation_id": f"{number:016x}"}
    sent = [
        {"key": f"langfuse.experiment.{name}", "value": {"stringValue": value}}
        for name, value in attributes.items()
    ]
    body = json_export(
        new_trace_id(),
        f"{number:016x}",
        attributes=sent,
        startTimeUnixNano=str(START_NS + number * 1_000_000),
    )
    return store.http.post(TRACES, json=body)


def test_a_database_of_an_earlier_version_keeps_its_rows_and_gets_what_is_missing(own_store):
    rows = own_store.http.get(f"{API}/v2/observations").json()["data"]
    assert [row["name"] for row in rows] == ["earlier"]
    assert own_store.http.get(f"{API}/experiments", params=SINCE).json()["data"] == []
    assert own_store.http.post(f"{API}/v2/datasets", json={"name": "kept"}).status_code == 200
    assert send_item(own_store, 1).status_code == 200
    (experiment,) = own_store.http.get(f"{API}/experiments", params=SINCE).json()["data"]
    assert experiment["itemCount"] == 1


def test_a_killed_store_has_all_items_that_it_acknowledged(own_store):
    assert own_store.http.post(f"{API}/v2/datasets", json={"name": "killed"}).status_code == 200
    written: list[int] = []
    sent: list[int] = []

    def work(number: int) -> None:
        try:
            body = {"datasetName": "killed", "id": f"item-{number % 50}", "input": number}
            answered = own_store.http.post(f"{API}/dataset-items", json=body)
            assert answered.status_code == 200
            written.append(number)
            assert send_item(own_store, number).status_code == 200
            sent.append(number)
        except httpx.TransportError:
            return  # killed before it could answer
        if len(sent) == KILL_AFTER:
            own_store.end(signal.SIGKILL)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(100, 400)))
    assert len(sent) >= KILL_AFTER
    own_store.start()
    inputs = {row[0] for row in own_store.rows("select input::int from dataset_items")}
    assert set(written) <= inputs
    listed = own_store.http.get(f"{API}/experiment-items", params={**SINCE, "limit": 100}).json()["data"]
    assert {str(number) for number in sent[-50:]} <= {row["experimentItemId"] for row in listed}
    (open_ended,) = own_store.rows(
        "select max(n) from (select count(*) as n from dataset_items where valid_to is"
        " null group by id) as counts"
    )
    assert open_ended == (1,)
