"""Queries that read: one snapshot, a limit on their time, and the memory that they may use."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import TupleRow
from starlette.requests import Request

STATEMENT_TIMEOUT_MS = 15_000
# The stack's server has 4 MB by default: hash tables of a million rows would go to files.
WORK_MEM_MB = 64

_SETTINGS = f"""
set local statement_timeout = {STATEMENT_TIMEOUT_MS};
set local work_mem = '{WORK_MEM_MB}MB';
set local jit = off;
set local timezone = 'UTC';
"""


@asynccontextmanager
async def reading(request: Request) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction that sees one state of the tables. A query that takes too long is cancelled."""
    async with request.app.state.pool.connection() as connection, connection.transaction():
        await connection.execute("set transaction isolation level repeatable read, read only")
        await connection.execute(_SETTINGS)
        yield connection


async def run(
    connection: AsyncConnection, query: str, values: Mapping[str, Any], *, binary: bool = False
) -> AsyncCursor[TupleRow]:
    """The cursor of a query that is made of expressions of our own and place holders."""
    # Never prepared: a plan for any parameter would not use a partial index, nor what is known of the values.
    return await connection.execute(query, values, prepare=False, binary=binary)
