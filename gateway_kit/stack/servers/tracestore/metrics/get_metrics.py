"""GET v2/metrics: counts, sums and percentiles of observations and scores, by dimensions and over time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

from psycopg import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api.answers import JSON
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.errors import invalid_request
from gateway_kit.stack.servers.tracestore.api.numbers import number
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters
from gateway_kit.stack.servers.tracestore.metrics.buckets import bucket_text, filled
from gateway_kit.stack.servers.tracestore.metrics.percentiles import PERCENTILES, Values
from gateway_kit.stack.servers.tracestore.metrics.query import TIME, Metric, MetricsQuery, read_query
from gateway_kit.stack.servers.tracestore.metrics.sql import VALUES, MetricsSql
from gateway_kit.stack.servers.tracestore.store.reader import reading, run

# Eight bytes a value; beyond these the server takes the percentiles, which is slower and needs no memory here.
MAX_VALUES_IN_MEMORY = 2_000_000
MAX_GROUPS_IN_MEMORY = 50_000

Row = dict[str, Any]


async def get_metrics(request: Request) -> Response:
    """One row for each group."""
    authorize(request)
    query = read_query(Parameters(request.query_params.multi_items()))
    async with reading(request) as connection:
        rows = await _rows(connection, query)
    if query.granularity and query.is_filled:
        rows = list(
            islice(
                filled(rows, query.granularity, TIME, query.start, query.end, lambda: _empty(query)),
                query.row_limit,
            )
        )
    return JSON({"data": [_answered(row, query) for row in rows[: query.row_limit]]})


async def _rows(connection: AsyncConnection, query: MetricsQuery) -> list[Row]:
    """The first rows in the order of the query, without those to be filled in."""
    needs_values = any(m.aggregation in PERCENTILES or m.aggregation == "histogram" for m in query.metrics)
    if needs_values and not any(query.view.dimensions[name].is_high for name in query.dimensions):
        sql = MetricsSql(query, in_memory=True)
        if await _estimated_rows(connection, sql) <= MAX_VALUES_IN_MEMORY:
            # Nobody knows how many groups there will be; the planner expects the worst, and would sort all rows.
            await connection.execute("set local enable_sort = off")
            found = await run(
                connection,
                sql.statement(MAX_GROUPS_IN_MEMORY + 1, ordered=False),
                sql.binder.values,
                binary=True,
            )
            groups = await found.fetchall()
            await connection.execute("set local enable_sort = on")
            if len(groups) <= MAX_GROUPS_IN_MEMORY:
                # Sorting a million values takes a while, in which other requests go on.
                return await asyncio.to_thread(_with_percentiles, query, sql.names, groups)
    if any(metric.aggregation == "histogram" for metric in query.metrics):
        raise invalid_request("Too many rows for a histogram. Narrow the time window or the dimensions.")
    sql = MetricsSql(query, in_memory=False)
    found = await run(
        connection, sql.statement(query.row_limit, ordered=True), sql.binder.values, binary=True
    )
    return [dict(zip(sql.names, row, strict=True)) for row in await found.fetchall()]


async def _estimated_rows(connection: AsyncConnection, sql: MetricsSql) -> int:
    """How many rows the planner expects."""
    found = await run(connection, sql.estimate(), sql.binder.values)
    (row,) = await found.fetchall()
    return int(row[0][0]["Plan"]["Plan Rows"])


def _with_percentiles(
    query: MetricsQuery, names: Sequence[str], groups: Sequence[tuple[Any, ...]]
) -> list[Row]:
    """The groups with percentiles and histograms in place of their values, in the order of the query."""
    rows = []
    for group in groups:
        row = dict(zip(names, group, strict=True))
        values = {name: Values(row.pop(name)) for name in names if name.startswith(VALUES)}
        for metric in query.metrics:
            if metric.aggregation in PERCENTILES:
                row[metric.key] = values[VALUES + metric.measure].percentile(PERCENTILES[metric.aggregation])
            elif metric.aggregation == "histogram":
                row[metric.key] = values[VALUES + metric.measure].histogram(query.bins)
        rows.append(row)
    keys = [*query.dimensions, *([TIME] if query.granularity else [])]
    # Sorting is stable, so the least important comes first; what has no value comes last in both directions.
    for name, is_descending in reversed([*query.order, *((key, False) for key in keys)]):
        with_value = [row for row in rows if row[name] is not None]
        with_value.sort(key=lambda row, name=name: row[name], reverse=is_descending)  # type: ignore[misc]
        rows = with_value + [row for row in rows if row[name] is None]
    return rows


def _empty(query: MetricsQuery) -> Row:
    """A row for a time without data, as ClickHouse fills it: zero, or null for what may have no value."""
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


def _answered(row: Row, query: MetricsQuery) -> Row:
    answer = {name: _value(row[name]) for name in query.dimensions}
    if query.granularity:
        answer[TIME] = bucket_text(query.granularity, row[TIME])
    return answer | {metric.key: _value(row[metric.key]) for metric in query.metrics}


def _value(value: Any) -> Any:
    if isinstance(value, Decimal | float):
        return number(value)
    if isinstance(value, list):
        return [_value(item) for item in value]
    return value
