"""GET v2/metrics: filled buckets, order, limits, refusals, scores."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import psycopg
import pytest

from .metrics_queries import ask, by, metric, metrics_rows, refused, store_rows
from .random_rows import START
from .store_program import StoreProgram


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return metrics_rows()


@pytest.fixture(scope="module")
def measured(store: StoreProgram, rows: pd.DataFrame) -> StoreProgram:
    return store_rows(store, rows)


def test_times_without_data_are_filled_up_to_the_last(measured):
    later = {"fromTimestamp": "2026-12-01T00:10:00Z", "toTimestamp": "2026-12-01T03:10:00.000Z"}
    answered = ask(
        measured,
        metrics=[metric("count", "count"), metric("p95", "latency")],
        timeDimension={"granularity": "hour"},
        **later,
    )
    assert answered == [
        {"time_dimension": f"2026-12-01T0{hour}:00:00Z", "count_count": 0, "p95_latency": None}
        for hour in range(3)
    ]
    asked = {"metrics": [metric("count", "count")], "dimensions": by("type", "version"), **later}
    filled = ask(
        measured, timeDimension={"granularity": "day"}, **(asked | {"toTimestamp": "2026-12-02T01:00:00Z"})
    )
    assert filled == [{"type": "", "version": None, "time_dimension": "2026-12-01", "count_count": 0}]
    order = [{"field": "time_dimension", "direction": "asc"}]
    assert ask(measured, timeDimension={"granularity": "hour"}, orderBy=order, **asked) == []


def test_filled_rows_stay_in_order_among_the_others(measured):
    answered = ask(
        measured,
        metrics=[metric("count", "count")],
        timeDimension={"granularity": "hour"},
        fromTimestamp=(START - timedelta(hours=3)).isoformat(),
    )
    times = [row["time_dimension"] for row in answered]
    assert times == sorted(set(times))
    assert [row["count_count"] for row in answered[:4]][:3] == [0, 0, 0]
    assert answered[3]["count_count"] > 0


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(1.9, 16), (2, 13), (71, 13), (72, 10), (1439, 10), (1440, 10), (8760, 10)],
)
def test_auto_granularity(measured, hours, expected):
    answered = ask(
        measured,
        metrics=[metric("count", "count")],
        timeDimension={"granularity": "auto"},
        toTimestamp=(START + timedelta(hours=hours)).isoformat(),
    )
    times = [row["time_dimension"] for row in answered if row["count_count"]]
    is_time = expected > 10
    assert all(("T" in time) == is_time for time in times)
    if hours in (1440, 8760):
        assert len(times) == 1  # three days are one week, or one month


def test_rows_follow_the_requested_order_and_limit(measured, rows):
    for direction in ("asc", "desc"):
        answered = ask(
            measured,
            metrics=[metric("p95", "latency"), metric("count", "count")],
            dimensions=by("name", "type"),
            orderBy=[{"field": "p95_latency", "direction": direction}],
            config={"row_limit": 5},
        )
        values = [row["p95_latency"] for row in answered]
        assert len(values) == 5
        assert values == sorted(values, reverse=direction == "desc")
    top = ask(
        measured,
        metrics=[metric("sum", "totalCost"), metric("p50", "latency")],
        dimensions=by("userId"),
        orderBy=[{"field": "sum_totalCost", "direction": "desc"}],
        config={"row_limit": 2},
    )
    expected = rows.groupby("user_id")["total_cost"].sum().sort_values(ascending=False)
    assert [row["userId"] or "" for row in top] == list(expected.index[:2])


def test_without_a_limit_a_hundred_rows_are_answered(measured):
    query = {"metrics": [metric("count", "count")], "timeDimension": {"granularity": "minute"}}
    assert len(ask(measured, config={}, **query)) == 100
    assert len(ask(measured, **query)) == 1000


def test_high_cardinality_needs_a_limit_an_order_and_no_time(measured):
    high = {"dimensions": by("userId", "traceId")}
    order = [{"field": "count_count", "direction": "desc"}]
    limit = {"row_limit": 5}
    for wrong in ({}, {"config": limit}, {"orderBy": order}):
        assert refused(measured, **high, **wrong) == (
            "High cardinality dimension(s) 'userId, traceId' require both 'config.row_limit' and 'orderBy' with "
            "direction 'desc' on a measure field."
        )
    by_dimension = [{"field": "userId", "direction": "desc"}]
    assert "not a measure in this query" in refused(measured, **high, config=limit, orderBy=by_dimension)
    time = {"timeDimension": {"granularity": "day"}}
    assert "cannot be used with timeDimension" in refused(
        measured, **high, config=limit, orderBy=order, **time
    )


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"dimensions": by("id; drop table observations")}, "Invalid dimension id; drop table observations."),
        ({"dimensions": by("count")}, "Invalid dimension count."),
        ({"metrics": [metric("sum", "traceId")]}, 'Aggregation "sum" is not valid for measure "traceId"'),
        ({"metrics": [metric("sum", "toolCalls")]}, "cannot be answered"),
        (
            {"orderBy": [{"field": "sum_totalCost", "direction": "asc"}]},
            "Invalid orderBy field: sum_totalCost.",
        ),
        ({"orderBy": [{"field": "1; --", "direction": "asc"}]}, "Invalid orderBy field: 1; --."),
        ({"view": "scores-numeric", "dimensions": by("stringValue")}, "Invalid dimension stringValue."),
        ({"view": "scores-categorical", "metrics": [metric("avg", "value")]}, "Invalid metric value."),
    ],
)
def test_names_unknown_to_the_view_are_refused(measured, query, message):
    assert refused(measured, **query).startswith(message) or message in refused(measured, **query)


def test_scores_by_their_subject(measured, rows):
    first = rows.iloc[0]
    scores = [
        ("s1", "NUMERIC", 0.25, first["trace_id"], first["id"]),
        ("s2", "NUMERIC", 0.75, first["trace_id"], None),
        ("s3", "BOOLEAN", 1, first["trace_id"], None),
        ("s4", "CATEGORICAL", "good", first["trace_id"], None),
    ]
    with psycopg.connect(measured.database_url, autocommit=True) as connection:
        for score_id, kind, value, trace_id, observation_id in scores:
            number, text = (None, value) if isinstance(value, str) else (value, None)
            connection.execute(
                "insert into scores (id, name, data_type, value, string_value, trace_id, observation_id, timestamp)"
                " values (%s, 'quality', %s, %s, %s, %s, %s, %s)",
                (score_id, kind, number, text, trace_id, observation_id, START),
            )
    values = [metric("avg", "value"), metric("count", "count")]
    assert ask(measured, view="scores-numeric", metrics=values, dimensions=by("dataType")) == [
        {"dataType": "BOOLEAN", "avg_value": 1, "count_count": 1},
        {"dataType": "NUMERIC", "avg_value": 0.5, "count_count": 2},
    ]
    assert ask(measured, view="scores-boolean", metrics=values, dimensions=by("booleanValue")) == [
        {"booleanValue": True, "avg_value": 1, "count_count": 1}
    ]
    named = ask(
        measured, view="scores-numeric", metrics=[metric("count", "count")], dimensions=by("observationName")
    )
    assert {row["observationName"]: row["count_count"] for row in named} == {first["name"]: 1, None: 2}
    wanted = [{"type": "string", "column": "observationName", "operator": "=", "value": first["name"]}]
    assert ask(measured, view="scores-numeric", metrics=[metric("count", "count")], filters=wanted) == [
        {"count_count": 1}
    ]
    (row,) = ask(measured, metrics=[metric("sum", "countScores"), metric("count", "count")])
    assert row == {"sum_countScores": 1, "count_count": len(rows)}
