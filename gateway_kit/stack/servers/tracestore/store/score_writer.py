"""Writes scores: all of a request in one transaction; the same id again is an update."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields

from psycopg import AsyncConnection, sql
from psycopg_pool import AsyncConnectionPool

from gateway_kit.stack.servers.tracestore.api.score_body import Score

_COLUMNS = tuple(field.name for field in fields(Score))


def _statement() -> sql.Composed:
    return sql.SQL(
        "insert into scores ({}) values ({}) on conflict (id) do update set {}, updated_at = now()"
    ).format(
        sql.SQL(", ").join(map(sql.Identifier, _COLUMNS)),
        sql.SQL(", ").join([sql.Placeholder()] * len(_COLUMNS)),
        sql.SQL(", ").join(
            sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in _COLUMNS if name != "id"
        ),
    )


async def write_scores(pool: AsyncConnectionPool[AsyncConnection], scores: Sequence[Score]) -> None:
    """Return once the scores are committed. Raises psycopg.Error or PoolTimeout where they are not."""
    # In the order of their ids, so that two requests with the same ids wait for each other and do not deadlock.
    unique = {score.id: score for score in scores}
    rows = [astuple(unique[name]) for name in sorted(unique)]
    async with pool.connection() as connection, connection.cursor() as cursor:
        await cursor.execute("set local synchronous_commit = on")
        await cursor.executemany(_statement(), rows)
