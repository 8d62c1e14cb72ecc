"""Annotation queues, their progress, and the order in which items are judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from urllib.parse import quote

from gateway_kit.stack.servers.tracestore.pages.content import Content
from gateway_kit.stack.servers.tracestore.pages.observation_detail import contents, read_observation
from gateway_kit.stack.servers.tracestore.pages.sessions import session_traces
from gateway_kit.stack.servers.tracestore.pages.trace_summaries import summaries
from gateway_kit.stack.servers.tracestore.store.judging import score_id
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row

PAGE_SIZE = 50
TURNS_SHOWN = 20

_QUEUES: LiteralString = """
    select q.*, c.items, c.judged, c.last_time,
        (select array_agg(s.name order by place) from unnest(q.score_config_ids) with ordinality as o (id, place)
            join score_configs s on s.id = o.id) as configs
    from annotation_queues q cross join lateral (
        select count(*) as items, count(*) filter (where status = 'COMPLETED') as judged,
            max(completed_at) as last_time
        from annotation_queue_items i where i.queue_id = q.id) as c
"""
_IN_ORDER: LiteralString = "from annotation_queue_items where queue_id = %(queue_id)s"


async def list_queues(reader: Reader, offset: int) -> list[Row]:
    """PAGE_SIZE queues and one more if there are more, the newest first: items, judged, last_time, configs."""
    return await reader.rows(
        _QUEUES + f" order by q.created_at desc, q.id desc limit {PAGE_SIZE + 1} offset %(offset)s",
        {"offset": offset},
    )


async def one_queue(reader: Reader, queue_id: str) -> Row | None:
    """The queue as in the list; None if there is none."""
    rows = await reader.rows(_QUEUES + " where q.id = %(id)s", {"id": queue_id})
    return rows[0] if rows else None


async def configs_of(reader: Reader, config_ids: Sequence[str]) -> list[Row]:
    """The configs in the queue's order."""
    rows = await reader.rows("select * from score_configs where id = any(%(ids)s)", {"ids": list(config_ids)})
    return sorted(rows, key=lambda row: config_ids.index(row["id"]))


async def list_items(
    reader: Reader, queue_id: str, status: str, offset: int, configs: Sequence[Row]
) -> list[Row]:
    """PAGE_SIZE items and one more if there are more, in the order of judging, with `scores` by config id."""
    of_status = " and status = %(status)s" if status else ""
    rows = await reader.rows(
        f"select * {_IN_ORDER}{of_status} order by created_at, id limit {PAGE_SIZE + 1} offset %(offset)s",
        {"queue_id": queue_id, "status": status, "offset": offset},
    )
    places = {
        score_id(row["id"], config["id"]): (row["id"], config["id"]) for row in rows for config in configs
    }
    found = await reader.rows(
        "select id, value, string_value from scores where id = any(%(ids)s)", {"ids": list(places)}
    )
    scores: dict[str, dict[str, Row]] = {}
    for score in found:
        item_id, config_id = places[score["id"]]
        scores.setdefault(item_id, {})[config_id] = score
    return [{**row, "scores": scores.get(row["id"], {})} for row in rows]


async def item_to_judge(reader: Reader, queue_id: str, wanted: str, after: str) -> Row | None:
    """The item that is asked for, else the next pending one after `after`, else the first; None: all are judged."""
    values: dict[str, Any] = {"queue_id": queue_id, "wanted": wanted, "after": after}
    if wanted:
        rows = await reader.rows(f"select * {_IN_ORDER} and id = %(wanted)s", values)
        return rows[0] if rows else None
    rows = await reader.rows(
        f"select * {_IN_ORDER} and status = 'PENDING' order by coalesce((created_at, id) <= ("
        f"select a.created_at, a.id from annotation_queue_items a where a.queue_id = %(queue_id)s and a.id = %(after)s"
        "), false), created_at, id limit 1",
        values,
    )
    return rows[0] if rows else None


@dataclass(frozen=True)
class Subject:
    """What is judged. Without turns (inputs and outputs) it is not in the store."""

    title: str
    address: str
    turns: tuple[tuple[Content, Content], ...]


async def subject_of(reader: Reader, item: Row) -> Subject:
    """The trace, session or observation of an item."""
    kind, object_id = item["object_type"], item["object_id"]
    place = quote(object_id, safe="")
    if kind == "SESSION":
        traces, _, _ = await session_traces(reader, object_id)
        turns = tuple((trace["input"], trace["output"]) for trace in traces[:TURNS_SHOWN])
        return Subject(object_id, f"/session?id={place}", turns)
    if kind == "TRACE":
        traces = await summaries(reader, [object_id])
        turns = tuple((trace["input"], trace["output"]) for trace in traces)
        return Subject(traces[0]["name"] or object_id if traces else object_id, f"/traces/{place}", turns)
    found = await reader.rows(
        "select trace_id from observations where id = %(id)s limit 1", {"id": object_id}
    )
    row = await read_observation(reader, found[0]["trace_id"], object_id) if found else None
    if row is None:
        return Subject(object_id, "", ())
    both = contents(row)
    address = f"/traces/{quote(row['trace_id'], safe='')}?observation={place}#observation"
    return Subject(row["name"] or object_id, address, ((both["input"], both["output"]),))
