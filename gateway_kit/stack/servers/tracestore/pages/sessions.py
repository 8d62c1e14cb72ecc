"""Sessions: traces with the same session_id."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, LiteralString

from gateway_kit.stack.servers.tracestore.pages.filters import Cursor, Filters
from gateway_kit.stack.servers.tracestore.pages.group_sums import EACH, WITH_A_FAILURE, group_sums
from gateway_kit.stack.servers.tracestore.pages.trace_summaries import summaries
from gateway_kit.stack.servers.tracestore.pages.windows import ALL_TIME, within
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row

PAGE_SIZE = 50
TRACES_SHOWN = 100
FILTERS = ("q", "user", "outcome")


# From the newest observation backwards, which is fast if most sessions match.
_WALK: LiteralString = """
    select o.session_id, o.start_time from observations o where o.session_id <> '' and not exists (
        select from observations l where l.session_id = o.session_id and l.session_id <> ''{later}
            and (l.start_time, l.id) > (o.start_time, o.id))
"""
_CHOSEN: LiteralString = """
    select known.session_id, o.start_time from ({known}) as known cross join lateral (
        select start_time from observations o where o.session_id = known.session_id and o.session_id <> ''{later}
        order by start_time desc limit 1) as o
    where true{chosen}
"""
_OF_USER: LiteralString = """
    select distinct session_id from observations
    where user_id = %(user)s and user_id <> '' and session_id <> ''
"""


def _query(filters: Filters, values: dict[str, Any]) -> LiteralString:
    """A query for session_id and start_time of each session's latest observation before the window's end."""
    later = within(replace(filters.window, start=None), values)
    is_failed = filters.get("outcome") == "failed"
    chosen: LiteralString = ""
    if filters.get("q"):
        chosen += " and position(lower(%(q)s) in lower(known.session_id)) > 0"
    failed = WITH_A_FAILURE.format(column="session_id", within="")
    if filters.get("user"):
        if is_failed:
            chosen += " and known.session_id in (" + failed + ")"
        return _CHOSEN.format(known=_OF_USER, later=later, chosen=chosen)
    if is_failed:
        return _CHOSEN.format(known=failed + " group by 1", later=later, chosen=chosen)
    if chosen:
        return _CHOSEN.format(known=EACH.format(column="session_id"), later=later, chosen=chosen)
    return _WALK.format(later=later)


async def list_sessions(reader: Reader, filters: Filters) -> tuple[list[Row], Cursor | None]:
    """A page of sessions with activity in the window, the latest first, and the cursor of the next page."""
    values: dict[str, Any] = dict(filters.texts)
    query = _query(filters, values) + within(filters.window, values, "o.start_time")
    if filters.cursor:
        query += " and (o.start_time, session_id) < (%(after_time)s, %(after_id)s)"
        values |= {"after_time": filters.cursor.start_time, "after_id": filters.cursor.trace_id}
    rows = await reader.rows(
        query + f" order by start_time desc, session_id desc limit {PAGE_SIZE + 1}", values
    )
    last = rows[PAGE_SIZE - 1] if len(rows) > PAGE_SIZE else None
    ids = [row["session_id"] for row in rows[:PAGE_SIZE]]
    sums = await group_sums(reader, "session_id", ids, ALL_TIME)
    users = await reader.rows(
        "select session_id, array_agg(distinct user_id) as users from observations"
        " where session_id = any(%(ids)s) and session_id <> '' and user_id <> '' group by session_id",
        {"ids": ids},
    )
    users_of = {row["session_id"]: row["users"] for row in users}
    following = Cursor(last["start_time"], last["session_id"]) if last else None
    return [{**sums[name], "session_id": name, "users": users_of.get(name, [])} for name in ids], following


async def session_traces(reader: Reader, session_id: str) -> tuple[list[Row], int, int]:
    """The oldest TRACES_SHOWN traces of a session, the number of its traces, and the number of failed ones."""
    rows = await reader.rows(
        "select trace_id, min(start_time) as start_time, count(*) over () as n from observations"
        " where session_id = %(id)s and session_id <> '' group by trace_id"
        f" order by min(start_time), trace_id limit {TRACES_SHOWN}",
        {"id": session_id},
    )
    if not rows:
        return [], 0, 0
    traces = await summaries(reader, [row["trace_id"] for row in rows])
    sums = await group_sums(reader, "session_id", [session_id], ALL_TIME)
    return traces, rows[0]["n"], sums[session_id]["failed"]
