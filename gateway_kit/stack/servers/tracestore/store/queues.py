"""Reading and writing annotation queues, their items and who judges them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from gateway_kit.stack.servers.tracestore.store.ids import cuid
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row
from gateway_kit.stack.servers.tracestore.store.times import now_ms
from gateway_kit.stack.servers.tracestore.store.writing import writing

Pool = AsyncConnectionPool[AsyncConnection]


class UnknownQueueError(Exception):
    """There is no queue with this id."""


class UnknownItemError(Exception):
    """The queue has no item with this id."""


class UnknownConfigError(Exception):
    """There is no score config with one of the ids."""


class NameTakenError(Exception):
    """Another queue has this name."""


_NEW_QUEUE = """
insert into annotation_queues (id, name, description, score_config_ids, created_at, updated_at)
values (%(id)s, %(name)s, %(description)s, %(config_ids)s, %(now)s, %(now)s) returning *
"""
_NEW_ITEM = """
insert into annotation_queue_items
    (id, queue_id, object_id, object_type, status, completed_at, created_at, updated_at)
values (%(id)s, %(queue_id)s, %(object_id)s, %(object_type)s, %(status)s,
    case when %(status)s = 'COMPLETED' then %(now)s end, %(now)s, %(now)s) returning *
"""
_CHANGE_ITEM = """
update annotation_queue_items set status = coalesce(%(status)s, status), updated_at = %(now)s,
    completed_at = case when %(status)s = 'COMPLETED' then %(now)s else completed_at end
where id = %(id)s and queue_id = %(queue_id)s returning *
"""
_ITEM = "from annotation_queue_items where id = %(id)s and queue_id = %(queue_id)s"


async def _first(connection: AsyncConnection, query: LiteralString, values: Mapping[str, Any]) -> Row | None:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, values)
        return await cursor.fetchone()


async def new_queue(pool: Pool, name: str, description: str | None, config_ids: Sequence[str]) -> Row:
    """The new queue. Raises UnknownConfigError or NameTakenError."""
    values = {"id": cuid(), "name": name, "description": description, "config_ids": list(config_ids)}
    try:
        async with writing(pool) as connection:
            query: LiteralString = "select count(*) as n from score_configs where id = any(%(ids)s)"
            found = await _first(connection, query, {"ids": list(config_ids)})
            if found is None or found["n"] < len(set(config_ids)):
                raise UnknownConfigError
            row = await _first(connection, _NEW_QUEUE, {**values, "now": now_ms()})
    except psycopg.errors.UniqueViolation:
        raise NameTakenError from None
    return row or {}


async def queue_by_id(reader: Reader, queue_id: str) -> Row:
    """The queue. Raises UnknownQueueError."""
    rows = await reader.rows("select * from annotation_queues where id = %(id)s", {"id": queue_id})
    if not rows:
        raise UnknownQueueError
    return rows[0]


async def queue_page(reader: Reader, limit: int, offset: int) -> tuple[list[Row], int]:
    """A page of the queues, newest first, and how many there are."""
    rows = await reader.rows(
        "select * from annotation_queues order by created_at desc, id desc limit %(limit)s offset %(offset)s",
        {"limit": limit, "offset": offset},
    )
    (count,) = await reader.rows("select count(*) as n from annotation_queues", {})
    return rows, count["n"]


async def new_item(pool: Pool, queue_id: str, object_id: str, object_type: str, status: str) -> Row:
    """The new item. Raises UnknownQueueError."""
    values = {"id": cuid(), "queue_id": queue_id, "object_id": object_id, "object_type": object_type}
    try:
        async with writing(pool) as connection:
            row = await _first(connection, _NEW_ITEM, {**values, "status": status, "now": now_ms()})
    except psycopg.errors.ForeignKeyViolation:
        raise UnknownQueueError from None
    return row or {}


async def item_page(
    reader: Reader, queue_id: str, status: str | None, limit: int, offset: int
) -> tuple[list[Row], int]:
    """A page of a queue's items, newest first, and how many there are. Raises UnknownQueueError."""
    await queue_by_id(reader, queue_id)
    values = {"queue_id": queue_id, "status": status, "limit": limit, "offset": offset}
    of_queue = "from annotation_queue_items where queue_id = %(queue_id)s"
    if status is not None:
        of_queue += " and status = %(status)s"
    rows = await reader.rows(
        f"select * {of_queue} order by created_at desc, id desc limit %(limit)s offset %(offset)s", values
    )
    (count,) = await reader.rows(f"select count(*) as n {of_queue}", values)
    return rows, count["n"]


async def item_by_id(reader: Reader, queue_id: str, item_id: str) -> Row:
    """The item. Raises UnknownQueueError or UnknownItemError."""
    await queue_by_id(reader, queue_id)
    rows = await reader.rows(f"select * {_ITEM}", {"id": item_id, "queue_id": queue_id})
    if not rows:
        raise UnknownItemError
    return rows[0]


async def change_item(pool: Pool, queue_id: str, item_id: str, status: str | None) -> Row:
    """The item after the change; None changes no status. Raises UnknownQueueError or UnknownItemError."""
    values = {"id": item_id, "queue_id": queue_id, "status": status, "now": now_ms()}
    async with writing(pool) as connection:
        await _check_queue(connection, queue_id)
        row = await _first(connection, _CHANGE_ITEM, values)
    if row is None:
        raise UnknownItemError
    return row


async def delete_item(pool: Pool, queue_id: str, item_id: str) -> None:
    """Delete the item. Raises UnknownQueueError or UnknownItemError."""
    async with writing(pool) as connection:
        await _check_queue(connection, queue_id)
        cursor = await connection.execute(f"delete {_ITEM}", {"id": item_id, "queue_id": queue_id})
    if not cursor.rowcount:
        raise UnknownItemError


async def assign(pool: Pool, queue_id: str, user_id: str) -> None:
    """Note that a user judges in a queue. Raises UnknownQueueError."""
    try:
        async with writing(pool) as connection:
            await connection.execute(
                "insert into annotation_queue_assignments values (%s, %s) on conflict do nothing",
                (queue_id, user_id),
            )
    except psycopg.errors.ForeignKeyViolation:
        raise UnknownQueueError from None


async def unassign(pool: Pool, queue_id: str, user_id: str) -> None:
    """Note that a user no longer judges in a queue. Raises UnknownQueueError."""
    async with writing(pool) as connection:
        await _check_queue(connection, queue_id)
        await connection.execute(
            "delete from annotation_queue_assignments where queue_id = %s and user_id = %s",
            (queue_id, user_id),
        )


async def _check_queue(connection: AsyncConnection, queue_id: str) -> None:
    query: LiteralString = "select 1 as found from annotation_queues where id = %(id)s"
    if await _first(connection, query, {"id": queue_id}) is None:
        raise UnknownQueueError
