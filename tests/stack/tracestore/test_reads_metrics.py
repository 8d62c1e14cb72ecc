"""GET v2/metrics against numbers that pandas computes from the same rows."""

from __future__ import annotations

import json
import math
import uuid
from typing import Any

import pandas as pd
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_kit.stack.servers.tracestore.api.parameters import Parameters
from gateway_kit.stack.servers.tracestore.metrics.query import read_query
from gateway_kit.stack.servers.tracestore.metrics.statement import Statement

from .metrics_queries import WINDOW, ask, by, metric, metrics_rows, store_rows
from .store_program import StoreProgram

DIMENSIONS = {
    "type": "type",
    "name": "name",
    "level": "level",
    "version": "version",
    "environment": "environment",
    "providedModelName": "model",
    "userId": "user_id",
    "sessionId": "session_id",
}
NULLABLE = {"version", "providedModelName", "userId", "sessionId"}
HIGH = {"userId", "sessionId"}
MEASURES = {
    "latency": "latency_ms",
    "timeToFirstToken": "ttft_ms",
    "inputTokens": "input_usage",
    "outputTokens": "output_usage",
    "totalTokens": "total_usage",
    "totalCost": "total_cost",
}
PERCENTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}
AGGREGATIONS = ["sum", "avg", "count", "max", "min", "uniq", *PERCENTILES]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return metrics_rows()


@pytest.fixture(scope="module")
def measured(store: StoreProgram, rows: pd.DataFrame) -> StoreProgram:
    return store_rows(store, rows)


def aggregated(values: pd.Series, aggregation: str, *, is_nullable: bool) -> float | None:
    values = values.dropna().astype(float)
    if aggregation == "count":
        return len(values)
    if aggregation == "uniq":
        return values.nunique()
    if aggregation == "sum":
        return None if values.empty and is_nullable else values.sum()
    if values.empty:
        return None
    if aggregation in PERCENTILES:
        return values.quantile(PERCENTILES[aggregation])
    return {"avg": values.mean, "max": values.max, "min": values.min}[aggregation]()


def is_close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)


@settings(max_examples=60)
@given(
    dimensions=st.lists(st.sampled_from(sorted(DIMENSIONS)), max_size=2, unique=True),
    metrics=st.lists(
        st.tuples(st.sampled_from(AGGREGATIONS), st.sampled_from(sorted(MEASURES))),
        min_size=1,
        max_size=3,
        unique=True,
    ),
    granularity=st.sampled_from([None, "hour", "day"]),
    types=st.sampled_from([None, ["GENERATION"], ["SPAN", "TOOL"]]),
)
def test_any_query_gives_what_pandas_computes(measured, rows, dimensions, metrics, granularity, types):
    is_high_cardinality = bool(HIGH & set(dimensions))
    query: dict[str, Any] = {
        "dimensions": by(*dimensions),
        "metrics": [metric(*pair) for pair in metrics],
    }
    if granularity and not is_high_cardinality:
        query["timeDimension"] = {"granularity": granularity}
    if is_high_cardinality:
        query["orderBy"] = [{"field": "_".join(metrics[0]), "direction": "desc"}]
    if types:
        query["filters"] = [{"type": "stringOptions", "column": "type", "operator": "any of", "value": types}]
    answered = ask(measured, **query)

    expected = rows[rows["type"].isin(types)] if types else rows
    keys = [expected[DIMENSIONS[name]] for name in dimensions]
    if "timeDimension" in query:
        bucket = expected["start_time"].dt.floor("h" if granularity == "hour" else "D")
        keys.append(bucket.dt.strftime("%Y-%m-%dT%H:%M:%SZ" if granularity == "hour" else "%Y-%m-%d"))
    groups = expected.groupby([key.to_numpy() for key in keys]) if keys else [((), expected)]
    wanted = {}
    for key, group in groups:
        parts = [
            None if name in NULLABLE and part == "" else part
            for name, part in zip(dimensions, key, strict=False)
        ]
        parts += list(key[len(dimensions) :])
        wanted[tuple(parts)] = [
            aggregated(group[MEASURES[measure]], how, is_nullable=measure in ("latency", "timeToFirstToken"))
            for how, measure in metrics
        ]
    names = [*dimensions, *(["time_dimension"] if "timeDimension" in query else [])]
    result = {
        tuple(row[name] for name in names): [row["_".join(pair)] for pair in metrics] for row in answered
    }
    if len(answered) < 1000:
        assert {key for key in result if key in wanted} == set(wanted)
    for key, values in result.items():
        if key in wanted:
            assert all(map(is_close, values, wanted[key])), (key, values, wanted[key])
        else:  # a time without data
            assert "timeDimension" in query
            assert not any(values)


def test_collected_and_sorted_values_have_the_same_percentiles(measured):
    """Both ways of taking percentiles: from the collected values of a group, and by sorting all rows."""
    sent = {
        "view": "observations",
        **WINDOW,
        "metrics": [metric(name, "latency") for name in PERCENTILES] + [metric("p95", "totalCost")],
        "dimensions": by("providedModelName", "type"),
        "timeDimension": {"granularity": "day"},
        "orderBy": [{"field": "p95_latency", "direction": "desc"}],
    }
    query = read_query(Parameters([("query", json.dumps(sent))]))
    collected, by_sorting = (
        run(measured.database_url, Statement(query, collects=collects)) for collects in (True, False)
    )
    assert len(collected) > 20
    keys = ("providedModelName", "type", "time_dimension")
    assert [[row[key] for key in keys] for row in collected] == [
        [row[key] for key in keys] for row in by_sorting
    ]
    for one, other in zip(collected, by_sorting, strict=True):
        assert all(is_close(one[item.key], other[item.key]) for item in query.metrics)


def run(database_url: str, statement: Statement) -> list[dict[str, Any]]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("set timezone = 'UTC'")
        rows = connection.execute(statement.text(1000), statement.binder.values, binary=True)
        return [dict(zip(statement.names, row, strict=True)) for row in rows]


def measured_scores(store: StoreProgram, values: list[float], *aggregations: str) -> dict[str, Any]:
    """The answer for scores with these values, with five bins."""
    name = f"any-{uuid.uuid4()}"
    copy_rows = 'copy scores (id, trace_id, name, data_type, value, "timestamp") from stdin'
    with (
        psycopg.connect(store.database_url, autocommit=True) as connection,
        connection.cursor().copy(copy_rows) as copy,
    ):
        for number, value in enumerate(values):
            copy.write_row((f"{name}-{number}", "t", name, "NUMERIC", value, WINDOW["fromTimestamp"]))
    (row,) = ask(
        store,
        view="scores-numeric",
        metrics=[metric(aggregation, "value") for aggregation in aggregations],
        filters=[{"type": "string", "column": "name", "operator": "=", "value": name}],
        config={"bins": 5},
    )
    return row


@settings(max_examples=40)
@given(
    values=st.lists(st.integers(0, 10**6) | st.floats(-1e6, 1e6), min_size=1, max_size=30),
    copies=st.sampled_from([1, 700]),
)
def test_percentiles_and_histograms_of_any_values_are_those_of_pandas(store, values, copies):
    series = pd.Series(values, dtype=float).repeat(copies)
    row = measured_scores(store, list(series), *PERCENTILES, "histogram")
    for name, fraction in PERCENTILES.items():
        assert row[f"{name}_value"] == pytest.approx(series.quantile(fraction), rel=1e-9, abs=1e-9)
    bins = row["histogram_value"]
    assert sum(count for _, _, count in bins) == len(series)
    assert [bins[0][0], bins[-1][1]] == [series.min(), series.max()]
    for lower, upper, count in bins[:-1]:
        assert count == ((series >= lower) & (series < upper)).sum()


def test_values_whose_range_is_beyond_a_double_are_in_one_bin(store):
    row = measured_scores(store, [1e308, -1e308, 0], "p50", "histogram")
    assert row == {"p50_value": 0, "histogram_value": [[-1e308, 1e308, 3]]}
    row = measured_scores(store, [0, 5e-324], "histogram")
    assert row == {"histogram_value": [[0, 5e-324, 2]]}


@pytest.mark.parametrize("values", [[-1e6, 5e-324], [0, 1.5e308], [-5e307, 1e308], [1e-280, 3e-280]])
def test_values_at_the_ends_of_a_double_have_all_bins(store, values):
    bins = measured_scores(store, values, "histogram")["histogram_value"]
    assert [count for _, _, count in bins] == [1, 0, 0, 0, 1]
    assert [bins[0][0], bins[-1][1]] == values


def test_no_values_have_no_percentile_and_no_histogram(store):
    window = {"fromTimestamp": "1999-01-01T00:00:00Z", "toTimestamp": "1999-01-02T00:00:00Z"}
    (row,) = ask(store, metrics=[metric("p50", "latency"), metric("histogram", "latency")], **window)
    assert row == {"p50_latency": None, "histogram_latency": []}


def test_a_histogram_counts_each_value_once(measured, rows):
    (row,) = ask(measured, metrics=[metric("histogram", "latency")], config={"bins": 7})
    bins = row["histogram_latency"]
    values = rows["latency_ms"].dropna()
    assert len(bins) == 7
    assert [bins[0][0], bins[-1][1]] == [values.min(), values.max()]
    assert sum(count for _, _, count in bins) == len(values)
    lower, upper, count = bins[2]
    assert count == ((values >= lower) & (values < upper)).sum()


def test_unique_users_and_traces(measured, rows):
    (row,) = ask(measured, metrics=[metric("uniq", "uniqueUserIds"), metric("uniq", "traceId")])
    assert row == {"uniq_uniqueUserIds": 4, "uniq_traceId": rows["trace_id"].nunique()}


def test_cost_by_type_adds_its_dimension(measured, rows):
    (row,) = ask(measured, metrics=[metric("sum", "costByType")])
    assert row["costType"] == "total"
    assert is_close(row["sum_costByType"], rows["total_cost"].sum())
