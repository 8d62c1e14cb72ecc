"""Reading from the database: one snapshot for all queries of a request, with limits on time and memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

API_TIMEOUT_MS = 15_000
PAGE_TIMEOUT_MS = 8_000

# With PostgreSQL's default work_mem of 4 MB, hash tables of a million rows would go to temporary files.
_SETTINGS = """
set transaction isolation level repeatable read, read only;
set local work_mem = '64MB';
set local jit = off;
set local timezone = 'UTC';
set local statement_timeout =
"""

Row = dict[str, Any]


class Reader:
    """Runs queries in one transaction. SQL is the store's own; whatever a client sent is passed as a parameter."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection

    async def rows(self, query: str, values: Mapping[str, Any], *, binary: bool = False) -> list[Row]:
        """All rows, by column name."""
        async with self._connection.cursor(row_factory=dict_row, binary=binary) as cursor:
            # Never prepared: a generic plan cannot use a partial index or the statistics of the given values.
            await cursor.execute(query, values, prepare=False)
            return await cursor.fetchall()

    async def each(self, query: str, values: Mapping[str, Any]) -> AsyncGenerator[Row]:
        """The rows one by one, fetched in parts, so that a caller can stop early."""
        async with self._connection.cursor(name="each", row_factory=dict_row) as cursor:
            await cursor.execute(query, values)
            async for row in cursor:
                yield row

    async def group_by_hash(self) -> None:
        """Make further queries group without sorting.

        The planner does not know how many time buckets there are: it expects one group per start_time and would
        sort half a million rows to make a few thousand groups.
        """
        await self._connection.execute("set local enable_sort = off")


@asynccontextmanager
async def reading(
    pool: AsyncConnectionPool[AsyncConnection], timeout_ms: int = API_TIMEOUT_MS
) -> AsyncIterator[Reader]:
    """A read-only transaction. A query that takes longer than `timeout_ms` raises psycopg's QueryCanceled."""
    async with snapshot(pool, timeout_ms) as connection:
        yield Reader(connection)


@asynccontextmanager
async def snapshot(
    pool: AsyncConnectionPool[AsyncConnection], timeout_ms: int = API_TIMEOUT_MS
) -> AsyncIterator[AsyncConnection]:
    """The same, as a connection."""
    async with pool.connection() as connection:
        await connection.execute(f"{_SETTINGS}{int(timeout_ms)}".encode())
        yield connection
