"""The versions of a prompt, and what the generations that used them took and scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, LiteralString

from gateway_kit.stack.servers.tracestore.pages.filters import Cursor
from gateway_kit.stack.servers.tracestore.pages.windows import Window, within
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row

VERSIONS_SHOWN = 50
GENERATIONS_SHOWN = 25
SCORES_SHOWN = 6

_COLUMNS: LiteralString = "id, version, type, labels, tags, commit_message, created_at, updated_at"
_USAGE: LiteralString = """
    select prompt_id, count(*) as generations, count(*) filter (where level = 'ERROR') as failed,
        sum(total_cost) as cost_usd, sum(total_cost) / count(*) as cost_each_usd,
        percentile_disc(0.5) within group (order by latency_ms) as p50_ms,
        percentile_disc(0.95) within group (order by latency_ms) as p95_ms
    from observations where prompt_id = any(%(ids)s) and prompt_id <> ''{within} group by prompt_id
"""
# A score counts for a version if it is of the generation, of its trace, or of the trace's root: evaluators of an
# experiment score the root.
_SCORES: LiteralString = """
    with used as (
        select distinct prompt_id, trace_id, id from observations
        where prompt_id = any(%(ids)s) and prompt_id <> ''{within}),
    counted as (
        select distinct u.prompt_id, s.id, s.name, s.data_type, s.value, s.string_value
        from used u join scores s on s.trace_id = u.trace_id
        where s.data_type <> 'CORRECTION' and (s.observation_id is null or s.observation_id = u.id or exists (
            select from observations r
            where r.trace_id = s.trace_id and r.id = s.observation_id and r.parent_id is null)))
    select prompt_id, name, data_type, case when data_type = 'CATEGORICAL' then string_value end as category,
        count(*) as n, avg(value) as mean
    from counted group by prompt_id, name, data_type, category
"""
_GENERATIONS: LiteralString = """
    select trace_id, id, name, trace_name, start_time, latency_ms, total_cost, level, model, user_id
    from observations where prompt_id = %(id)s and prompt_id <> ''{within}{after}
    order by start_time desc, trace_id desc, id desc limit {limit}
"""


@dataclass(frozen=True)
class Mean:
    """The scores of one name of one version: the mean of numbers, else the most frequent value."""

    text: str
    n: int


async def count_versions(reader: Reader, name: str) -> int:
    """How many versions the prompt has; 0: there is no such prompt."""
    (row,) = await reader.rows("select count(*) as n from prompts where name = %(name)s", {"name": name})
    count: int = row["n"]
    return count


async def version_rows(reader: Reader, name: str, before: int | None = None) -> list[Row]:
    """At most VERSIONS_SHOWN versions without their texts, the newest first; `before`: older than this one."""
    older = " and version < %(before)s" if before is not None else ""
    return await reader.rows(
        f"select {_COLUMNS} from prompts where name = %(name)s{older} order by version desc limit {VERSIONS_SHOWN}",
        {"name": name, "before": before},
    )


async def some_versions(reader: Reader, name: str, numbers: Iterable[int]) -> list[Row]:
    """These versions without their texts, in the order of their numbers."""
    return await reader.rows(
        f"select {_COLUMNS} from prompts where name = %(name)s and version = any(%(numbers)s) order by version",
        {"name": name, "numbers": list(numbers)},
    )


async def labels_of(reader: Reader, name: str) -> dict[str, int]:
    """The version of each label of the prompt."""
    rows = await reader.rows(
        "select label, version from prompts, unnest(labels) as label where name = %(name)s order by label",
        {"name": name},
    )
    return {row["label"]: row["version"] for row in rows}


async def with_usage(reader: Reader, versions: list[Row], window: Window) -> tuple[list[Row], list[str]]:
    """The versions with `usage` and `scores` (Mean by name), and the names of the scores, the most frequent first."""
    values: dict[str, Any] = {"ids": [row["id"] for row in versions]}
    inside = within(window, values)
    usage = {row["prompt_id"]: row for row in await reader.rows(_USAGE.format(within=inside), values)}
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in await reader.rows(_SCORES.format(within=inside), values):
        groups.setdefault((row["prompt_id"], row["name"]), []).append(row)
    scores: dict[str, dict[str, Mean]] = {}
    counts: Counter[str] = Counter()
    for (prompt_id, name), group in sorted(groups.items()):
        mean = _mean(group)
        scores.setdefault(prompt_id, {})[name] = mean
        counts[name] += mean.n
    rows = [{**row, "usage": usage.get(row["id"]), "scores": scores.get(row["id"], {})} for row in versions]
    return rows, [name for name, _ in counts.most_common()]


def _mean(group: list[Row]) -> Mean:
    n = sum(row["n"] for row in group)
    most = max(group, key=lambda row: row["n"])
    if all(row["mean"] is not None for row in group):
        mean = sum(row["mean"] * row["n"] for row in group) / n
        is_boolean = all(row["data_type"] == "BOOLEAN" for row in group)
        return Mean(f"{100 * mean:.0f} % true" if is_boolean else f"{mean:.3g}", n)
    if most["category"] is not None:
        return Mean(f"{most['category'][:40]} {100 * most['n'] / n:.0f} %", n)
    return Mean("texts", n)


async def generations(
    reader: Reader, prompt_id: str, window: Window, cursor: Cursor | None
) -> tuple[list[Row], Cursor | None]:
    """A page of the generations that used a version, the newest first, and the cursor of the next page."""
    values: dict[str, Any] = {"id": prompt_id}
    inside = within(window, values)
    after: LiteralString = ""
    if cursor:
        after = " and (start_time, trace_id, id) < (%(after_time)s, %(after_trace)s, %(after_id)s)"
        trace_id, _, observation_id = cursor.trace_id.partition(" ")
        values |= {"after_time": cursor.start_time, "after_trace": trace_id, "after_id": observation_id}
    query = _GENERATIONS.format(within=inside, after=after, limit=GENERATIONS_SHOWN + 1)
    rows = await reader.rows(query, values)
    page = rows[:GENERATIONS_SHOWN]
    if len(rows) <= GENERATIONS_SHOWN:
        return page, None
    last = page[-1]
    return page, Cursor(last["start_time"], f"{last['trace_id']} {last['id']}")
