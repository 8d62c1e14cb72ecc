"""Reading and writing what is known of media; `media_files` has the bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row
from gateway_kit.stack.servers.tracestore.store.times import now_ms
from gateway_kit.stack.servers.tracestore.store.writing import writing

Pool = AsyncConnectionPool[AsyncConnection]

UPLOADED = (200, 201)


class OtherHashError(Exception):
    """Another content has the same id."""


class UnknownDatasetError(Exception):
    """There is no dataset with this id."""


_DECLARE = """
insert into media (id, sha256, content_type, content_length, created_at, updated_at)
values (%(id)s, %(sha256)s, %(content_type)s, %(content_length)s, %(now)s, %(now)s)
on conflict (id) do update set updated_at = excluded.updated_at where media.sha256 = excluded.sha256
returning *
"""
_CHANGE = """
update media set content_type = %(content_type)s, content_length = %(content_length)s where id = %(id)s
"""
_LINK = """
insert into media_links (media_id, trace_id, observation_id, dataset_id, dataset_item_id, field)
values (%(id)s, %(trace_id)s, %(observation_id)s, %(dataset_id)s, %(dataset_item_id)s, %(field)s)
on conflict do nothing
"""
_STATUS = """
update media set uploaded_at = %(uploaded_at)s, upload_status = %(status)s, upload_error = %(error)s where id = %(id)s
"""
_OLD = """
delete from media where updated_at < now() - make_interval(days => %(days)s) and id not in
    (select media_id from media_links where dataset_id <> '')
returning id
"""


class Known(NamedTuple):
    """What was known of a file before: that a client said it uploaded it, and that its bytes came."""

    is_uploaded: bool
    is_stored: bool


async def declare_media(pool: Pool, media: Mapping[str, Any], link: Mapping[str, str]) -> Known:
    """Note what a client is about to upload and where it belongs.

    Raises OtherHashError or UnknownDatasetError.
    """
    async with writing(pool) as connection, connection.cursor(row_factory=dict_row) as cursor:
        if link["dataset_id"]:
            await cursor.execute("select 1 from datasets where id = %s", (link["dataset_id"],))
            if await cursor.fetchone() is None:
                raise UnknownDatasetError
        await cursor.execute(_DECLARE, {**media, "now": now_ms()})
        row = await cursor.fetchone()
        if row is None:
            raise OtherHashError
        is_there: bool = row["upload_status"] == UPLOADED[0] and row["content_type"] == media["content_type"]
        if not is_there:
            await cursor.execute(_CHANGE, media)
        await cursor.execute(_LINK, {**link, "id": media["id"]})
    return Known(is_there, row["is_stored"])


async def media_by_id(reader: Reader, ids: Sequence[str]) -> dict[str, Row]:
    """What is known of these media, by id."""
    rows = await reader.rows("select * from media where id = any(%(ids)s)", {"ids": list(ids)})
    return {row["id"]: row for row in rows}


async def stored_bytes(reader: Reader) -> int:
    """How many bytes are in the folder."""
    query = "select coalesce(sum(content_length), 0)::bigint as n from media where is_stored"
    (total,) = await reader.rows(query, {})
    size: int = total["n"]
    return size


async def note_stored(pool: Pool, media_id: str) -> None:
    """Note that the bytes are in the folder."""
    async with writing(pool) as connection:
        await connection.execute("update media set is_stored = true where id = %s", (media_id,))


async def note_upload(
    pool: Pool, media_id: str, uploaded_at: datetime, status: int, error: str | None
) -> bool:
    """Note how the client says that its upload went; False if nothing is known of this id."""
    values = {"id": media_id, "uploaded_at": uploaded_at, "status": status, "error": error}
    async with writing(pool) as connection:
        cursor = await connection.execute(_STATUS, values)
    return bool(cursor.rowcount)


async def forget_old_media(pool: Pool, days: int) -> list[str]:
    """The ids of media that are no longer known: declared so long ago last, and of no dataset's item."""
    async with writing(pool) as connection:
        cursor = await connection.execute(_OLD, {"days": days})
        return [row[0] for row in await cursor.fetchall()]
