"""One PostgreSQL server and one trace store over a fresh database for all of this folder's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from query_engine.database_server import DatabaseServer, free_port

from .page_reader import Reader
from .store_program import StoreProgram, empty_tables


@pytest.fixture(scope="package")
def trace_server() -> Iterator[DatabaseServer]:
    """A PostgreSQL server without the store's database."""
    server = DatabaseServer()
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="package")
def store(trace_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreProgram]:
    """The running program; tests share it, so they use ids of their own or `empty_store`."""
    trace_server.create_database("traces")
    log_path: Path = tmp_path_factory.mktemp("tracestore") / "log"
    program = StoreProgram(trace_server.url("traces"), free_port(), log_path)
    try:
        program.start()
        yield program
    finally:
        program.close()


@pytest.fixture
def empty_store(store: StoreProgram) -> StoreProgram:
    """The same program, with empty tables."""
    with psycopg.connect(store.database_url, autocommit=True) as connection:
        empty_tables(connection)
    return store


@pytest.fixture(scope="module")
def reader(store: StoreProgram) -> Iterator[Reader]:
    """A signed-in reader."""
    person = Reader(store)
    person.sign_in()
    yield person
    person.http.close()


@pytest.fixture
def page(reader: Reader, empty_store: StoreProgram) -> Reader:
    """A signed-in reader of an empty store."""
    return reader
