"""The filters of the list of traces as SQL, and the values that their boxes suggest.

A trace matches if any of its observations does: SDKs write user, session and tags on each observation, other clients
only on the root.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, LiteralString

from gateway_kit.stack.servers.tracestore.pages.filters import Filters, as_number
from gateway_kit.stack.servers.tracestore.pages.outcomes import BENEATH, FAILED, IS_ERROR
from gateway_kit.stack.servers.tracestore.store.reader import Reader

RARE = 10_000  # rows
# By their names in the URL.
_SIGNS: dict[str, LiteralString] = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


@dataclass(frozen=True)
class Clause:
    """`condition` is on o.trace_id. `source` selects the ids of all traces that can match."""

    condition: LiteralString
    source: LiteralString = ""
    is_exact: bool = True  # each trace of `source` matches


def _any(condition: LiteralString) -> Clause:
    # "offset 0" keeps the planner from turning the subquery into a join with the whole table.
    return Clause(
        "exists (select from observations m where m.trace_id = o.trace_id and " + condition + " offset 0)",
        "select m.trace_id from observations m where " + condition,
    )


_CLAUSES: dict[str, Clause] = {
    "name": _any("(m.name = %(name)s or m.trace_name = %(name)s)"),
    "model": _any("m.model = %(model)s"),
    "user": _any("m.user_id = %(user)s and m.user_id <> ''"),
    "session": _any("m.session_id = %(session)s and m.session_id <> ''"),
    "tag": _any("m.tags @> array[%(tag)s::text]"),
    "level": _any("m.level = %(level)s"),
    "environment": _any("m.environment = %(environment)s"),
}
_FAILED = _any(FAILED)
_ERROR = _any(IS_ERROR)
_OUTCOMES = {
    "failed": _FAILED,
    "caught": Clause(
        _ERROR.condition + " and not " + _FAILED.condition, _any(BENEATH).source, is_exact=False
    ),
    "ok": Clause("not " + _ERROR.condition),
}


def _score_condition(filters: Filters) -> tuple[LiteralString, LiteralString, dict[str, Any]]:
    """A condition on each score c, a condition on all of them together, and their parameters.

    Numbers are compared by their average, which the list shows; texts are compared without case.
    """
    name: LiteralString = "c.name = %(score)s"
    value = filters.get("value")
    if not value:
        return name, "true", {}
    sign = _SIGNS[filters.get("comparison")]
    is_text: LiteralString = "coalesce(bool_or(lower(c.string_value) = lower(%(value)s)), false)"
    if (limit := as_number(value)) is None:
        return name, is_text if sign == "=" else "not " + is_text, {}
    compared: LiteralString = "round(avg(c.value)::numeric, 9) " + sign + " round(%(limit)s::numeric, 9)"
    if sign == "=":
        compared = "(" + compared + " or " + is_text + ")"
    return name, "coalesce(" + compared + ", false)", {"limit": limit}


def clauses(filters: Filters) -> tuple[dict[str, Clause], dict[str, Any]]:
    """The conditions by filter, and their parameters, without the text search."""
    result = {name: clause for name, clause in _CLAUSES.items() if filters.get(name)}
    values: dict[str, Any] = dict(filters.texts)
    if filters.get("outcome"):
        result["outcome"] = _OUTCOMES[filters.get("outcome")]
    if filters.get("score"):
        each, having, more = _score_condition(filters)
        of_trace: LiteralString = "select {} from scores c where c.trace_id {} and " + each
        end: LiteralString = " group by c.trace_id having " + having
        result["score"] = Clause(
            "exists (" + of_trace.format("", "= o.trace_id") + end + " offset 0)",
            of_trace.format("c.trace_id", "is not null") + end,
        )
        values |= more
    return result, values


async def conditions(reader: Reader, filters: Filters) -> tuple[list[LiteralString], dict[str, Any]]:
    """Conditions on o.trace_id, and parameters, with `ids` if the traces that can match are few enough to list.

    The planner cannot tell rare from common values well. For a common value the walk from the newest trace ends soon;
    for a rare one it would read the whole table, while an index lists the few traces at once. So the rarest filter is
    looked up first, if it has fewer than RARE rows.
    """
    chosen, values = clauses(filters)
    rarest, ids = "", None
    for name, clause in chosen.items():
        if clause.source:
            rows = await reader.rows(clause.source + f" limit {RARE}", values)
            if len(rows) < RARE and (ids is None or len(rows) < len(ids)):
                rarest, ids = name, [row["trace_id"] for row in rows]
    parts = [clause.condition for name, clause in chosen.items() if name != rarest or not clause.is_exact]
    if ids is not None:
        values["ids"] = list(dict.fromkeys(ids))
    return parts, values


_KNOWN_VALUES: LiteralString = """
    with recent as (
        select trace_name, name, model, user_id, session_id, tags, environment from observations
        order by start_time desc limit 2000)
    select 'name' as kind, coalesce(nullif(trace_name, ''), name) as value from recent
    union select 'model', model from recent
    union select 'user', user_id from recent
    union select 'session', session_id from recent
    union select 'tag', tag from recent, unnest(tags) as tag where not starts_with(tag, 'cache_hit:')
    union select 'environment', environment from recent
    union select 'score', name from (select name from scores order by "timestamp" desc limit 2000) as scored
"""


async def known_values(reader: Reader) -> dict[str, list[str]]:
    """Names, models, users, tags, environments and scores of the newest 2,000 observations and scores."""
    rows = await reader.rows(_KNOWN_VALUES, {})
    kinds = ("name", "model", "user", "session", "tag", "environment", "score")
    values: dict[str, list[str]] = {kind: [] for kind in kinds}
    for row in sorted(rows, key=lambda row: row["value"]):
        if row["value"] and len(row["value"]) <= 100 and len(values[row["kind"]]) < 50:
            values[row["kind"]].append(row["value"])
    return values
