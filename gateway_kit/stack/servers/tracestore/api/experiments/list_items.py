"""GET experiment-items: pages of the items of experiments, newest first. An item is the span of its task."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api.answers import JSON, time_text
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.cursors import ExperimentCursor
from gateway_kit.stack.servers.tracestore.api.experiments.experiment_query import ExperimentQuery, read_query
from gateway_kit.stack.servers.tracestore.api.experiments.experiment_scores import scores_of_items
from gateway_kit.stack.servers.tracestore.api.filter_sql import Column
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row, reading
from gateway_kit.stack.servers.tracestore.store.tables.experiments import IS_ITEM
from gateway_kit.stack.servers.tracestore.store.tables.observations import START_MS

GROUPS = ("core", "dataset", "io", "metadata", "itemMetadata", "experimentMetadata", "scores")
_COLUMNS = {
    "experimentId": Column("experiment_id"),
    "experimentName": Column("experiment_name"),
    "experimentItemId": Column("experiment_item_id"),
    "datasetId": Column("experiment_dataset_id"),
}
_CORE = (
    f"id, trace_id, {START_MS} as start_time, end_time, level, environment, experiment_id, experiment_name,"
    " experiment_item_id"
)
# Of each group: the columns of the answer and of the table.
_GROUPS = {
    "dataset": {"experimentDatasetId": "experiment_dataset_id"},
    "io": {
        "input": "input",
        "output": "output",
        "expectedOutput": "coalesce(experiment ->> 'expectedOutput', '')",
    },
    "metadata": {"metadata": "experiment -> 'observationMetadata'"},
    "itemMetadata": {"experimentItemMetadata": "experiment -> 'itemMetadata'"},
    "experimentMetadata": {
        "experimentMetadata": "experiment -> 'metadata'",
        "experimentDescription": "coalesce(experiment ->> 'description', '')",
    },
}
_VERSION = "(experiment ->> 'itemVersion')::timestamptz as item_version"


async def list_items(request: Request) -> Response:
    """A page and, if there is more, the cursor of the next page."""
    authorize(request)
    query = read_query(request, GROUPS, ("core", "dataset"), _COLUMNS)
    project_id = request.app.state.config.project_id
    async with reading(request.app.state.pool) as reader:
        rows = await _rows(reader, query)
        meta = {}
        if len(rows) > query.limit:
            rows = rows[: query.limit]
            last = (rows[-1][name] for name in ("start_time", "trace_id", "id", "experiment_id"))
            meta["cursor"] = ExperimentCursor(*last).encoded()
        data = [_to_json(row, query) for row in rows]
        if "scores" in query.groups:
            scores = await scores_of_items(reader, rows, query.score_limit, project_id)
            for item in data:
                item["scores"] = scores.get(item["traceId"], [])
    return JSON({"data": data, "meta": meta})


async def _rows(reader: Reader, query: ExperimentQuery) -> list[Row]:
    """One more than the page has, if there are."""
    columns = [_CORE, _VERSION] + [
        f'{sql} as "{name}"'
        for group, named in _GROUPS.items()
        if group in query.groups
        for name, sql in named.items()
    ]
    conditions = ["experiment_id is not null", IS_ITEM, query.window, query.chosen]
    order = (START_MS, "trace_id", "id")
    if query.cursor is not None:
        values = ", ".join(map(query.binder.bind, query.cursor[:3]))
        conditions.append(f"({', '.join(order)}) < ({values})")
    descending = ", ".join(f"{part} desc" for part in order)
    return await reader.rows(
        f"select {', '.join(columns)} from observations where {' and '.join(conditions)}"
        f" order by {descending} limit {query.limit + 1}",
        query.binder.values,
    )


def _to_json(row: Row, query: ExperimentQuery) -> dict[str, Any]:
    item = {
        "id": row["id"],
        "traceId": row["trace_id"],
        "startTime": time_text(row["start_time"]),
        "endTime": time_text(row["end_time"]),
        "level": row["level"],
        "environment": row["environment"],
        "experimentId": row["experiment_id"],
        "experimentName": row["experiment_name"] or "",
        "experimentItemId": row["experiment_item_id"],
    }
    if "dataset" in query.groups:
        item["experimentItemVersion"] = time_text(row["item_version"])
    for group, named in _GROUPS.items():
        if group in query.groups:
            item |= {name: row[name] for name in named}
    return item
