"""Judgements of people on the items of an annotation queue: one score for each of the queue's configs."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, LiteralString, NamedTuple

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from gateway_kit.stack.servers.tracestore.store.queues import UnknownConfigError, UnknownItemError
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row
from gateway_kit.stack.servers.tracestore.store.rows import ScoreRow
from gateway_kit.stack.servers.tracestore.store.score_configs import configs_by_id
from gateway_kit.stack.servers.tracestore.store.scores import SentScore, upsert
from gateway_kit.stack.servers.tracestore.store.times import now_ms
from gateway_kit.stack.servers.tracestore.store.writing import writing

Pool = AsyncConnectionPool[AsyncConnection]
Value = tuple[float | None, str | None]  # the columns value and string_value

_SPACE = uuid.UUID("0f3f5f0a-6a0e-4f0e-9a53-3d7a5d4f7c11")
_ITEM: LiteralString = """
    select i.*, q.score_config_ids from annotation_queue_items i join annotation_queues q on q.id = i.queue_id
    where i.id = %s and i.queue_id = %s for update of i
"""
_STATUS: LiteralString = """
    update annotation_queue_items set status = %(status)s, updated_at = %(now)s,
        completed_at = case when %(status)s = 'COMPLETED' then %(now)s else completed_at end
    where id = %(id)s
"""
_LAST: LiteralString = """
    select id, name, config_id, coalesce(observation_id, trace_id, session_id) as object_id
    from scores where queue_id = %(queue_id)s and author_user_id = %(author)s and source = 'ANNOTATION'
    order by updated_at desc, id limit 1
"""


class Judgement(NamedTuple):
    """The score of an item for a config."""

    item_id: str
    config_id: str
    name: str


def score_id(item_id: str, config_id: str) -> str:
    """The same for the same item and config: to judge again is to change the score."""
    return str(uuid.uuid5(_SPACE, f"{item_id}/{config_id}"))


async def judge(
    pool: Pool, queue_id: str, item_id: str, config_id: str, read: Callable[[Row], Value], author: str
) -> bool:
    """Store the value that `read` makes of the config; whether the item is completed by it.

    Raises UnknownItemError, UnknownConfigError, and what `read` raises.
    """
    async with writing(pool) as connection:
        item = await _locked(connection, queue_id, item_id)
        if config_id not in item["score_config_ids"]:
            raise UnknownConfigError
        configs = await configs_by_id(connection, item["score_config_ids"])
        if config_id not in configs:
            raise UnknownConfigError
        row = await _score(connection, item, configs[config_id], read(configs[config_id]), author)
        await upsert(connection, [SentScore(row, (), "")])
        open_ids = [one for one, config in configs.items() if not config["is_archived"]]
        cursor = await connection.execute(
            "select count(*) from scores where id = any(%s)",
            ([score_id(item_id, one) for one in open_ids],),
        )
        (count,) = await cursor.fetchone() or (0,)
        is_done = bool(count >= len(open_ids))
        if is_done:
            await _set_status(connection, item_id, "COMPLETED")
    return is_done


async def take_back(pool: Pool, queue_id: str, item_id: str, config_id: str) -> None:
    """Delete the score of an item for a config; the item waits again. Raises UnknownItemError."""
    async with writing(pool) as connection:
        await _locked(connection, queue_id, item_id)
        await connection.execute(
            "delete from scores where id = %s and queue_id = %s", (score_id(item_id, config_id), queue_id)
        )
        await _set_status(connection, item_id, "PENDING")


async def complete(pool: Pool, queue_id: str, item_id: str) -> None:
    """Complete an item as it is. Raises UnknownItemError."""
    async with writing(pool) as connection:
        await _locked(connection, queue_id, item_id)
        await _set_status(connection, item_id, "COMPLETED")


async def judgements(reader: Reader, item_id: str, config_ids: Sequence[str]) -> dict[str, Row]:
    """The scores of an item by config id: value, string_value."""
    ids = {score_id(item_id, config_id): config_id for config_id in config_ids}
    rows = await reader.rows(
        "select id, value, string_value from scores where id = any(%(ids)s)", {"ids": list(ids)}
    )
    return {ids[row["id"]]: row for row in rows}


async def last_judgement(reader: Reader, queue_id: str, author: str) -> Judgement | None:
    """What the author judged last in the queue, if it was not taken back."""
    for score in await reader.rows(_LAST, {"queue_id": queue_id, "author": author}):
        items = await reader.rows(
            "select id from annotation_queue_items where queue_id = %(queue_id)s and object_id = %(object_id)s",
            {"queue_id": queue_id, "object_id": score["object_id"]},
        )
        for item in items:
            if score_id(item["id"], score["config_id"]) == score["id"]:
                return Judgement(item["id"], score["config_id"], score["name"])
    return None


async def _locked(connection: AsyncConnection, queue_id: str, item_id: str) -> Row:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_ITEM, (item_id, queue_id))
        row = await cursor.fetchone()
    if row is None:
        raise UnknownItemError
    return row


async def _set_status(connection: AsyncConnection, item_id: str, status: str) -> None:
    await connection.execute(_STATUS, {"id": item_id, "status": status, "now": now_ms()})


async def _score(connection: AsyncConnection, item: Row, config: Row, value: Value, author: str) -> ScoreRow:
    kind, object_id = item["object_type"], item["object_id"]
    trace_id: Any = object_id if kind == "TRACE" else None
    if kind == "OBSERVATION":
        cursor = await connection.execute(
            "select trace_id from observations where id = %s limit 1", (object_id,)
        )
        (trace_id,) = await cursor.fetchone() or (None,)
    return ScoreRow(
        id=score_id(item["id"], config["id"]),
        trace_id=trace_id,
        observation_id=object_id if kind == "OBSERVATION" else None,
        session_id=object_id if kind == "SESSION" else None,
        dataset_run_id=None,
        name=config["name"],
        data_type=config["data_type"],
        value=value[0],
        string_value=value[1],
        source="ANNOTATION",
        comment=None,
        config_id=config["id"],
        queue_id=item["queue_id"],
        metadata="{}",
        environment="default",
        timestamp=datetime.now(UTC),
        author_user_id=author,
    )
