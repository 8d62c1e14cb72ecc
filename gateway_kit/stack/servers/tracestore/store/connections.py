"""Reading and writing LLM connections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from gateway_kit.stack.servers.tracestore.store.ids import cuid
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row
from gateway_kit.stack.servers.tracestore.store.times import now_ms
from gateway_kit.stack.servers.tracestore.store.writing import writing

Pool = AsyncConnectionPool[AsyncConnection]

_PUT = """
insert into llm_connections (id, provider, adapter, display_secret_key, base_url, custom_models,
    with_default_models, extra_header_keys, config, created_at, updated_at)
values (%(id)s, %(provider)s, %(adapter)s, %(display_secret_key)s, %(base_url)s, %(custom_models)s,
    %(with_default_models)s, %(extra_header_keys)s, %(config)s::jsonb, %(now)s, %(now)s)
on conflict (md5(provider)) do update set adapter = excluded.adapter,
    display_secret_key = excluded.display_secret_key, base_url = excluded.base_url,
    custom_models = excluded.custom_models, with_default_models = excluded.with_default_models,
    extra_header_keys = excluded.extra_header_keys, config = coalesce(excluded.config, llm_connections.config),
    updated_at = excluded.updated_at
returning *
"""


async def base_url_of(reader: Reader, provider: str) -> str | None:
    """The base URL of a provider's connection; None without one."""
    query = "select base_url from llm_connections where provider = %(provider)s"
    rows = await reader.rows(query, {"provider": provider})
    return rows[0]["base_url"] if rows else None


async def put_connection(pool: Pool, columns: Mapping[str, Any]) -> tuple[Row, bool]:
    """The connection after the write, and whether it is new. A config that is None leaves the one that is there."""
    values = {**columns, "id": cuid(), "now": now_ms()}
    async with writing(pool) as connection, connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_PUT, values)
        (row,) = await cursor.fetchall()
    return row, row["id"] == values["id"]


async def delete_connection(pool: Pool, connection_id: str) -> bool:
    """Whether there was one with this id."""
    async with writing(pool) as connection:
        cursor = await connection.execute("delete from llm_connections where id = %s", (connection_id,))
    return bool(cursor.rowcount)


async def connection_page(reader: Reader, limit: int, offset: int) -> tuple[list[Row], int]:
    """A page of the connections, newest first, and how many there are."""
    rows = await reader.rows(
        "select * from llm_connections order by created_at desc, id desc limit %(limit)s offset %(offset)s",
        {"limit": limit, "offset": offset},
    )
    (count,) = await reader.rows("select count(*) as n from llm_connections", {})
    return rows, count["n"]
