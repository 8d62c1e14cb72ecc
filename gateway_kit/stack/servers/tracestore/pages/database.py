"""One read-only transaction per page, with a limit on each statement."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from starlette.requests import Request

STATEMENT_TIMEOUT_MS = 8000

Row = dict[str, Any]


class Reader:
    """Queries on one connection."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection

    async def rows(self, query: LiteralString, parameters: Mapping[str, Any]) -> list[Row]:
        """All rows, by column name."""
        async with self._connection.cursor(row_factory=dict_row) as cursor:
            # Never a named plan: which index is best depends on how common the wanted value is.
            await cursor.execute(query, parameters, prepare=False)
            return await cursor.fetchall()

    async def group_by_hash(self) -> None:
        """Let the page's further queries group without sorting.

        The planner takes each start_time for a group of its own, since it knows nothing of the time steps, and would
        sort half a million rows to make a few thousand groups.
        """
        await self._connection.execute("select set_config('enable_sort', 'off', true)")


@asynccontextmanager
async def reader(request: Request) -> AsyncIterator[Reader]:
    """A connection of the pool for the length of a page."""
    async with request.app.state.pool.connection() as connection:
        # One state of the tables for all queries of a page.
        await connection.execute("set transaction isolation level repeatable read, read only")
        await connection.execute(
            "select set_config('statement_timeout', %s, true), set_config('work_mem', '64MB', true)",
            [str(STATEMENT_TIMEOUT_MS)],
        )
        yield Reader(connection)
