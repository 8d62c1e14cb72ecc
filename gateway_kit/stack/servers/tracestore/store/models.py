"""Reading and writing models with prices of one's own."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row, reading
from gateway_kit.stack.servers.tracestore.store.writing import writing

Pool = AsyncConnectionPool[AsyncConnection]

MATCH_TIMEOUT_MS = 2000  # for a pattern that would take forever


class NameTakenError(Exception):
    """Another model has this name."""


_NEW = """
insert into own_models
    (id, name, match_pattern, start_date, unit, tokenizer_id, tokenizer_config, tiers, created_at)
values (%(id)s, %(name)s, %(match_pattern)s, %(start_date)s, %(unit)s, %(tokenizer_id)s,
    %(tokenizer_config)s::json, %(tiers)s::json, %(created_at)s) returning *
"""
_MATCHES = """
select name, (select m.id from own_models m where sent.name ~ m.match_pattern
    order by m.start_date desc nulls last, m.created_at, m.id limit 1) as model_id
from unnest(%(names)s::text[]) as sent(name)
"""


async def own_models(reader: Reader) -> list[Row]:
    """All of them."""
    return await reader.rows("select * from own_models", {})


async def is_pattern(pool: Pool, pattern: str) -> bool:
    """Whether PostgreSQL takes the text for a regular expression, and is not busy with it for long."""
    try:
        async with reading(pool, MATCH_TIMEOUT_MS) as reader:
            await reader.rows("select 'test' ~ %(pattern)s", {"pattern": pattern})
    except (psycopg.DataError, psycopg.errors.QueryCanceled, psycopg.errors.ProgramLimitExceeded):
        return False
    except psycopg.errors.InternalError_:  # too complex
        return False
    return True


async def new_model(pool: Pool, columns: Mapping[str, Any]) -> Row:
    """The new model. Raises NameTakenError."""
    try:
        async with writing(pool) as connection, connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(_NEW, columns)
            (row,) = await cursor.fetchall()
    except psycopg.errors.UniqueViolation:
        raise NameTakenError from None
    return row


async def delete_model(pool: Pool, model_id: str) -> bool:
    """Whether there was such a model."""
    async with writing(pool) as connection:
        cursor = await connection.execute("delete from own_models where id = %s", (model_id,))
    return bool(cursor.rowcount)


async def matching_models(pool: Pool, names: Sequence[str]) -> dict[str, str | None]:
    """For each name the id of the model whose pattern matches it; None without one."""
    try:
        async with reading(pool, MATCH_TIMEOUT_MS) as reader:
            rows = await reader.rows(_MATCHES, {"names": list(names)})
    except psycopg.errors.QueryCanceled:
        print(
            "tracestore: the match patterns of the models of one's own take too long; calls get the price map's prices",
            file=sys.stderr,
            flush=True,
        )
        return dict.fromkeys(names)
    return {row["name"]: row["model_id"] for row in rows}
