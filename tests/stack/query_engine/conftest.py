"""One server, one pair of generated clients and one connected client for all of this folder's tests."""

from __future__ import annotations

import importlib
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import pytest_asyncio

from .database_server import DatabaseServer
from .engine_program import HERE, EngineProgram, write_launcher
from .generated_clients import generate_clients

# Deleting from a few small tables takes a tenth of the time that TRUNCATE takes.
EMPTY_TABLES = """
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY[
    '_CategoryToPost', 'Category', 'Post', 'Profile', 'Note', 'Document', 'Everything', 'User'
  ] LOOP
    EXECUTE format('DELETE FROM %I', name);
  END LOOP;
  PERFORM setval(oid, 1, false) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace;
END $$
"""


@pytest.fixture(scope="package")
def server() -> Iterator[DatabaseServer]:
    server = DatabaseServer()
    try:
        server.start()
        server.create_database("shop")
        with server.connect("shop") as connection:
            connection.execute((HERE / "tables.sql").read_text())
        yield server
    finally:
        server.close()


@pytest.fixture(scope="package")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_launcher(tmp_path_factory.mktemp("launcher"))


@pytest.fixture(scope="package")
def generated(tmp_path_factory: pytest.TempPathFactory, launcher: Path) -> Iterator[Path]:
    folder = generate_clients(tmp_path_factory.mktemp("clients"), launcher)
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture(scope="package")
def environment(server: DatabaseServer, launcher: Path) -> Iterator[pytest.MonkeyPatch]:
    """The clients' environment variables: the engine's program and the schema's own variable."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRISMA_QUERY_ENGINE_BINARY", str(launcher))
        patch.setenv("QUERY_ENGINE_TEST_URL", server.url("shop"))
        # The schema names another variable; this one must not be read.
        patch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")
        yield patch


@pytest.fixture(scope="package")
def prisma(generated: Path, environment: pytest.MonkeyPatch) -> ModuleType:
    return importlib.import_module("async_client")


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def connected(prisma: ModuleType) -> AsyncIterator[Any]:
    client = prisma.Prisma()
    await client.connect(timeout=timedelta(seconds=120))  # 10 s are few for a busy machine
    yield client
    await client.disconnect()


@pytest_asyncio.fixture(loop_scope="session")
async def client(connected: Any) -> Any:
    """The shared client on empty tables."""
    await connected.execute_raw(EMPTY_TABLES)
    return connected


@pytest.fixture
def start_engine() -> Iterator[Callable[..., EngineProgram]]:
    """Starts engines that end with the test."""
    programs: list[EngineProgram] = []

    def start(url: str, **options: Any) -> EngineProgram:
        programs.append(EngineProgram(url, **options))
        return programs[-1]

    yield start
    for program in programs:
        program.close()
