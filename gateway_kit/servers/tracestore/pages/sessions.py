"""Sessions: what shares a session_id. Read as the list of traces is, from the newest backwards."""

from __future__ import annotations

from typing import Any, LiteralString

from gateway_kit.servers.tracestore.pages.database import Reader, Row
from gateway_kit.servers.tracestore.pages.filters import Cursor
from gateway_kit.servers.tracestore.pages.trace_list import summaries
from gateway_kit.servers.tracestore.pages.windows import Window

PAGE_SIZE = 50
TRACES_SHOWN = 100
EXCERPT = 20_000  # characters read of an input, to find the last message in it


async def list_sessions(
    reader: Reader, window: Window, cursor: Cursor | None
) -> tuple[list[Row], Cursor | None]:
    """A page of sessions with activity in the window, the latest first, and where the next page begins."""
    parts: list[LiteralString] = [
        "o.session_id <> ''",
        "not exists (select from observations l where l.session_id = o.session_id and l.session_id <> ''"
        " and (l.start_time, l.id) > (o.start_time, o.id))",
    ]
    values: dict[str, Any] = {}
    if window.start:
        parts.append("o.start_time >= %(start)s")
        values["start"] = window.start
    if window.end:
        parts.append("o.start_time < %(end)s")
        values["end"] = window.end
    if cursor:
        parts.append("(o.start_time, o.session_id) < (%(after_time)s, %(after_id)s)")
        values |= {"after_time": cursor.start_time, "after_id": cursor.trace_id}
    found = await reader.rows(
        "select o.session_id, o.start_time from observations o where "
        + " and ".join(parts)
        + f" order by o.start_time desc, o.session_id desc limit {PAGE_SIZE + 1}",
        values,
    )
    last = found[PAGE_SIZE - 1] if len(found) > PAGE_SIZE else None
    ids = [row["session_id"] for row in found[:PAGE_SIZE]]
    rows = await reader.rows(
        "select session_id, min(start_time) as first_time, max(start_time) as last_time,"
        " count(distinct trace_id) as traces, count(*) as observations,"
        " count(*) filter (where level = 'ERROR') as errors, sum(total_usage)::bigint as tokens,"
        " sum(total_cost) as cost_usd, array_agg(distinct user_id) filter (where user_id <> '') as users"
        " from observations where session_id = any(%(ids)s) and session_id <> '' group by session_id",
        {"ids": ids},
    )
    by_id = {row["session_id"]: row for row in rows}
    following = Cursor(last["start_time"], last["session_id"]) if last else None
    return [by_id[one] for one in ids if one in by_id], following


async def session_traces(reader: Reader, session_id: str) -> tuple[list[Row], int]:
    """A session's first TRACES_SHOWN traces, the oldest first, and how many there are.

    Each has `input` and `output` of its root, or of the first observation that has any.
    """
    found = await reader.rows(
        "select trace_id, min(start_time) as start_time, count(*) over () as n from observations"
        " where session_id = %(id)s and session_id <> '' group by trace_id"
        f" order by min(start_time), trace_id limit {TRACES_SHOWN}",
        {"id": session_id},
    )
    ids = [row["trace_id"] for row in found]
    texts = await reader.rows(
        "select distinct on (trace_id) trace_id, left(input, %(length)s) as input, length(input) as input_length,"
        " left(output, %(length)s) as output, length(output) as output_length"
        " from observations where trace_id = any(%(ids)s)"
        " order by trace_id, coalesce(input, output) is null, parent_id is not null, start_time, id",
        {"ids": ids, "length": EXCERPT},
    )
    text_of = {row["trace_id"]: row for row in texts}
    traces = [{**row, **text_of[row["trace_id"]]} for row in await summaries(reader, ids)]
    return traces, found[0]["n"] if found else 0
