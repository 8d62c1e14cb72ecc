"""GET experiments: pages of experiments, the one with the newest span first."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api.answers import JSON, time_text
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.cursors import ExperimentCursor
from gateway_kit.stack.servers.tracestore.api.experiments.experiment_query import ExperimentQuery, read_query
from gateway_kit.stack.servers.tracestore.api.experiments.experiment_scores import scores_of_experiments
from gateway_kit.stack.servers.tracestore.api.filter_sql import Column
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row, reading
from gateway_kit.stack.servers.tracestore.store.tables.experiments import KNOWN
from gateway_kit.stack.servers.tracestore.store.tables.observations import START_MS

GROUPS = ("core", "metadata", "scores")
_COLUMNS = {
    "id": Column("experiment_id"),
    "name": Column("experiment_name"),
    "datasetId": Column("experiment_dataset_id"),
}
_END_MS = "date_trunc('milliseconds', end_time at time zone 'UTC') at time zone 'UTC'"


async def list_experiments(request: Request) -> Response:
    """A page and, if there is more, the cursor of the next page."""
    authorize(request)
    query = read_query(request, GROUPS, ("core",), _COLUMNS)
    project_id = request.app.state.config.project_id
    async with reading(request.app.state.pool) as reader:
        rows = await _rows(reader, query)
        meta = {}
        if len(rows) > query.limit:
            rows = rows[: query.limit]
            last = (rows[-1][name] for name in ("last_time", "last_trace_id", "last_id", "experiment_id"))
            meta["cursor"] = ExperimentCursor(*last).encoded()
        data = [_to_json(row, query) for row in rows]
        if "scores" in query.groups:
            ids = [row["experiment_id"] for row in rows]
            scores = await scores_of_experiments(reader, ids, query.score_limit, project_id)
            for experiment in data:
                experiment["scores"] = scores.get(experiment["id"], [])
    return JSON({"data": data, "meta": meta})


async def _rows(reader: Reader, query: ExperimentQuery) -> list[Row]:
    """One more than the page has, if there are.

    Name, dataset, description and metadata are those of the newest span. Langfuse takes them of any span; the SDKs
    send the description with some spans alone, which are not the newest, so the real answer's is empty too.
    """
    bind = query.binder.bind
    after = ""
    if query.cursor is not None:
        last = query.cursor
        values = ", ".join(map(bind, (last.start_time, last.experiment_id, last.id)))
        after = f"where (last_time, experiment_id, last_id) < ({values})"
    # What follows `known` reads the index alone, without the rows.
    return await reader.rows(
        f"""
{KNOWN}, newest as (
    select one.* from known cross join lateral (
        select experiment_id, {START_MS} as last_time, id as last_id from observations
        where experiment_id = known.experiment_id and {query.window} and {query.chosen}
        order by {START_MS} desc, id desc limit 1
    ) as one
), page as (
    select * from newest {after} order by last_time desc, experiment_id desc, last_id desc limit {query.limit + 1}
)
select page.*, sums.*, last.* from page cross join lateral (
    select min({START_MS}) as start_time, max(greatest({START_MS}, {_END_MS})) as end_time,
        count(*) filter (where experiment_root_id = id) as items
    from observations where experiment_id = page.experiment_id and {query.window}
) as sums cross join lateral (
    select trace_id as last_trace_id, experiment_name, experiment_dataset_id,
        coalesce(experiment ->> 'description', '') as description, experiment -> 'metadata' as metadata
    from observations where experiment_id = page.experiment_id and {START_MS} = page.last_time and id = page.last_id
    limit 1
) as last
order by last_time desc, experiment_id desc, last_id desc
""",
        query.binder.values,
    )


def _to_json(row: Row, query: ExperimentQuery) -> dict[str, Any]:
    experiment = {
        "id": row["experiment_id"],
        "name": row["experiment_name"] or "",
        "description": row["description"],
        "startTime": time_text(row["start_time"]),
        "endTime": time_text(row["end_time"]),
        "itemCount": row["items"],
        "datasetId": row["experiment_dataset_id"],
    }
    if "metadata" in query.groups:
        experiment["metadata"] = row["metadata"]
    return experiment
