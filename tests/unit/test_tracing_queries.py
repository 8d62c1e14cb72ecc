"""Requests to the server: parameters, filters and metrics queries."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from gateway_kit.errors import TracingError
from gateway_kit.tracing.api import moment
from gateway_kit.tracing.filters import Wanted
from gateway_kit.tracing.metrics import metric_columns, metrics_frame, metrics_query

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def query(by: str | None = "model", **options: object) -> dict[str, object]:
    given = {"percentiles": (50, 95), "over": None, "limit": 10, **options}
    made: dict[str, object] = json.loads(
        metrics_query(by, Wanted(type="generation", tag="t"), NOON - timedelta(hours=1), NOON, **given)  # type: ignore[arg-type]
    )
    return made


def test_simple_filters_are_parameters() -> None:
    assert Wanted(trace_id="t", type="generation", level="error", user="u", since=NOON).parameters() == {
        "trace_id": "t", "type": "GENERATION", "level": "ERROR", "user_id": "u", "from_start_time": NOON,
    }  # fmt: skip


def test_with_a_tag_or_a_request_id_everything_is_in_the_filter() -> None:
    """The server ignores parameters beside a filter."""
    made = Wanted(request_id="c", tag="x", session="s", type="span", since=NOON, until=NOON).parameters()
    assert list(made) == ["filter"]
    conditions = {
        (one["column"], one.get("key"), one["operator"]): one["value"] for one in json.loads(made["filter"])
    }
    assert conditions == {
        ("sessionId", None, "="): "s",
        ("type", None, "any of"): ["SPAN"],
        ("tags", None, "any of"): ["x"],
        ("metadata", "litellm_call_id", "="): "c",
        ("startTime", None, ">="): NOON.isoformat(),
        ("startTime", None, "<"): NOON.isoformat(),
    }


def test_a_metrics_query_always_has_a_limit_and_an_order() -> None:
    """Without both the server refuses users and sessions."""
    made = query("user")
    assert made["dimensions"] == [{"field": "userId"}]
    assert made["config"] == {"row_limit": 10}
    assert made["orderBy"] == [{"field": "count_count", "direction": "desc"}]
    assert {"measure": "latency", "aggregation": "p95"} in made["metrics"]  # type: ignore[operator]
    assert [one["column"] for one in made["filters"]] == ["type", "tags"]  # type: ignore[index,attr-defined]
    assert query(None, over="hour")["timeDimension"] == {"granularity": "hour"}


@pytest.mark.parametrize("wrong", [{"by": "colour"}, {"percentiles": (42,)}, {"over": "year"}])
def test_unsupported_queries_raise_with_the_alternatives(wrong: dict[str, object]) -> None:
    with pytest.raises(TracingError, match="Choose from"):
        query(**wrong)  # type: ignore[arg-type]


def test_empty_metrics_have_their_columns() -> None:
    frame = metrics_frame([], "user", (50,), "day")
    assert {n: str(t) for n, t in frame.dtypes.items()} == metric_columns("user", (50,), "day")


def test_an_interval_without_observations_has_no_latency() -> None:
    rows = [{"time_dimension": "2026-11-23T10:00:00Z", "count_count": "0", "p50_latency": 0}]
    frame = metrics_frame(rows, None, (50,), "hour")
    assert frame["observations"].tolist() == [0]
    assert frame["latency_p50_s"].isna().all()


def test_a_time_needs_a_zone() -> None:
    with pytest.raises(TracingError, match="time zone"):
        moment(datetime(2026, 1, 1), "since")
