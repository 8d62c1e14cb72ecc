"""LiteLLM's database schema, applied without Prisma's schema engine.

The migrations are SQL files in `litellm-proxy-extras`. Which ones were applied is kept in Prisma's own table, so
that a LiteLLM which brings the schema engine finds the database as it would have left it.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from gateway_kit.errors import NotSetUpError, StackError

if TYPE_CHECKING:
    import psycopg

# The advisory lock that Prisma's schema engine takes for the same work.
_PRISMA_LOCK = 72707369

_TABLE = """
create table if not exists _prisma_migrations (
    id varchar(36) primary key not null,
    checksum varchar(64) not null,
    finished_at timestamptz,
    migration_name varchar(255) not null,
    logs text,
    rolled_back_at timestamptz,
    started_at timestamptz not null default now(),
    applied_steps_count integer not null default 0
)
"""

# Statements that PostgreSQL refuses inside a transaction.
_NO_TRANSACTION = re.compile(r"\bconcurrently\b|\bvacuum\b", re.IGNORECASE)


def schema_path() -> Path:
    """LiteLLM's Prisma schema, as the installed wheel has it."""
    return _extras() / "schema.prisma"


def migration_files() -> list[Path]:
    """LiteLLM's migrations in the order of their application."""
    return sorted((_extras() / "migrations").glob("*/migration.sql"))


def migrate(url: str) -> int:
    """Apply the missing migrations to the database at `url`; returns how many those were. Raises StackError.

    A file and its record are one transaction: after a crash the next start continues where this one ended.
    """
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (_PRISMA_LOCK,))
        connection.execute("set client_min_messages = warning")
        connection.execute(_TABLE)
        rows = connection.execute(
            "select migration_name from _prisma_migrations where finished_at is not null"
        ).fetchall()
        applied = {name for (name,) in rows}
        missing = [path for path in migration_files() if path.parent.name not in applied]
        for path in missing:
            _apply(connection, path)
    return len(missing)


def _apply(connection: psycopg.Connection[tuple[object, ...]], path: Path) -> None:
    import psycopg

    sql = path.read_text()
    name = path.parent.name
    checksum = hashlib.sha256(sql.encode()).hexdigest()
    # Both values are this machine's own (a folder's name, a digest); a statement of several parts takes no
    # parameters, and it is the several parts in one statement that make the file and its record atomic.
    record = (
        "insert into _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count) "  # noqa: S608
        f"values ('{uuid.uuid4()}', '{checksum}', now(), '{name}', 1)"
    )
    steps = [sql, record] if _NO_TRANSACTION.search(sql) else [f"{sql}\n;\n{record}"]
    try:
        for step in steps:
            connection.execute(step)
    except psycopg.Error as exc:
        raise StackError(f"LiteLLM's migration {name} failed: {exc}") from exc


def _extras() -> Path:
    spec = find_spec("litellm_proxy_extras")
    if spec is None or spec.origin is None:
        raise NotSetUpError("the package litellm-proxy-extras")
    return Path(spec.origin).parent
