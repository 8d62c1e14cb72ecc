"""LiteLLM's migrations on the kit's real PostgreSQL, without a gateway."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest

from gateway_kit.errors import StackError
from gateway_kit.settings import BASE_PORTS, Settings
from gateway_kit.stack.services import credentials as keyring
from gateway_kit.stack.services import migrations, postgres
from gateway_kit.stack.supervisor import preflight, process
from gateway_kit.stack.supervisor.ports import free_offset
from gateway_kit.stack.supervisor.process import ProcessRecord, Service


@dataclass
class Server:
    """A running PostgreSQL and what is needed to start it again."""

    service: Service
    url: str
    home: Path
    record: ProcessRecord

    def start(self) -> None:
        assert self.service.prepare is not None
        self.service.prepare()
        self.record = process.start(self.service)
        process.wait_ready(self.service, self.record, deadline_s=300)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("postgres") / "it's home"
    preflight.check_home(home)
    settings = Settings(home=home, port_offset=free_offset((BASE_PORTS["postgres"],)))
    credentials = keyring.resolve({}, {})
    made = Server(
        postgres.postgres_service(settings, credentials),
        postgres.own_database_url(settings, credentials), home, ProcessRecord(0, ""),
    )  # fmt: skip
    made.start()
    yield made
    process.stop(made.record)
    assert process.working_in(home) == []


def test_the_first_start_applies_all_migrations_and_the_second_none(server: Server):
    postgres.ensure_database(server.url.replace("/litellm", "/postgres"), "litellm")
    files = migrations.migration_files()
    assert len(files) > 100
    assert migrations.migrate(server.url) == len(files)
    assert migrations.migrate(server.url) == 0
    with psycopg.connect(server.url) as connection:
        rows = connection.execute(
            "select migration_name, checksum, finished_at from _prisma_migrations"
        ).fetchall()
        assert {name: checksum for name, checksum, _ in rows} == {
            path.parent.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files
        }
        assert all(finished is not None for *_, finished in rows)
        connection.execute('select token, spend, max_budget from "LiteLLM_VerificationToken"')


def database(server: Server, name: str) -> str:
    """The URL of a new database."""
    postgres.ensure_database(server.url.replace("/litellm", "/postgres"), name)
    return server.url.replace("/litellm", f"/{name}")


@pytest.fixture(scope="module")
def fresh_columns(server: Server) -> list[tuple[object, ...]]:
    """The columns of a database that all migrations have made at once."""
    url = database(server, "fresh")
    migrations.migrate(url)
    return _columns(url)


@pytest.mark.parametrize("missing", [1, 10, 60])
def test_an_older_releases_database_is_migrated_and_keeps_its_rows(
    server: Server,
    fresh_columns: list[tuple[object, ...]],
    monkeypatch: pytest.MonkeyPatch,
    missing: int,
):
    """A release has its predecessor's migrations and some more, whose names sort later."""
    files = migrations.migration_files()
    older = database(server, f"older_{missing}")
    with monkeypatch.context() as before:
        before.setattr(migrations, "migration_files", lambda: files[:-missing])
        assert migrations.migrate(older) == len(files) - missing
    with psycopg.connect(older) as connection:
        connection.execute(
            """insert into "LiteLLM_VerificationToken" (token, key_alias, spend, models, metadata)
               values ('hash', 'mine', 0.25, '{gpt-4o-mini}', '{"a": ["ü"]}')"""
        )
        connection.execute(
            """insert into "LiteLLM_SpendLogs" (request_id, call_type, api_key, spend, "startTime", "endTime")
               values ('r-1', 'acompletion', 'hash', 0.25, now(), now())"""
        )
    assert migrations.migrate(older) == missing
    with psycopg.connect(older) as connection:
        kept = connection.execute(
            """select key_alias, k.spend, models, k.metadata, request_id from "LiteLLM_VerificationToken" k
               join "LiteLLM_SpendLogs" l on l.api_key = k.token"""
        ).fetchall()
    assert kept == [("mine", 0.25, ["gpt-4o-mini"], {"a": ["ü"]}, "r-1")]
    assert _columns(older) == fresh_columns


def _columns(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            """select table_name, column_name, data_type, column_default, is_nullable
               from information_schema.columns where table_schema = 'public' order by 1, 2"""
        ).fetchall()


def test_a_broken_migration_is_rolled_back_and_named(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    broken = tmp_path / "29990101000000_broken" / "migration.sql"
    broken.parent.mkdir()
    broken.write_text("create table half (id int); select no_such_function();")
    monkeypatch.setattr(migrations, "migration_files", lambda: [broken])
    with pytest.raises(StackError, match=r"29990101000000_broken failed.*no_such_function"):
        migrations.migrate(server.url)
    with psycopg.connect(server.url) as connection:
        assert connection.execute("select to_regclass('half')").fetchone() == (None,)
    broken.write_text("create table whole (id int);")
    assert migrations.migrate(server.url) == 1
    assert migrations.migrate(server.url) == 0


def test_postgresql_listens_only_on_loopback_and_needs_its_password(server: Server):
    addresses = {
        connection.laddr.ip
        for connection in psutil.Process(server.record.pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {"127.0.0.1"}
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.url.replace("gateway:", "gateway:x"))


def test_a_killed_server_starts_again_although_its_zombie_remains(server: Server):
    """In many containers orphans are never reaped: the pid stays in use, and PostgreSQL's lock file names it."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("create table if not exists kept (id int)")
        connection.execute("insert into kept values (7)")
        os.kill(server.record.pid, signal.SIGKILL)
    while psutil.Process(server.record.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)  # this test's own child, not waited for: it stays a zombie
    assert (server.home / "postgres" / "postmaster.pid").exists()
    server.start()
    with psycopg.connect(server.url) as connection:
        assert connection.execute("select id from kept").fetchall() == [(7,)]


def test_an_incomplete_data_folder_is_recreated(tmp_path: Path):
    home = tmp_path / "home"
    preflight.check_home(home)
    half = home / "postgres.making"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    settings = Settings(home=home, port_offset=free_offset((BASE_PORTS["postgres"],)))
    service = postgres.postgres_service(settings, keyring.resolve({}, {}))
    assert service.prepare is not None
    service.prepare()
    assert (home / "postgres" / "global" / "pg_control").is_file()
    assert not half.exists()


def test_the_error_for_an_unusable_database_shows_no_password():
    with pytest.raises(
        StackError, match=r"DATABASE_URL \(postgresql://127.0.0.1:1/db\) cannot be used"
    ) as raised:
        postgres.check_database("postgresql://me:hidden@127.0.0.1:1/db?schema=public")
    assert "hidden" not in str(raised.value)
