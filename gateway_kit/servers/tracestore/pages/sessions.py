"""Sessions: what shares a session_id. Read as the list of traces is, from the newest backwards."""

from __future__ import annotations

from typing import Any, LiteralString

from gateway_kit.servers.tracestore.pages.database import Reader, Row
from gateway_kit.servers.tracestore.pages.filters import Cursor, Filters
from gateway_kit.servers.tracestore.pages.groups import WITH_A_FAILURE, group_sums
from gateway_kit.servers.tracestore.pages.summaries import summaries
from gateway_kit.servers.tracestore.pages.windows import ALL_TIME, within

PAGE_SIZE = 50
TRACES_SHOWN = 100
FILTERS = ("q", "user", "outcome")


async def list_sessions(reader: Reader, filters: Filters) -> tuple[list[Row], Cursor | None]:
    """A page of sessions with activity in the window, the latest first, and where the next page begins."""
    parts: list[LiteralString] = [
        "o.session_id <> ''",
        "not exists (select from observations l where l.session_id = o.session_id and l.session_id <> ''"
        " and (l.start_time, l.id) > (o.start_time, o.id))",
    ]
    values: dict[str, Any] = dict(filters.texts)
    if filters.get("q"):
        parts.append("position(lower(%(q)s) in lower(o.session_id)) > 0")
    if filters.get("user"):
        parts.append(
            "o.session_id in (select u.session_id from observations u"
            " where u.user_id = %(user)s and u.user_id <> '' and u.session_id <> '')"
        )
    if filters.get("outcome") == "failed":
        parts.append("o.session_id in (" + WITH_A_FAILURE.format(column="session_id", within="") + ")")
    if filters.cursor:
        parts.append("(o.start_time, o.session_id) < (%(after_time)s, %(after_id)s)")
        values |= {"after_time": filters.cursor.start_time, "after_id": filters.cursor.trace_id}
    found = await reader.rows(
        "select o.session_id, o.start_time from observations o where "
        + " and ".join(parts)
        + within(filters.window, values, "o.start_time")
        + f" order by o.start_time desc, o.session_id desc limit {PAGE_SIZE + 1}",
        values,
    )
    last = found[PAGE_SIZE - 1] if len(found) > PAGE_SIZE else None
    ids = [row["session_id"] for row in found[:PAGE_SIZE]]
    sums = await group_sums(reader, "session_id", ids, ALL_TIME)
    users = await reader.rows(
        "select session_id, array_agg(distinct user_id) as users from observations"
        " where session_id = any(%(ids)s) and session_id <> '' and user_id <> '' group by session_id",
        {"ids": ids},
    )
    users_of = {row["session_id"]: row["users"] for row in users}
    following = Cursor(last["start_time"], last["session_id"]) if last else None
    return [{**sums[one], "session_id": one, "users": users_of.get(one, [])} for one in ids], following


async def session_traces(reader: Reader, session_id: str) -> tuple[list[Row], int, int]:
    """A session's first TRACES_SHOWN traces, the oldest first; how many there are, and how many of all failed."""
    found = await reader.rows(
        "select trace_id, min(start_time) as start_time, count(*) over () as n from observations"
        " where session_id = %(id)s and session_id <> '' group by trace_id"
        f" order by min(start_time), trace_id limit {TRACES_SHOWN}",
        {"id": session_id},
    )
    if not found:
        return [], 0, 0
    traces = await summaries(reader, [row["trace_id"] for row in found])
    sums = await group_sums(reader, "session_id", [session_id], ALL_TIME)
    return traces, found[0]["n"], sums[session_id]["failed"]
