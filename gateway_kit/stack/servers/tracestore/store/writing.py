"""Transactions that change what people made, and not what arrived from programs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool


@asynccontextmanager
async def writing(
    pool: AsyncConnectionPool[AsyncConnection], lock: int | None = None
) -> AsyncIterator[AsyncConnection]:
    """A transaction that is committed, and on disk, when the block ends; an exception undoes it.

    With a `lock`, transactions with the same number run one after the other: each sees all that the earlier ones did.
    """
    async with pool.connection() as connection:
        # An answer promises that what was written survives a crash, whatever the database's own setting is.
        await connection.execute("set local synchronous_commit = on")
        if lock is not None:
            await connection.execute("select pg_advisory_xact_lock(%s)", (lock,))
        yield connection
