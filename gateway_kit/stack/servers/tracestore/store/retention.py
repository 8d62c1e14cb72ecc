"""Retention: deletes observations and scores after a number of days."""

from __future__ import annotations

import asyncio
import sys

import psycopg
from psycopg import AsyncConnection, sql
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from gateway_kit.stack.servers.tracestore.store.media import forget_old_media
from gateway_kit.stack.servers.tracestore.store.media_files import MediaFiles

EVERY_S = 3600.0
ROWS_AT_ONCE = 5000  # per transaction, so that each is short and blocks nobody

_TIMES = (("observations", "start_time"), ("scores", "timestamp"))


async def delete_older(pool: AsyncConnectionPool[AsyncConnection], days: int) -> dict[str, int]:
    """Delete observations that started, and scores that were given, more than `days` ago; returns counts by table."""
    deleted = {}
    for table, column in _TIMES:
        statement = sql.SQL(
            "delete from {0} where ctid = any(array("
            "select ctid from {0} where {1} < now() - make_interval(days => %s) limit %s))"
        ).format(sql.Identifier(table), sql.Identifier(column))
        deleted[table] = 0
        while True:
            async with pool.connection() as connection:
                cursor = await connection.execute(statement, (days, ROWS_AT_ONCE))
            deleted[table] += cursor.rowcount
            if cursor.rowcount < ROWS_AT_ONCE:
                break
            await asyncio.sleep(0.05)
    return deleted


async def keep_deleting(
    pool: AsyncConnectionPool[AsyncConnection], days: int | None, media: MediaFiles | None = None
) -> None:
    """Delete now and then every hour, media too; do nothing if `days` is None.

    If the database does not answer, try again a minute later.
    """
    if days is None:
        return
    while True:
        try:
            deleted = await delete_older(pool, days)
            if media is not None:
                media.delete(await forget_old_media(pool, days))
        except (psycopg.Error, PoolTimeout) as exc:
            print(f"tracestore: deleting old traces: {exc}", file=sys.stderr, flush=True)
            await asyncio.sleep(60)
            continue
        if any(deleted.values()):
            print(
                f"tracestore: deleted {deleted['observations']} observations and {deleted['scores']} scores "
                f"older than {days} days",
                flush=True,
            )
        await asyncio.sleep(EVERY_S)
