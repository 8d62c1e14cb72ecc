"""Sums of what shares a session or a user: whole traces, with all of their observations."""

from __future__ import annotations

from typing import Any, LiteralString

from gateway_kit.servers.tracestore.pages.database import Reader, Row
from gateway_kit.servers.tracestore.pages.outcomes import FAILED
from gateway_kit.servers.tracestore.pages.windows import Window, within

# A trace belongs to each user and each session that any of its observations names.
_MEMBERS: LiteralString = """
    with members as materialized (
        select {column} as group_id, trace_id from observations
        where {column} = any(%(ids)s) and {column} <> ''{within} group by 1, 2)
"""
_SUMS: LiteralString = (
    _MEMBERS
    + """
    select group_id, count(*) as traces, sum(observations)::bigint as observations, min(first_time) as first_time,
        max(last_time) as last_time, sum(tokens)::bigint as tokens, sum(cost_usd) as cost_usd
    from members join (
        select trace_id, count(*) as observations, min(start_time) as first_time, max(start_time) as last_time,
            sum(total_usage)::bigint as tokens, sum(total_cost) as cost_usd
        from observations where trace_id in (select trace_id from members) group by trace_id) as each using (trace_id)
    group by group_id
    """
)
_FAILED: LiteralString = (
    _MEMBERS
    + """
    select group_id, count(*) as failed from members
    where trace_id in (select m.trace_id from observations m where """
    + FAILED
    + """)
    group by group_id
    """
)

WITH_A_FAILURE: LiteralString = (
    """
    select {column} from observations where {column} <> ''{within} and trace_id in (
        select m.trace_id from observations m where """
    + FAILED
    + ")"
)


async def group_sums(reader: Reader, column: LiteralString, ids: list[str], window: Window) -> dict[str, Row]:
    """By user_id or session_id: traces, failed (traces), observations, first_time, last_time, tokens, cost_usd.

    Of the traces with an observation of the group in the window; of all where the window is open.
    """
    values: dict[str, Any] = {"ids": ids}
    seen = within(window, values)
    sums = await reader.rows(_SUMS.format(column=column, within=seen), values)
    failed = await reader.rows(_FAILED.format(column=column, within=seen), values)
    count = {row["group_id"]: row["failed"] for row in failed}
    return {row["group_id"]: {**row, "failed": count.get(row["group_id"], 0)} for row in sums}
