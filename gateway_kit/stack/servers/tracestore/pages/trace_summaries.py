"""One row per trace: name, user, input and output, outcome, cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import LiteralString

from gateway_kit.stack.servers.tracestore.pages.content import read_content
from gateway_kit.stack.servers.tracestore.pages.outcomes import FAILED
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row
from gateway_kit.stack.servers.tracestore.store.tables.observations import CACHE_HIT

READ = 20_000  # characters of an input or output, enough to find its last message

_SUMMARY: LiteralString = (
    """
    select trace_id, min(start_time) as start_time, max(coalesce(end_time, start_time)) as end_time,
        coalesce(max(nullif(trace_name, '')), (array_agg(
            name order by parent_id is not null and not is_app_root, start_time, id))[1]) as name,
        coalesce((array_agg(user_id order by start_time) filter (where user_id <> ''))[1], '') as user_id,
        coalesce((array_agg(session_id order by start_time) filter (where session_id <> ''))[1], '') as session_id,
        case when bool_or(level = 'ERROR') then 'ERROR' when bool_or(level = 'WARNING') then 'WARNING'
            when bool_or(level = 'DEFAULT') then 'DEFAULT' else 'DEBUG' end as level,
        array_agg(distinct model) filter (where model <> '') as models,
        count(*) as observations, count(*) filter (where level = 'ERROR') as errors,
        sum(total_usage)::bigint as tokens, sum(total_cost) as cost_usd,
        count(*) filter (where """
    + CACHE_HIT
    + """) as cache_hits,
        (extract(epoch from max(coalesce(end_time, start_time)) - min(start_time)) * 1000)::float8 as latency_ms
    from observations where trace_id = any(%(ids)s) group by trace_id
    """
)
# Of the trace's root, or of the first observation that has any.
_TEXTS: LiteralString = """
    select distinct on (trace_id) trace_id, left(input, %(length)s) as input, length(input) as input_length,
        left(output, %(length)s) as output, length(output) as output_length
    from observations where trace_id = any(%(ids)s)
    order by trace_id, coalesce(input, output) is null, parent_id is not null and not is_app_root, level = 'ERROR',
        start_time, id
"""
_TAGS: LiteralString = """
    select trace_id, array_agg(distinct tag order by tag) as tags from observations, unnest(tags) as tag
    where trace_id = any(%(ids)s) and not starts_with(tag, 'cache_hit:') group by trace_id
"""


@dataclass(frozen=True)
class TraceScore:
    """The scores of one name on a trace and its observations."""

    name: str
    text: str  # the average of numbers, else the values
    count: int


async def summaries(reader: Reader, ids: list[str]) -> list[Row]:
    """One row per trace, in the order of `ids`.

    times, name, user, session, models, tags, scores, outcome (a key of OUTCOMES), worst level, sums; `input` and
    `output` as Content. LiteLLM's cache tags are left out, since `cache_hits` has the same information.
    """
    if not ids:
        return []
    values = {"ids": ids, "length": READ}
    rows = {row["trace_id"]: row for row in await reader.rows(_SUMMARY, values)}
    tags = {row["trace_id"]: row["tags"] for row in await reader.rows(_TAGS, values)}
    failed = await reader.rows(
        "select distinct m.trace_id from observations m where m.trace_id = any(%(ids)s) and " + FAILED, values
    )
    top = {row["trace_id"] for row in failed}
    scores = await _scores_of(reader, ids)
    for texts in await reader.rows(_TEXTS, values):
        trace_id = texts["trace_id"]
        row = rows[trace_id]
        row["outcome"] = "failed" if trace_id in top else "caught" if row["errors"] else "ok"
        row["tags"], row["scores"] = tags.get(trace_id, []), scores.get(trace_id, [])
        for side in ("input", "output"):
            row[side] = read_content(texts[side], texts[f"{side}_length"])
    return [rows[trace_id] for trace_id in ids if trace_id in rows]


async def _scores_of(reader: Reader, trace_ids: list[str]) -> dict[str, list[TraceScore]]:
    """The scores of each of the traces, by name."""
    rows = await reader.rows(
        "select trace_id, name, count(*) as n, avg(value) as mean, bool_and(data_type = 'BOOLEAN') as is_boolean,"
        " array_agg(distinct string_value) filter (where string_value is not null) as texts"
        " from scores where trace_id = any(%(ids)s) group by trace_id, name order by trace_id, name",
        {"ids": trace_ids},
    )
    result: dict[str, list[TraceScore]] = {}
    for row in rows:
        result.setdefault(row["trace_id"], []).append(TraceScore(row["name"], _score_text(row), row["n"]))
    return result


def _score_text(row: Row) -> str:
    texts = row["texts"] or []
    if row["is_boolean"] and len(texts) > 1:
        return f"True in {100 * row['mean']:.0f} %"
    if texts:
        return ", ".join(text[:40] for text in texts[:3]) + (", …" if len(texts) > 3 else "")
    return f"{row['mean']:.3g}" if row["mean"] is not None and math.isfinite(row["mean"]) else ""
