"""GET v2/metrics: counts, sums and percentiles of observations and scores, by dimensions and over time."""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api.answers import JSON, number
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.errors import invalid_request
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters
from gateway_kit.stack.servers.tracestore.metrics.buckets import bucket_text, filled
from gateway_kit.stack.servers.tracestore.metrics.query import TIME, Metric, MetricsQuery, read_query
from gateway_kit.stack.servers.tracestore.metrics.statement import Statement
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row, reading

# PostgreSQL needs about thirty bytes for each.
MAX_COLLECTED_VALUES = 2_000_000


async def get_metrics(request: Request) -> Response:
    """One row for each group."""
    authorize(request)
    query = read_query(Parameters(request.query_params.multi_items()))
    async with reading(request.app.state.pool) as reader:
        rows = await _rows(reader, query)
    if query.granularity and query.is_filled:
        rows = list(
            islice(
                filled(rows, query.granularity, TIME, query.start, query.end, lambda: _empty(query)),
                query.row_limit,
            )
        )
    return JSON({"data": [_row_to_json(row, query) for row in rows]})


async def _rows(reader: Reader, query: MetricsQuery) -> list[Row]:
    """The first rows in the order of the query, without rows for empty buckets."""
    statement = Statement(query, collects=True)
    has_many_groups = any(query.view.dimensions[name].is_high_cardinality for name in query.dimensions)
    if any(metric.needs_all_values for metric in query.metrics):
        if not has_many_groups and await _estimated_rows(reader, statement) <= MAX_COLLECTED_VALUES:
            await reader.group_by_hash()
        elif any(metric.aggregation == "histogram" for metric in query.metrics):
            raise invalid_request("Too many rows for a histogram. Narrow the time window or the dimensions.")
        else:
            statement = Statement(query, collects=False)
    rows = await reader.rows(statement.text(query.row_limit), statement.binder.values, binary=True)
    return [dict(zip(statement.names, row.values(), strict=True)) for row in rows]


async def _estimated_rows(reader: Reader, statement: Statement) -> int:
    """How many rows the planner expects."""
    (row,) = await reader.rows(statement.estimate(), statement.binder.values)
    return int(row["QUERY PLAN"][0]["Plan"]["Plan Rows"])


def _empty(query: MetricsQuery) -> Row:
    """A row for a bucket without data, as ClickHouse fills it: zeros, and null for nullable columns."""
    row: Row = {}
    for name in query.dimensions:
        dimension = query.view.dimensions[name]
        empty = {"text": "", "list": [], "number": 0, "boolean": False}[dimension.kind]
        row[name] = None if dimension.is_nullable else empty
    return row | {metric.key: _empty_value(query, metric) for metric in query.metrics}


def _empty_value(query: MetricsQuery, metric: Metric) -> int | list[Any] | None:
    if metric.aggregation == "histogram":
        return []
    is_nullable = query.view.measures[metric.measure].is_nullable
    return None if is_nullable and metric.aggregation not in ("count", "uniq") else 0


def _row_to_json(row: Row, query: MetricsQuery) -> Row:
    answer = {name: _value(row[name]) for name in query.dimensions}
    if query.granularity:
        answer[TIME] = bucket_text(query.granularity, row[TIME])
    return answer | {metric.key: _value(row[metric.key]) for metric in query.metrics}


def _value(value: Any) -> Any:
    if isinstance(value, Decimal | float):
        return number(value)
    return [_value(item) for item in value] if isinstance(value, list) else value
