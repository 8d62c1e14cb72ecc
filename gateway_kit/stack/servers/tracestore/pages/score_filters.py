"""Scores in the list of traces: what each trace got, and the filter on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, LiteralString

from gateway_kit.stack.servers.tracestore.pages.filters import Filters, as_number
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row

# By their names in the address.
_SIGNS: dict[str, LiteralString] = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


@dataclass(frozen=True)
class TraceScore:
    """What a trace got under one name, on itself and its observations."""

    name: str
    text: str  # the average of numbers, else the values
    count: int


def score_condition(filters: Filters) -> tuple[LiteralString, LiteralString, dict[str, Any]]:
    """A condition on each score c, one on those of a trace together, and their parameters.

    Numbers are compared by their average, as the list shows it; texts without regard to case.
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


async def scores_of(reader: Reader, trace_ids: list[str]) -> dict[str, list[TraceScore]]:
    """The scores of each of the traces, by name."""
    rows = await reader.rows(
        "select trace_id, name, count(*) as n, avg(value) as mean, bool_and(data_type = 'BOOLEAN') as is_boolean,"
        " array_agg(distinct string_value) filter (where string_value is not null) as texts"
        " from scores where trace_id = any(%(ids)s) group by trace_id, name order by trace_id, name",
        {"ids": trace_ids},
    )
    found: dict[str, list[TraceScore]] = {}
    for row in rows:
        found.setdefault(row["trace_id"], []).append(TraceScore(row["name"], _text(row), row["n"]))
    return found


def _text(row: Row) -> str:
    texts = row["texts"] or []
    if row["is_boolean"] and len(texts) > 1:
        return f"True in {100 * row['mean']:.0f} %"
    if texts:
        return ", ".join(text[:40] for text in texts[:3]) + (", …" if len(texts) > 3 else "")
    return f"{row['mean']:.3g}" if row["mean"] is not None and math.isfinite(row["mean"]) else ""
