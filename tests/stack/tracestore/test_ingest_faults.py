"""The program and its database: start, stop, crashes, an outage, retention."""

from __future__ import annotations

import gzip
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest
from query_engine.database_server import DatabaseServer, free_port

from gateway_kit.common.polling import poll_until

from .exports import PROTOBUF, TRACES, json_export, new_trace_id, protobuf_export
from .store_program import StoreProgram

SPAN_ID = "00000000000000a1"
KILL_AFTER = 30


@pytest.fixture(scope="module")
def own_server() -> Iterator[DatabaseServer]:
    """A database server that tests may stop."""
    server = DatabaseServer()
    try:
        server.start()
        server.create_database("own")
        yield server
    finally:
        server.close()


@pytest.fixture
def own_store(own_server: DatabaseServer, tmp_path: Path) -> Iterator[StoreProgram]:
    """A trace store that tests may kill."""
    program = StoreProgram(own_server.url("own"), free_port(), tmp_path / "log")
    try:
        program.start()
        yield program
    finally:
        program.close()


def test_rows_answered_with_200_survive_a_kill(own_store):
    trace_id = new_trace_id()
    accepted: list[int] = []

    def write(number: int) -> None:
        body = protobuf_export(trace_id, 20, first=1 + number * 20)
        try:
            answer = own_store.http.post(TRACES, content=body, headers=PROTOBUF)
        except httpx.TransportError:
            return  # killed before it could answer
        assert answer.status_code == 200
        accepted.append(number)
        if len(accepted) == KILL_AFTER:
            own_store.end(signal.SIGKILL)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(200)))
    assert KILL_AFTER <= len(accepted) < 200
    rows = own_store.rows("select id from observations where trace_id = %s", trace_id)
    stored = {int(str(row[0]), 16) for row in rows}
    assert {1 + number * 20 + offset for number in accepted for offset in range(20)} <= stored
    assert len(stored) % 20 == 0  # and no batch is there in part


def test_sigterm_ends_it_with_0_and_keeps_accepted_rows(own_store):
    trace_id = new_trace_id()
    assert (
        own_store.http.post(TRACES, content=protobuf_export(trace_id, 5), headers=PROTOBUF).status_code == 200
    )
    assert own_store.end() == 0
    assert own_store.log().endswith("tracestore: stopped\n")
    assert own_store.rows("select count(*) from observations where trace_id = %s", trace_id) == [(5,)]


def test_while_the_database_is_gone_writes_are_refused_with_503_and_then_go_on(own_server, own_store):
    trace_id = new_trace_id()
    assert own_store.http.post(TRACES, json=json_export(trace_id, SPAN_ID)).status_code == 200
    own_server.end(signal.SIGINT)
    try:
        score = {"traceId": trace_id, "name": "n", "value": 1}
        for path, body in (
            (TRACES, json_export(trace_id, "00000000000000a2")),
            ("/api/public/scores", score),
        ):
            answer = own_store.http.post(path, json=body)
            assert answer.status_code == 503
            assert "database" in answer.json()["message"]
        # What cannot be stored in any case is refused as ever.
        bad = own_store.http.post(TRACES, content=b"{", headers={"content-type": "application/json"})
        assert bad.status_code == 400
    finally:
        own_server.start()
    deadline = time.monotonic() + 120
    while (
        code := own_store.http.post(TRACES, json=json_export(trace_id, "00000000000000a3")).status_code
    ) != 200:
        assert code == 503
        assert time.monotonic() < deadline
    rows = own_store.rows("select id from observations where trace_id = %s order by id", trace_id)
    assert rows == [(SPAN_ID,), ("00000000000000a3",)]
    assert "Traceback" not in own_store.log()
    assert own_server.password not in own_store.log()


def test_old_rows_are_deleted_at_the_start_and_younger_ones_stay(own_server, tmp_path):
    store = StoreProgram(own_server.url("own"), free_port(), tmp_path / "log", "--retain-days", "30")
    try:
        store.start()
        old, young = new_trace_id(), new_trace_id()
        day_ns = 86_400_000_000_000
        for trace_id, days in ((old, 31), (young, 29)):
            times = {"startTimeUnixNano": str(time.time_ns() - days * day_ns), "endTimeUnixNano": "0"}
            assert store.http.post(TRACES, json=json_export(trace_id, SPAN_ID, **times)).status_code == 200
            score = {"id": trace_id, "traceId": trace_id, "name": "n", "value": 1}
            assert store.http.post("/api/public/scores", json=score).status_code == 200
        store.rows("update scores set timestamp = now() - interval '31 days' where id = %s returning id", old)
        with psycopg.connect(store.database_url, autocommit=True) as connection:
            # More than one small transaction takes.
            connection.execute(
                "insert into observations (trace_id, id, start_time, type) "
                "select %s, g, now() - interval '40 days', 'SPAN' from generate_series(1, 12000) g", (old,)
            )  # fmt: skip
        store.end()
        store.start()
        deadline = time.monotonic() + 120
        counted = (
            "select (select count(*) from observations where trace_id = %s), "
            "(select count(*) from scores where id = %s)"
        )
        while store.rows(counted, old, old) != [(0, 0)]:
            assert time.monotonic() < deadline, store.log()
        assert store.rows(counted, young, young) == [(1, 1)]
        # It writes its log after the deletion.
        _, said = poll_until(lambda: "older than 30 days" in store.log(), timeout_s=120)
        assert said, store.log()
    finally:
        store.close()


def test_a_taken_port_and_a_missing_database_are_reported_in_a_sentence(own_store, tmp_path):
    second = StoreProgram(own_store.database_url, own_store.port, tmp_path / "second")
    second.spawn()
    assert second.process is not None
    assert second.process.wait(timeout=120) == 1
    assert f"cannot listen on 127.0.0.1:{own_store.port}" in second.log()
    lost = StoreProgram(own_store.database_url.replace("/own", "/nowhere"), free_port(), tmp_path / "lost")
    lost.spawn()
    assert lost.process is not None
    assert lost.process.wait(timeout=120) == 1
    assert 'database "nowhere" does not exist' in lost.log()
    assert "Traceback" not in second.log() + lost.log()
    for program in (second, lost):
        program.http.close()


def test_missing_secrets_are_named(own_store, tmp_path):
    program = StoreProgram(own_store.database_url, free_port(), tmp_path / "log2")
    program.environ["LANGFUSE_SECRET_KEY"] = ""
    program.spawn()
    assert program.process is not None
    assert program.process.wait(timeout=120) == 1
    assert "LANGFUSE_SECRET_KEY must be set" in program.log()
    program.http.close()


def test_a_smaller_limit_applies_to_compressed_bodies_too(own_server, tmp_path):
    store = StoreProgram(own_server.url("own"), free_port(), tmp_path / "log", "--max-body-mb", "1")
    try:
        store.start()
        body = protobuf_export(new_trace_id(), 20_000)
        headers = PROTOBUF | {"content-encoding": "gzip"}
        assert store.http.post(TRACES, content=gzip.compress(body), headers=headers).status_code == 413
        assert store.http.post(TRACES, content=body, headers=PROTOBUF).status_code == 413
        small = protobuf_export(new_trace_id(), 100)
        assert store.http.post(TRACES, content=gzip.compress(small), headers=headers).status_code == 200
    finally:
        store.close()
