"""Sums by session or user, over whole traces with all of their observations."""

from __future__ import annotations

from typing import Any, LiteralString

from gateway_kit.stack.servers.tracestore.pages.outcomes import FAILED
from gateway_kit.stack.servers.tracestore.pages.windows import Window, within
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row

# A trace belongs to each user and session that any of its observations names.
_SUMS: LiteralString = (
    """
    with members as materialized (
        select {column} as group_id, trace_id from observations
        where {column} = any(%(ids)s) and {column} <> ''{within} group by 1, 2)
    select group_id, count(*) as traces, count(*) filter (where has_failed) as failed,
        min(first_time) as first_time, max(last_time) as last_time, sum(tokens)::bigint as tokens,
        sum(cost_usd) as cost_usd
    from members join (
        select trace_id, min(start_time) as first_time, max(start_time) as last_time,
            sum(total_usage)::bigint as tokens, sum(total_cost) as cost_usd, bool_or("""
    + FAILED
    + """) as has_failed
        from observations m where trace_id in (select trace_id from members) group by trace_id) as each using (trace_id)
    group by group_id
    """
)
# Users or sessions of failed traces.
WITH_A_FAILURE: LiteralString = (
    """
    select {column} from observations where {column} <> ''{within} and trace_id in (
        select m.trace_id from observations m where """
    + FAILED
    + ")"
)

# Walks the index from one user or session to the next: one probe for each, however many observations it has.
EACH: LiteralString = """
    with recursive known as (
        (select {column} from observations where {column} <> '' order by {column} limit 1)
        union all
        select (select o.{column} from observations o where o.{column} > known.{column} and o.{column} <> ''
                order by o.{column} limit 1)
        from known where known.{column} is not null)
    select {column} from known where {column} is not null
"""


async def group_sums(reader: Reader, column: LiteralString, ids: list[str], window: Window) -> dict[str, Row]:
    """By user_id or session_id: traces, failed (traces), first_time, last_time, tokens, cost_usd.

    Over traces with an observation of the group in the window; over all if the window is open.
    """
    values: dict[str, Any] = {"ids": ids}
    query = _SUMS.format(column=column, within=within(window, values))
    return {row["group_id"]: row for row in await reader.rows(query, values)}
