"""Users: traces with the same user_id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, LiteralString

from gateway_kit.stack.servers.tracestore.pages.filters import Cursor, Filters
from gateway_kit.stack.servers.tracestore.pages.group_sums import EACH, WITH_A_FAILURE, group_sums
from gateway_kit.stack.servers.tracestore.pages.windows import within
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row

PAGE_SIZE = 25  # few, since all traces of each user are summed
FILTERS = ("q", "outcome")

_USERS: LiteralString = (
    "with known as ("
    + EACH.format(column="user_id")
    + """),
    seen as (
        select known.user_id, o.start_time from known cross join lateral (
            select start_time from observations o where o.user_id = known.user_id and o.user_id <> ''{within}
            order by start_time desc limit 1) as o
        where true{chosen})
    select user_id, start_time, n,
        (select min(start_time) from observations o where o.user_id = listed.user_id and o.user_id <> '')
            as first_seen,
        (select max(start_time) from observations o where o.user_id = listed.user_id and o.user_id <> '')
            as last_seen
    from (
        select *, (select count(*) from seen) as n from seen{after}
        order by start_time desc, user_id desc limit {limit}) as listed
    order by start_time desc, user_id desc
    """
)


@dataclass(frozen=True)
class UserPage:
    """One page of the list; `count` is of all pages."""

    users: list[Row]
    count: int
    next: Cursor | None


async def list_users(reader: Reader, filters: Filters) -> UserPage:
    """Users seen in the window, the latest first, with the sums of `group_sums`, first_seen and last_seen."""
    chosen: LiteralString = ""
    after: LiteralString = ""
    values: dict[str, Any] = {}
    seen = within(filters.window, values)
    if text := filters.get("q"):
        chosen += " and position(lower(%(text)s) in lower(known.user_id)) > 0"
        values["text"] = text
    if filters.get("outcome") == "failed":
        chosen += " and known.user_id in (" + WITH_A_FAILURE.format(column="user_id", within=seen) + ")"
    if filters.cursor:
        after = " where (start_time, user_id) < (%(after_time)s, %(after_id)s)"
        values |= {"after_time": filters.cursor.start_time, "after_id": filters.cursor.trace_id}
    query = _USERS.format(within=seen, chosen=chosen, after=after, limit=PAGE_SIZE + 1)
    rows = await reader.rows(query, values)
    page = rows[:PAGE_SIZE]
    sums = await group_sums(reader, "user_id", [row["user_id"] for row in page], filters.window)
    following = Cursor(page[-1]["start_time"], page[-1]["user_id"]) if len(rows) > PAGE_SIZE else None
    return UserPage([row | sums[row["user_id"]] for row in page], rows[0]["n"] if rows else 0, following)
