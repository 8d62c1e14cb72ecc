"""The list of experiments."""

from __future__ import annotations

from typing import Any, LiteralString

from gateway_kit.stack.servers.tracestore.pages.experiment_items import (
    COSTS,
    IS_ALONE,
    SCORES_OF_ITEMS,
    as_text,
)
from gateway_kit.stack.servers.tracestore.pages.filters import Cursor
from gateway_kit.stack.servers.tracestore.pages.parameters import Page, Parameters
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row
from gateway_kit.stack.servers.tracestore.store.tables.experiments import IS_ITEM, KNOWN
from gateway_kit.stack.servers.tracestore.store.tables.observations import START_MS

PAGE_SIZE = 10  # few, since all items of each experiment are summed
FILTERS = ("q", "dataset")

# What each experiment's newest span says.
NEWEST: LiteralString = (
    KNOWN
    + """, newest as (
    select one.* from known cross join lateral (
        select experiment_id, start_time as last_time, coalesce(nullif(experiment_name, ''), experiment_id) as name,
            experiment_dataset_id as dataset_id
        from observations where experiment_id = known.experiment_id
        order by """
    + START_MS
    + """ desc, id desc limit 1
    ) as one
)
"""
)
_SUMS: LiteralString = (
    """
with items as materialized (
    select experiment_id, trace_id, start_time, end_time, latency_ms, level, """
    + IS_ALONE
    + " from observations where experiment_id = any(%(ids)s) and "
    + IS_ITEM
    + """)
select experiment_id, count(*) as items, count(*) filter (where level = 'ERROR') as failed,
    min(start_time) as start_time, percentile_cont(0.5) within group (order by latency_ms) as p50_ms,
    sum(cost_usd) as cost_usd
from items """
    + COSTS
    + " group by experiment_id"
)
_MEANS: LiteralString = (
    "select items.experiment_id, s.name, avg(s.value) as mean"
    " from observations items join scores s using (trace_id)"
    " where items.experiment_id = any(%(ids)s) and items.experiment_item_id is not null"
    " and items.experiment_root_id = items.id and s.value is not null and "
    + SCORES_OF_ITEMS
    + " group by 1, 2 order by 1, 2"
)
_OF_EXPERIMENT: LiteralString = (
    "select dataset_run_id as experiment_id, name, value, string_value, comment from scores"
    " where dataset_run_id = any(%(ids)s) and trace_id is null and observation_id is null and session_id is null"
    " order by name, updated_at desc limit 500"
)


async def list_experiments(reader: Reader, parameters: Parameters, limit: int = PAGE_SIZE) -> Page:
    """A page of experiments, the one with the newest span first."""
    where: LiteralString = "where true"
    values: dict[str, Any] = {"q": parameters.get("q"), "dataset": parameters.get("dataset")}
    if values["q"]:
        where += " and position(lower(%(q)s) in lower(name)) > 0"
    if values["dataset"]:
        where += " and dataset_id = %(dataset)s"
    after: LiteralString = ""
    if parameters.cursor:
        after = " where (last_time, experiment_id) < (%(after_time)s, %(after_id)s)"
        values |= {"after_time": parameters.cursor.start_time, "after_id": parameters.cursor.trace_id}
    rows = await reader.rows(
        NEWEST + f", matching as (select * from newest {where})"
        " select *, (select name from datasets where id = dataset_id) as dataset_name,"
        f" (select count(*) from matching) as n from matching{after}"
        f" order by last_time desc, experiment_id desc limit {limit + 1}",
        values,
    )
    page = rows[:limit]
    following = Cursor(page[-1]["last_time"], page[-1]["experiment_id"]) if len(rows) > limit else None
    return Page(await _with_sums(reader, page), rows[0]["n"] if rows else 0, following)


async def read_experiments(reader: Reader, ids: list[str]) -> list[Row]:
    """The experiments with these ids that there are: names, dataset, metadata, and scores of the whole."""
    rows = await reader.rows(
        """
select one.*, (select name from datasets where id = one.dataset_id) as dataset_name
from unnest(%(ids)s::text[]) as asked(id) cross join lateral (
    select experiment_id, coalesce(nullif(experiment_name, ''), experiment_id) as name,
        experiment_dataset_id as dataset_id, coalesce(experiment ->> 'description', '') as description,
        coalesce(experiment -> 'metadata', '{}') as metadata
    from observations where experiment_id = asked.id order by """
        + START_MS
        + " desc, id desc limit 1) as one",
        {"ids": ids},
    )
    own = await _own_scores(reader, ids)
    return [
        {**row, "metadata": as_text(row["metadata"]), "own_scores": own.get(row["experiment_id"], [])}
        for row in rows
    ]


async def _with_sums(reader: Reader, experiments: list[Row]) -> list[Row]:
    """The same with items, failed (items), start_time, p50_ms, cost_usd and means."""
    values = {"ids": [row["experiment_id"] for row in experiments]}
    if not experiments:
        return []
    sums = {row["experiment_id"]: row for row in await reader.rows(_SUMS, values)}
    means = await reader.rows(_MEANS, values)
    nothing = {"items": 0, "failed": 0, "start_time": None, "p50_ms": None, "cost_usd": None}
    return [
        {
            **row,
            **sums.get(row["experiment_id"], nothing),
            "means": [mean for mean in means if mean["experiment_id"] == row["experiment_id"]],
        }
        for row in experiments
    ]


async def _own_scores(reader: Reader, ids: list[str]) -> dict[str, list[Row]]:
    scores: dict[str, list[Row]] = {}
    for row in await reader.rows(_OF_EXPERIMENT, {"ids": ids}):
        scores.setdefault(row["experiment_id"], []).append(row)
    return scores
