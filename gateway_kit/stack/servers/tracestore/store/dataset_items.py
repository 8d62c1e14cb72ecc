"""Writing versions of dataset items. Each write is committed when the function returns."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from gateway_kit.stack.servers.tracestore.store.media import UPLOADED
from gateway_kit.stack.servers.tracestore.store.reader import Row
from gateway_kit.stack.servers.tracestore.store.times import now_ms
from gateway_kit.stack.servers.tracestore.store.writing import writing


class ItemValues(NamedTuple):
    """A new version: the values by column, and fields with the media that they refer to."""

    columns: dict[str, Any]
    media: list[tuple[str, str]]


# Makes the new version: gets the dataset (None: there is none) and the item's current version (None: it is new, or was
# deleted).
Merge = Callable[[Row | None, Row | None], Awaitable[ItemValues]]

# The columns that a reader answers, of a version and its dataset.
ITEM_COLUMNS = (
    "i.id, i.dataset_id, i.status, i.source_trace_id, i.source_observation_id, i.valid_from, i.updated_at,"
    " i.input, i.expected_output, i.metadata, d.name as dataset_name"
)
_CURRENT = f"""
select {ITEM_COLUMNS}, i.is_deleted from dataset_items i join datasets d on d.id = i.dataset_id
where i.id = %s and i.valid_to is null
"""
_INSERT = """
insert into dataset_items (id, dataset_id, valid_from, updated_at, is_deleted, status, input, expected_output, metadata,
    source_trace_id, source_observation_id)
values (%(id)s, %(dataset_id)s, %(time)s, %(time)s, %(is_deleted)s, %(status)s, %(input)s, %(expected_output)s,
    %(metadata)s, %(source_trace_id)s, %(source_observation_id)s)
"""
_NO_VALUES = dict.fromkeys(
    ("input", "expected_output", "metadata", "source_trace_id", "source_observation_id")
)


_UPLOADED_MEDIA = "select id from media where id = any(%s) and upload_status = any(%s) for key share"
_LINK_MEDIA = """
insert into media_links (media_id, dataset_id, dataset_item_id, field) values (%s, %s, %s, %s) on conflict do nothing
"""


class OtherDatasetError(Exception):
    """The item's id is one of another dataset, `dataset_id`."""

    def __init__(self, dataset_id: str) -> None:
        super().__init__(dataset_id)
        self.dataset_id = dataset_id


class UnknownMediaError(Exception):
    """The item refers to media that were not uploaded, `media_ids`."""

    def __init__(self, media_ids: list[str]) -> None:
        super().__init__(*media_ids)
        self.media_ids = media_ids


async def upsert_item(
    pool: AsyncConnectionPool[AsyncConnection], dataset_name: str, item_id: str | None, merge: Merge
) -> Row:
    """The item's new version, with the values that `merge` makes; what that raises leaves everything as it was.

    Raises OtherDatasetError or UnknownMediaError. Two writers of one item wait for each other, so that each version
    builds on the last.
    """
    async with writing(pool) as connection, connection.cursor(row_factory=dict_row) as cursor:
        # Shared: a schema does not change while an item is written.
        await cursor.execute("select * from datasets where name = %s for share", (dataset_name,))
        dataset = await cursor.fetchone()
        current = await _locked(cursor, item_id) if item_id is not None and dataset is not None else None
        if current is not None and dataset is not None and current["dataset_id"] != dataset["id"]:
            raise OtherDatasetError(current["dataset_id"])
        values = await merge(dataset, None if current is None or current["is_deleted"] else current)
        if dataset is None:
            raise LookupError("merge refuses an item without a dataset")
        await _refuse_unknown(cursor, [media_id for _, media_id in values.media])
        time = await _end(cursor, current)
        row = {
            **values.columns,
            "id": item_id or str(uuid.uuid4()),
            "dataset_id": dataset["id"],
            "time": time,
            "is_deleted": False,
        }
        await cursor.execute(_INSERT, row)
        for field, media_id in values.media:  # so that the media stay as long as the item
            await cursor.execute(_LINK_MEDIA, (media_id, dataset["id"], row["id"], field))
    return {**row, "valid_from": time, "updated_at": time, "dataset_name": dataset["name"]}


async def delete_item(pool: AsyncConnectionPool[AsyncConnection], item_id: str) -> bool:
    """Whether there was one to delete. Its earlier versions stay."""
    async with writing(pool) as connection, connection.cursor(row_factory=dict_row) as cursor:
        current = await _locked(cursor, item_id)
        if current is None or current["is_deleted"]:
            return False
        time = await _end(cursor, current)
        row = {"id": item_id, "dataset_id": current["dataset_id"], "time": time, "is_deleted": True}
        await cursor.execute(_INSERT, {**_NO_VALUES, **row, "status": "ACTIVE"})
    return True


async def _refuse_unknown(cursor: AsyncCursor[Row], media_ids: list[str]) -> None:
    if media_ids:
        await cursor.execute(_UPLOADED_MEDIA, (media_ids, list(UPLOADED)))
        known = {row["id"] for row in await cursor.fetchall()}
        if unknown := [one for one in dict.fromkeys(media_ids) if one not in known]:
            raise UnknownMediaError(unknown)


async def _locked(cursor: AsyncCursor[Row], item_id: str) -> Row | None:
    """The current version. Until the transaction ends nobody else writes one, also of an id that is not there yet."""
    await cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (item_id,))
    await cursor.execute(_CURRENT, (item_id,))
    return await cursor.fetchone()


async def _end(cursor: AsyncCursor[Row], current: Row | None) -> datetime:
    """End the current version, and return the time from which the next one holds."""
    time = now_ms()
    if current is not None:
        time = max(time, current["valid_from"] + timedelta(milliseconds=1))
        await cursor.execute(
            "update dataset_items set valid_to = %s, updated_at = %s where id = %s and valid_from = %s",
            (time, time, current["id"], current["valid_from"]),
        )
    return time
