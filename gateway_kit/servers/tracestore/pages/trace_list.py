"""The list of traces, newest first.

There is no table of traces. A trace's place is the start of its earliest observation, so a page walks the index on
start_time from the newest and takes the observations before which their trace has none. That reads as many rows as
the page's traces have observations, however large the table is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from gateway_kit.servers.tracestore.pages.database import Reader, Row
from gateway_kit.servers.tracestore.pages.filters import Cursor, Filters
from gateway_kit.servers.tracestore.schema import CACHE_HIT

PAGE_SIZE = 50
COUNT_LIMIT = 500
RARE = 10_000  # observations
SEARCH_LIMIT = 20_000  # observations whose texts one page reads; about half a second at 1 kB each

# "offset 0" keeps the planner from turning these subqueries into joins with the whole table.
_FIRST: LiteralString = """not exists (
    select from observations e
    where e.trace_id = o.trace_id and (e.start_time, e.id) < (o.start_time, o.id) offset 0)"""

# A filter holds for a trace where it holds for any of its observations: SDKs write user, session and tags on each
# observation, other clients only on the root.
_EACH: LiteralString = "observations o"
_KNOWN: LiteralString = """unnest(%(ids)s::text[]) as known (trace_id) cross join lateral (
    select e.trace_id, e.start_time from observations e where e.trace_id = known.trace_id
    order by e.start_time, e.id limit 1) as o"""

_ANY: dict[str, LiteralString] = {
    "name": "(m.name = %(name)s or m.trace_name = %(name)s)",
    "user": "m.user_id = %(user)s and m.user_id <> ''",
    "session": "m.session_id = %(session)s and m.session_id <> ''",
    "tag": "m.tags @> array[%(tag)s::text]",
    "level": "m.level = %(level)s",
    "environment": "m.environment = %(environment)s",
}

SUMMARY: LiteralString = (
    """
    select trace_id, min(start_time) as start_time, max(coalesce(end_time, start_time)) as end_time,
        coalesce(max(nullif(trace_name, '')), (array_agg(name order by parent_id is not null, start_time, id))[1])
            as name,
        coalesce((array_agg(user_id order by start_time) filter (where user_id <> ''))[1], '') as user_id,
        coalesce((array_agg(session_id order by start_time) filter (where session_id <> ''))[1], '') as session_id,
        case when bool_or(level = 'ERROR') then 'ERROR' when bool_or(level = 'WARNING') then 'WARNING'
            when bool_or(level = 'DEFAULT') then 'DEFAULT' else 'DEBUG' end as level,
        count(*) as observations, count(*) filter (where level = 'ERROR') as errors,
        sum(total_usage)::bigint as tokens, sum(total_cost) as cost_usd,
        count(*) filter (where """
    + CACHE_HIT
    + """) as cache_hits,
        (extract(epoch from max(coalesce(end_time, start_time)) - min(start_time)) * 1000)::float8 as latency_ms
    from observations where trace_id = any(%(ids)s) group by trace_id
    """
)


@dataclass(frozen=True)
class TracePage:
    """One page of the list."""

    traces: list[Row]
    count: int  # of all pages from the first on; at most COUNT_LIMIT, then there are more
    next: Cursor | None
    searched_to: datetime | None  # a text search stopped here; older observations were not read
    search_on: Cursor | None


async def _rarest(reader: Reader, filters: Filters) -> dict[str, list[str]]:
    """The rarest filter with its traces, if it has fewer than RARE observations; nothing where all are common.

    The planner cannot tell these cases apart well: for a common value the walk from the newest ends soon, for a rare
    one it would read the whole table, where an index gives the few traces at once.
    """
    best: dict[str, list[str]] = {}
    for name, condition in _ANY.items():
        if filters.get(name):
            rows = await reader.rows(
                "select m.trace_id from observations m where " + condition + f" limit {RARE}", filters.texts
            )
            if len(rows) < RARE and (not best or len(rows) < min(map(len, best.values()))):
                best = {name: [row["trace_id"] for row in rows]}
    return best


def _conditions(filters: Filters, rarest: dict[str, list[str]]) -> tuple[list[LiteralString], dict[str, Any]]:
    parts: list[LiteralString] = []
    values: dict[str, Any] = dict(filters.texts)
    for name, condition in _ANY.items():
        if name in rarest:
            values["ids"] = list(dict.fromkeys(rarest[name]))
        elif filters.get(name):
            parts.append(
                "exists (select from observations m where m.trace_id = o.trace_id and "
                + condition
                + " offset 0)"
            )
    if filters.window.start:
        parts.append("o.start_time >= %(window_start)s")
        values["window_start"] = filters.window.start
    if filters.window.end:
        parts.append("o.start_time < %(window_end)s")
        values["window_end"] = filters.window.end
    return parts, values


async def list_traces(reader: Reader, filters: Filters) -> TracePage:
    """A page of traces with at least one observation for each of the filters."""
    parts, values = _conditions(filters, await _rarest(reader, filters))
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
    found = await reader.rows(
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
    rest = found[PAGE_SIZE - 1] if len(found) > PAGE_SIZE else None
    following = Cursor(rest["start_time"], rest["trace_id"]) if rest else None
    traces = await summaries(reader, [row["trace_id"] for row in found[:PAGE_SIZE]])
    return TracePage(traces, counted[0]["n"], following, None, None)


async def _search(
    reader: Reader, filters: Filters, parts: list[LiteralString], values: dict[str, Any], after: LiteralString
) -> TracePage:
    """Traces in whose newest SEARCH_LIMIT observations the text stands, by the newest observation that has it."""
    escaped = filters.get("q").replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values |= {"pattern": f"%{escaped}%", "text": filters.get("q")}
    conditions: LiteralString = " and ".join([*parts, after] if filters.cursor else parts) or "true"
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


async def summaries(reader: Reader, ids: list[str]) -> list[Row]:
    """A row per trace in the order of `ids`: times, name, user, session, tags, worst level, sums."""
    if not ids:
        return []
    rows = await reader.rows(SUMMARY, {"ids": ids})
    tags = await reader.rows(
        "select trace_id, array_agg(distinct tag order by tag) as tags from observations, unnest(tags) as tag"
        " where trace_id = any(%(ids)s) group by trace_id",
        {"ids": ids},
    )
    tags_of = {row["trace_id"]: row["tags"] for row in tags}
    by_id = {row["trace_id"]: {**row, "tags": tags_of.get(row["trace_id"], [])} for row in rows}
    return [by_id[trace_id] for trace_id in ids if trace_id in by_id]


async def known_values(reader: Reader) -> dict[str, list[str]]:
    """Names, users, tags and environments of the newest 2,000 observations, for the filter boxes to suggest."""
    rows = await reader.rows(
        "with recent as (select trace_name, name, user_id, session_id, tags, environment from observations"
        " order by start_time desc limit 2000)"
        " select 'name' as kind, coalesce(nullif(trace_name, ''), name) as value from recent"
        " union select 'user', user_id from recent union select 'session', session_id from recent"
        " union select 'tag', unnest(tags) from recent union select 'environment', environment from recent",
        {},
    )
    values: dict[str, list[str]] = {"name": [], "user": [], "session": [], "tag": [], "environment": []}
    for row in sorted(rows, key=lambda row: row["value"]):
        if row["value"] and len(row["value"]) <= 100 and len(values[row["kind"]]) < 50:
            values[row["kind"]].append(row["value"])
    return values
