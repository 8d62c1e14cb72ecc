"""Writing datasets. Each write is committed when the function returns."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from gateway_kit.stack.servers.tracestore.store.ids import cuid
from gateway_kit.stack.servers.tracestore.store.reader import Row
from gateway_kit.stack.servers.tracestore.store.times import now_ms
from gateway_kit.stack.servers.tracestore.store.writing import writing

ITEMS_AT_ONCE = 500  # of a dataset whose schema changes, so that memory stays bounded

# Decides on a change: gets the row before it, None for a new dataset, and the dataset's items in parts.
Check = Callable[[Row | None, AsyncIterator[list[Row]]], Awaitable[None]]

_NEW = """
insert into datasets (id, name, created_at, updated_at) values (%s, %s, %s, %s) on conflict (name) do nothing
"""
_ITEMS = """
select id, input, expected_output from dataset_items where dataset_id = %s and valid_to is null and not is_deleted
order by valid_from desc, id
"""


async def upsert_dataset(
    pool: AsyncConnectionPool[AsyncConnection], name: str, changes: Mapping[str, str | None], check: Check
) -> Row:
    """The dataset after its columns `changes` were written; a new one if there was none with this name.

    What `check` raises leaves everything as it was. While it runs, no item of the dataset is written.
    """
    now = now_ms()
    async with writing(pool) as connection, connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_NEW, (cuid(), name, now, now))
        is_new = cursor.rowcount == 1
        await cursor.execute("select * from datasets where name = %s for update", (name,))
        row = await cursor.fetchone()
        if row is None:
            raise LookupError(f"the dataset {name!r} was deleted meanwhile")
        await check(None if is_new else row, _items(connection, row["id"]))
        columns = {**changes, "updated_at": now}
        assignments = sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(column), sql.Placeholder(column)) for column in columns
        )
        statement = sql.SQL("update datasets set {} where id = %(id)s returning *").format(assignments)
        await cursor.execute(statement, {**columns, "id": row["id"]})
        changed = await cursor.fetchone()
    if changed is None:
        raise LookupError(f"the dataset {name!r} was deleted meanwhile")
    return changed


async def _items(connection: AsyncConnection, dataset_id: str) -> AsyncIterator[list[Row]]:
    async with connection.cursor(name="items", row_factory=dict_row) as cursor:
        await cursor.execute(_ITEMS, (dataset_id,))
        while rows := await cursor.fetchmany(ITEMS_AT_ONCE):
            yield rows
