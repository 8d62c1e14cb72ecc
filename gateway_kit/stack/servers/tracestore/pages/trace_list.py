"""The list of traces, newest first.

There is no table of traces. A trace's place is the start of its earliest observation, so a page walks the index on
start_time from the newest and takes the observations before which their trace has none. That reads as many rows as
the page's traces have observations, however large the table is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from gateway_kit.stack.servers.tracestore.pages.filters import Cursor, Filters
from gateway_kit.stack.servers.tracestore.pages.trace_filters import conditions
from gateway_kit.stack.servers.tracestore.pages.trace_summaries import summaries
from gateway_kit.stack.servers.tracestore.pages.windows import within
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row

PAGE_SIZE = 50
COUNT_LIMIT = 500
SEARCH_LIMIT = 20_000  # observations that one page searches; half a second at 1 kB each

# "offset 0" keeps the planner from turning these subqueries into joins with the whole table.
_FIRST: LiteralString = """not exists (
    select from observations e
    where e.trace_id = o.trace_id and (e.start_time, e.id) < (o.start_time, o.id) offset 0)"""
_EACH: LiteralString = "observations o"
_KNOWN: LiteralString = """unnest(%(ids)s::text[]) as known (trace_id) cross join lateral (
    select e.trace_id, e.start_time from observations e where e.trace_id = known.trace_id
    order by e.start_time, e.id limit 1) as o"""


@dataclass(frozen=True)
class TracePage:
    """One page of the list."""

    traces: list[Row]
    count: int  # of traces on all pages; above COUNT_LIMIT it is not exact
    next: Cursor | None
    searched_to: datetime | None  # a text search stopped here; older observations were not read
    search_on: Cursor | None


async def list_traces(reader: Reader, filters: Filters) -> TracePage:
    """A page of traces that match all filters."""
    parts, values = await conditions(reader, filters)
    parts.append("true" + within(filters.window, values, "o.start_time"))
    after: LiteralString = "(o.start_time, o.trace_id) < (%(after_time)s, %(after_id)s)"
    if filters.cursor:
        values |= {"after_time": filters.cursor.start_time, "after_id": filters.cursor.trace_id}
    if filters.get("q"):
        if "ids" in values:
            parts.append("o.trace_id = any(%(ids)s)")
        return await _search(reader, filters, parts, values, after)
    table = _KNOWN if "ids" in values else _EACH
    where: LiteralString = " and ".join(["true" if "ids" in values else _FIRST, *parts])
    page: LiteralString = where + " and " + after if filters.cursor else where
    rows = await reader.rows(
        "select o.trace_id, o.start_time from "
        + table
        + " where "
        + page
        + f" order by o.start_time desc, o.trace_id desc limit {PAGE_SIZE + 1}",
        values,
    )
    counted = await reader.rows(
        "select count(*) as n from (select from "
        + table
        + " where "
        + where
        + f" order by o.start_time desc limit {COUNT_LIMIT + 1}) as matching",
        values,
    )
    rest = rows[PAGE_SIZE - 1] if len(rows) > PAGE_SIZE else None
    following = Cursor(rest["start_time"], rest["trace_id"]) if rest else None
    traces = await summaries(reader, [row["trace_id"] for row in rows[:PAGE_SIZE]])
    return TracePage(traces, counted[0]["n"], following, None, None)


async def _search(
    reader: Reader, filters: Filters, parts: list[LiteralString], values: dict[str, Any], after: LiteralString
) -> TracePage:
    """Traces with the text in the newest SEARCH_LIMIT observations, sorted by the newest observation that has it."""
    escaped = filters.get("q").replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values |= {"pattern": f"%{escaped}%", "text": filters.get("q")}
    conditions: LiteralString = " and ".join([*parts, after] if filters.cursor else parts)
    rows = await reader.rows(
        "with recent as materialized (select o.trace_id, o.start_time,"
        " o.trace_id = %(text)s or o.id = %(text)s or o.name ilike %(pattern)s or o.trace_name ilike %(pattern)s"
        " or o.status_message ilike %(pattern)s or o.input ilike %(pattern)s or o.output ilike %(pattern)s as found"
        " from observations o where "
        + conditions
        + f" order by o.start_time desc, o.trace_id desc limit {SEARCH_LIMIT}),"
        " hits as (select trace_id, max(start_time) as start_time from recent where found group by trace_id)"
        " select (select count(*) from recent) as examined, (select count(*) from hits) as n,"
        " (select min(start_time) from recent) as oldest,"
        " (select trace_id from recent order by start_time, trace_id limit 1) as oldest_trace,"
        " h.* from (values (1)) as one"
        " left join lateral (select * from hits order by start_time desc, trace_id desc"
        f" limit {PAGE_SIZE + 1}) as h on true",
        values,
    )
    ids = [row["trace_id"] for row in rows if row["trace_id"]]
    more = len(ids) > PAGE_SIZE
    last = rows[PAGE_SIZE - 1] if more else None
    cut = rows[0]["examined"] == SEARCH_LIMIT
    return TracePage(
        await summaries(reader, ids[:PAGE_SIZE]),
        rows[0]["n"],
        Cursor(last["start_time"], last["trace_id"]) if last else None,
        rows[0]["oldest"] if cut else None,
        Cursor(rows[0]["oldest"], rows[0]["oldest_trace"]) if cut and not more else None,
    )
