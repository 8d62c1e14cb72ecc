"""The program itself: how it starts, where it finds its database, when it exits, what it prints."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .database_server import DatabaseServer, free_port
from .engine_program import ENGINE, EngineProgram, node_program

COUNT = "query { result: aggregateUser { _count { _all } } }"
Start = Callable[..., EngineProgram]


def test_version_is_the_one_the_client_expects(launcher: Path) -> None:
    printed = subprocess.run([launcher, "--version"], capture_output=True, text=True, check=True).stdout
    assert printed == "query-engine 393aa359c9ad4a4bb28630fb5613f9c281cde053\n"


def test_start_is_quick_and_on_the_loopback_only(server: DatabaseServer, start_engine: Start) -> None:
    engine = start_engine(server.url("shop"))
    engine.wait_ready()
    assert engine.cpu_in_starts() < 12  # it is 6 to 7
    assert "result" in engine.query(COUNT)["data"]
    addresses = {entry[4][0] for entry in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in addresses - {"127.0.0.1"}:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            assert probe.connect_ex((str(address), engine.port)) != 0


def test_datasource_override_by_name(server: DatabaseServer, start_engine: Start) -> None:
    override = f'[{{"name":"other","url":"postgresql://x@127.0.0.1:1/x"}},{{"name":"db","url":"{server.url("shop")}"}}]'
    engine = start_engine("postgresql://x@127.0.0.1:1/x", OVERWRITE_DATASOURCES=override)
    engine.wait_ready()
    assert "data" in engine.query(COUNT)


def test_schema_parameter_and_socket(server: DatabaseServer, start_engine: Start) -> None:
    with server.connect("shop") as connection:
        connection.execute('CREATE SCHEMA "other place"')
        connection.execute(
            'CREATE TABLE "other place"."User" (id text PRIMARY KEY, name text NOT NULL, email text, age int)'
        )
        connection.execute("INSERT INTO \"other place\".\"User\" VALUES ('x', 'elsewhere')")
    try:
        url = f"postgresql://postgres:{server.password}@/shop?host={server.folder}&port={server.port}&schema=other%20place"
        engine = start_engine(url)
        engine.wait_ready()
        assert engine.query("query { result: findManyUser { name } }") == {
            "data": {"result": [{"name": "elsewhere"}]}
        }
        raw = engine.query(
            'mutation { result: queryRaw(query: "SELECT name FROM \\"User\\"", parameters: "[]") }'
        )
        assert raw["data"]["result"]["rows"] == [["elsewhere"]]
    finally:
        with server.connect("shop") as connection:
            connection.execute('DROP SCHEMA "other place" CASCADE')


def test_connection_limit(server: DatabaseServer, start_engine: Start) -> None:
    engine = start_engine(server.url("shop", connection_limit=2, application_name="limited"))
    engine.wait_ready()
    slow = 'mutation { result: queryRaw(query: "SELECT pg_sleep(0.3)", parameters: "[]") }'
    batch = [subprocess.Popen(_request(engine, slow), stdout=subprocess.DEVNULL) for _ in range(5)]
    with server.connect() as connection:
        most = 0
        while any(process.poll() is None for process in batch):
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'limited'"
            ).fetchone()
            most = max(most, row[0] if row else 0)
            time.sleep(0.02)
    assert most == 2


def _request(engine: EngineProgram, graphql: str) -> list[str]:
    script = "import sys, urllib.request as u; u.urlopen(sys.argv[1], sys.argv[2].encode())"
    return [
        sys.executable,
        "-S",
        "-c",
        script,
        f"http://127.0.0.1:{engine.port}/",
        json.dumps({"query": graphql}),
    ]


@pytest.mark.parametrize(
    ("change", "code", "phrase"),
    [
        ({"password": "wr0ng-secret"}, "P1000", "credentials for `postgres` are not valid"),
        ({"database": "nowhere"}, "P1003", "Database `nowhere` does not exist"),
        ({"port": 1}, "P1001", "Can't reach database server at `127.0.0.1:1`"),
        ({"host": "no-such-host.invalid"}, "P1001", "Can't reach database server"),
        ({"database": "shop?sslmode=require"}, "P1011", "Error opening a TLS connection"),
        ({"database": "shop?connection_limit=many"}, "P1013", "connection_limit is not a number"),
        ({"scheme": "mysql"}, "P1013", "must begin with postgresql://"),
    ],
)
def test_database_out_of_reach_ends_it_with_one_clear_message(
    server: DatabaseServer, start_engine: Start, change: dict[str, Any], code: str, phrase: str
) -> None:
    parts = {
        "scheme": "postgresql",
        "password": server.password,
        "host": "127.0.0.1",
        "port": server.port,
        "database": "shop",
    }
    parts |= change
    url = "{scheme}://postgres:{password}@{host}:{port}/{database}".format(**parts)
    engine = start_engine(url)
    errors = engine.read_errors()
    assert engine.process.returncode == 1
    assert errors.startswith(f"query-engine: Error: {code}: ")
    assert phrase in errors
    assert parts["password"] not in errors


def test_missing_variable_and_taken_port(server: DatabaseServer, start_engine: Start) -> None:
    engine = start_engine("")
    assert "Environment variable not found: QUERY_ENGINE_TEST_URL" in engine.read_errors()
    assert engine.process.returncode == 1
    first = start_engine(server.url("shop"))
    first.wait_ready()
    argv = [node_program(), str(ENGINE), "-p", str(first.port)]
    schema = Path(__file__).parent / "schema.prisma"
    environment = {**os.environ, "PRISMA_DML_PATH": str(schema), "QUERY_ENGINE_TEST_URL": server.url("shop")}
    second = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert second.returncode == 1
    assert "EADDRINUSE" in second.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_at_once_even_within_a_transaction(
    server: DatabaseServer, start_engine: Start, how: signal.Signals
) -> None:
    engine = start_engine(server.url("shop"))
    engine.wait_ready()
    assert "id" in engine.post("/transaction/start", {"max_wait": 1000, "timeout": 60_000})
    engine.process.send_signal(how)
    assert engine.process.wait(timeout=50) == 0  # the transaction's timeout is a minute


def test_it_ends_when_its_parent_is_killed(server: DatabaseServer) -> None:
    port = free_port()
    script = (
        "import subprocess, sys, time\n"
        "print(subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL).pid, flush=True)\n"
        "time.sleep(60)"
    )
    argv = [sys.executable, "-c", script, node_program(), str(ENGINE), "-p", str(port)]
    schema = Path(__file__).parent / "schema.prisma"
    environment = {**os.environ, "PRISMA_DML_PATH": str(schema), "QUERY_ENGINE_TEST_URL": server.url("shop")}
    parent = subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    engine_pid = int(parent.stdout.readline())
    _wait_until(lambda: _is_listening(port))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    try:
        _wait_until(lambda: not _is_listening(port))
        _wait_until(lambda: not _is_running(engine_pid))
    finally:
        if _is_running(engine_pid):
            os.kill(engine_pid, signal.SIGKILL)


def _is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _is_running(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_connections_are_kept_alive_longer_than_nodes_default(
    server: DatabaseServer, start_engine: Start
) -> None:
    """With Node's default, a client that reuses a connection after 5 s would find it closed."""
    engine = start_engine(server.url("shop"))
    engine.wait_ready()
    with socket.create_connection(("127.0.0.1", engine.port)) as connection:
        for pause_s in (0, 6.2):
            time.sleep(pause_s)
            connection.sendall(b"GET /status HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")


def test_unknown_paths_and_bodies_are_answered(server: DatabaseServer, start_engine: Start) -> None:
    engine = start_engine(server.url("shop"))
    engine.wait_ready()
    with pytest.raises(OSError, match="404"):
        engine.get("/nothing")
    for body in (b"", b"{", b"null", {"batch": 5}, {"batch": [{"query": "nope"}]}):
        assert engine.post("/", body)["errors"][0]["user_facing_error"]["error_code"] == "P2009"
    for options in ({}, {"max_wait": -1, "timeout": 1}, {"max_wait": "x", "timeout": 1}):
        assert "errors" in engine.post("/transaction/start", options)
    assert "data" in engine.query(COUNT)


def test_nothing_is_logged_without_an_error(server: DatabaseServer, start_engine: Start) -> None:
    engine = start_engine(server.url("shop"))
    engine.wait_ready()
    engine.query(COUNT)
    engine.query("query { result: findManyNothing { id } }")
    engine.process.terminate()
    output, errors = engine.process.communicate(timeout=120)
    assert (output, errors) == (b"", b"")
