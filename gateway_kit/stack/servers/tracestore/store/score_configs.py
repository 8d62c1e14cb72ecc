"""Reading and writing score configs. Each write is committed when the function returns."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson
from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row
from gateway_kit.stack.servers.tracestore.store.times import now_ms
from gateway_kit.stack.servers.tracestore.store.writing import writing

_NEW = """
insert into score_configs
    (id, name, description, data_type, min_value, max_value, categories, created_at, updated_at)
values (%(id)s, %(name)s, %(description)s, %(data_type)s, %(min_value)s, %(max_value)s, %(categories)s::jsonb,
    %(now)s, %(now)s)
returning *
"""
_PAGE = "select * from score_configs order by created_at desc, id limit %(limit)s offset %(offset)s"


async def new_config(pool: AsyncConnectionPool[AsyncConnection], columns: Mapping[str, Any]) -> Row:
    """The config that was made of these columns."""
    values = {**_as_stored(columns), "id": str(uuid.uuid4()), "now": now_ms()}
    async with writing(pool) as connection, connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_NEW, values)
        (row,) = await cursor.fetchall()
    return row


async def change_config(
    pool: AsyncConnectionPool[AsyncConnection],
    config_id: str,
    changes: Mapping[str, Any],
    check: Callable[[Row], None],
) -> Row | None:
    """The config after the change, which `check` sees first and may refuse; None if there is none with this id."""
    async with writing(pool) as connection, connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute("select * from score_configs where id = %s for update", (config_id,))
        row = await cursor.fetchone()
        if row is None:
            return None
        check({**row, **changes})
        columns = {**_as_stored(changes), "updated_at": now_ms()}
        assignments = sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in columns
        )
        statement = sql.SQL("update score_configs set {} where id = %(id)s returning *").format(assignments)
        await cursor.execute(statement, {**columns, "id": config_id})
        return await cursor.fetchone()


async def config_page(reader: Reader, limit: int, offset: int) -> tuple[list[Row], int]:
    """A page of the configs, newest first, and how many there are."""
    rows = await reader.rows(_PAGE, {"limit": limit, "offset": offset})
    (count,) = await reader.rows("select count(*) as n from score_configs", {})
    return rows, count["n"]


async def configs_by_id(connection: AsyncConnection, config_ids: Iterable[str]) -> dict[str, Row]:
    """The configs with these ids, as they are until the transaction ends."""
    ids = sorted(set(config_ids))
    if not ids:
        return {}
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute("select * from score_configs where id = any(%s) for share", (ids,))
        return {row["id"]: row for row in await cursor.fetchall()}


def _as_stored(columns: Mapping[str, Any]) -> dict[str, Any]:
    categories = columns.get("categories")
    text = None if categories is None else orjson.dumps(categories).decode()
    return {**columns, **({"categories": text} if "categories" in columns else {})}
