"""Reading and writing comments."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row
from gateway_kit.stack.servers.tracestore.store.times import now_ms
from gateway_kit.stack.servers.tracestore.store.writing import writing

# Whether there is what a comment is about.
_EXISTS: Mapping[str, LiteralString] = {
    "TRACE": "select 1 from observations where trace_id = %s limit 1",
    "OBSERVATION": "select 1 from observations where id = %s limit 1",
    "SESSION": "select 1 from observations where session_id = %s and session_id <> '' limit 1",
    "PROMPT": "select 1 from prompts where id = %s limit 1",
}
_NEW = """
insert into comments (id, object_type, object_id, content, author_user_id, created_at, updated_at)
values (%(id)s, %(kind)s, %(object_id)s, %(content)s, %(author)s, %(now)s, %(now)s)
"""


async def new_comment(
    pool: AsyncConnectionPool[AsyncConnection], kind: str, object_id: str, content: str, author: str | None
) -> str | None:
    """The id of the committed comment; None if there is no such object."""
    values = {"kind": kind, "object_id": object_id, "content": content, "author": author}
    comment_id = str(uuid.uuid4())
    async with writing(pool) as connection:
        cursor = await connection.execute(_EXISTS[kind], (object_id,))
        if await cursor.fetchone() is None:
            return None
        await connection.execute(_NEW, {**values, "id": comment_id, "now": now_ms()})
    return comment_id


async def comment_page(
    reader: Reader, conditions: Sequence[str], values: Mapping[str, Any], limit: int, offset: int
) -> tuple[list[Row], int]:
    """A page of the comments that meet all conditions, newest first, and how many there are."""
    where = f" where {' and '.join(conditions)}" if conditions else ""
    rows = await reader.rows(
        f"select * from comments{where} order by created_at desc, id limit {int(limit)} offset {int(offset)}",
        values,
    )
    (count,) = await reader.rows(f"select count(*) as n from comments{where}", values)
    return rows, count["n"]
