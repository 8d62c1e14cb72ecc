"""The items of experiments with their scores, latency and cost; and their texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, NamedTuple

from gateway_kit.stack.servers.tracestore.pages.content import Content, read_content
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row
from gateway_kit.stack.servers.tracestore.store.tables.experiments import IS_ITEM

MAX_ITEMS = 20_000  # of all experiments of a page
READ = 20_000  # characters of a text

# Of the item's span, and of its trace as a whole.
SCORES_OF_ITEMS: LiteralString = (
    "(s.observation_id = items.id"
    " or s.observation_id is null and s.session_id is null and s.dataset_run_id is null)"
    " and s.data_type in ('NUMERIC', 'BOOLEAN', 'CATEGORICAL', 'TEXT')"
)
# Whether the trace has no other item, as it has when an experiment runs inside another span: then its cost is not that
# of one item.
IS_ALONE: LiteralString = "count(*) over (partition by trace_id) = 1 as is_alone"
# What ran while the item's task did; the rest of its trace are evaluators. A lateral join, since the planner does not
# know how many items there are.
COSTS: LiteralString = """
left join lateral (
    select sum(o.total_cost) filter (where in_task) as cost_usd,
        sum(o.total_cost) filter (where not in_task) as judging_usd
    from (
        select total_cost, start_time >= items.start_time
            and start_time <= coalesce(items.end_time, items.start_time) as in_task
        from observations where trace_id = items.trace_id) as o
    where items.is_alone) as costs on true
"""
_ITEMS: LiteralString = (
    """
with items as materialized (
    select experiment_id, experiment_item_id, trace_id, id, start_time, end_time, latency_ms, level,
        experiment -> 'itemMetadata' as metadata, """
    + IS_ALONE
    + """
    from observations where experiment_id = any(%(ids)s) and """
    + IS_ITEM
    + """ order by start_time desc limit %(limit)s)
select items.*, cost_usd::float8, judging_usd::float8 from items """
    + COSTS
    + " order by start_time desc, id"
)
_SCORES: LiteralString = (
    """
select items.id, s.trace_id, s.name, avg(s.value) as value, count(*) as n,
    array_agg(distinct s.string_value) filter (where s.data_type in ('CATEGORICAL', 'TEXT')) as texts
from unnest(%(traces)s::text[], %(spans)s::text[]) as items(trace_id, id) join scores s using (trace_id)
where """
    + SCORES_OF_ITEMS
    + " group by 1, 2, 3 order by s.name"
)


class ItemScore(NamedTuple):
    """The scores of one name of an item: the mean of numbers, else the text."""

    value: float | None
    text: str
    scores: int  # so many have this name


@dataclass(frozen=True, slots=True)
class Item:
    """What an experiment has for an item of its data."""

    experiment_id: str
    item_id: str
    trace_id: str
    span_id: str
    start_time: datetime
    latency_ms: int | None
    has_failed: bool
    cost_usd: float | None  # of the answer, without evaluators
    judging_usd: float | None
    metadata: dict[str, str]
    scores: dict[str, ItemScore]


async def read_items(reader: Reader, ids: Sequence[str]) -> list[Item]:
    """The items of the experiments, the latest first, at most MAX_ITEMS."""
    rows = await reader.rows(_ITEMS, {"ids": list(ids), "limit": MAX_ITEMS})
    values = {"traces": [row["trace_id"] for row in rows], "spans": [row["id"] for row in rows]}
    scores: dict[tuple[str, str], dict[str, ItemScore]] = {}
    for row in await reader.rows(_SCORES, values):
        texts = [text for text in row["texts"] or [] if text]
        text = ", ".join(texts[:3])[:200]
        value = None if texts else row["value"]
        scores.setdefault((row["trace_id"], row["id"]), {})[row["name"]] = ItemScore(value, text, row["n"])
    return [
        Item(
            row["experiment_id"], row["experiment_item_id"], row["trace_id"], row["id"], row["start_time"],
            row["latency_ms"], row["level"] == "ERROR", row["cost_usd"], row["judging_usd"],
            as_text(row["metadata"]), scores.get((row["trace_id"], row["id"]), {}),
        )
        for row in rows
    ]  # fmt: skip


def as_text(metadata: Any) -> dict[str, str]:
    """The metadata with values as text; they are flat already."""
    if not isinstance(metadata, dict):
        return {}
    return {key: str(value) for key, value in metadata.items() if value is not None}


class Texts(NamedTuple):
    """The texts of an item in one experiment."""

    input: Content
    output: Content
    expected: Content
    comments: dict[str, str]  # of scores, by their names


async def read_texts(reader: Reader, items: Iterable[Item]) -> dict[tuple[str, str], Texts]:
    """By trace and span."""
    wanted = list(items)
    values = {"traces": [item.trace_id for item in wanted], "spans": [item.span_id for item in wanted]}
    chosen = "from unnest(%(traces)s::text[], %(spans)s::text[]) as items(trace_id, id)"
    rows = await reader.rows(
        f"select trace_id, id, left(input, {READ}) as input, length(input) as input_length,"
        f" left(output, {READ}) as output, length(output) as output_length,"
        f" left(experiment ->> 'expectedOutput', {READ}) as expected,"
        f" length(experiment ->> 'expectedOutput') as expected_length {chosen} join observations using (trace_id, id)",
        values,
    )
    comments: dict[tuple[str, str], dict[str, str]] = {}
    for row in await reader.rows(
        f"select distinct on (items.trace_id, items.id, s.name) items.trace_id, items.id, s.name,"
        f" left(s.comment, 2000) as comment {chosen} join scores s using (trace_id)"
        f" where s.comment <> '' and {SCORES_OF_ITEMS} order by 1, 2, 3, s.updated_at desc",
        values,
    ):
        comments.setdefault((row["trace_id"], row["id"]), {})[row["name"]] = row["comment"]
    return {
        (row["trace_id"], row["id"]): Texts(
            _content(row, "input"),
            _content(row, "output"),
            _content(row, "expected"),
            comments.get((row["trace_id"], row["id"]), {}),
        )
        for row in rows
    }


def _content(row: Row, name: str) -> Content:
    return read_content(row[name] or None, row[f"{name}_length"])
