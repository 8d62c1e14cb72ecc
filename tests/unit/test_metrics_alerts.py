"""When an alert would have fired, against a look at a time."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_kit.metrics import AlertRule, alert_times
from gateway_kit.metrics.alerts import alert_values
from tests.unit.metric_calls import BEGIN, calls, many_calls

MEASURES = st.sampled_from(["latency_p50_s", "latency_p95_s", "ttft_p90_s", "cost_usd", "error_rate"])
WINDOWS = st.sampled_from([("10min", None), ("10min", "2min"), ("1h", "20min"), ("7min", "1min")])


def one_look(table: pd.DataFrame, measure: str, begin: pd.Timestamp, end: pd.Timestamp) -> tuple[int, float]:
    """Slow and obvious: calls that count, and the measure of them."""
    inside = table[(table["started"] >= begin) & (table["started"] < end)]
    if measure == "cost_usd":
        return len(inside), inside["cost_usd"].sum() if len(inside) else math.nan
    if measure == "error_rate":
        return len(inside), inside["error"].notna().mean() if len(inside) else math.nan
    column, percentile = (
        ("latency_s" if measure.startswith("latency") else "ttft_s"),
        float(measure.split("_")[1][1:]),
    )
    values = inside.loc[inside["error"].isna(), column].dropna()
    return len(values), np.percentile(values, percentile) if len(values) else math.nan


@settings(max_examples=40)
@given(st.integers(0, 80), st.integers(0, 20), MEASURES, WINDOWS)
def test_every_evaluation_has_its_window(
    count: int, seed: int, measure: str, lengths: tuple[str, str | None]
) -> None:
    window, every = lengths
    table = many_calls(count, seed, hours=3.0)
    seen = alert_values(table, AlertRule(measure, 0.5, window, every))
    assert seen["time"].is_monotonic_increasing
    assert seen["time"].is_unique
    for _, row in seen.iterrows():
        n, value = one_look(table, measure, row["time"] - pd.Timedelta(window), row["time"])
        assert row["calls"] == n
        assert row["value"] == pytest.approx(value, nan_ok=True)
        assert row["fires"] == (value > 0.5)
    if len(seen) > 1:
        assert seen["time"].diff().dropna().unique().tolist() == [pd.Timedelta(every or window)]


@settings(max_examples=40)
@given(st.integers(0, 80), st.integers(0, 20), WINDOWS, st.integers(1, 5))
def test_a_firing_is_a_run_of_evaluations_above_the_threshold(
    count: int, seed: int, lengths: tuple[str, str | None], min_calls: int
) -> None:
    rule = AlertRule("latency_p50_s", 0.6, lengths[0], lengths[1], min_calls=min_calls)
    table = many_calls(count, seed, hours=3.0)
    seen, expected = alert_values(table, rule), []
    run: list[Any] = []
    for row in [*seen.itertuples(), None]:
        if row is not None and row.fires:
            run.append(row)
        elif run:
            expected.append((run[0].time, row.time if row is not None else pd.NaT, len(run),
                             max(r.value for r in run), max(r.calls for r in run)))  # fmt: skip
            run = []
    found = alert_times(table, rule)
    assert len(found) == len(expected)
    for row, (fired, ended, looks, worst, most) in zip(found.itertuples(), expected, strict=True):
        assert (row.fired, row.evaluations, row.worst, row.calls) == (fired, looks, worst, most)
        assert row.ended is ended or row.ended == ended
        assert most >= min_calls


def test_an_outage_of_ten_minutes_fires_once() -> None:
    down = [{"error": "500" if 20 <= minute < 30 else None, "latency_s": 1.0} for minute in range(60)]
    table = calls(*down, every_s=60.0)
    found = alert_times(table, AlertRule("error_rate", above=0.5, window="5min", every="1min", min_calls=3))
    assert len(found) == 1
    row = found.iloc[0]
    # Three of five calls have failed after minute 22's, and fewer than that after minute 32's.
    assert row["fired"] == BEGIN + timedelta(minutes=23)
    assert row["ended"] == BEGIN + timedelta(minutes=33)
    assert (row["worst"], row["calls"], row["evaluations"]) == (1.0, 5, 10)


def test_a_rule_that_still_fires_has_no_end() -> None:
    table = calls({"cost_usd": 1.0}, {"cost_usd": 5.0}, every_s=3600.0)
    found = alert_times(table, AlertRule("cost_usd", 2.0, "1h"))
    assert found["ended"].isna().tolist() == [True]
    assert found["fired"].tolist() == [BEGIN + timedelta(hours=2)]


def test_at_the_threshold_nothing_fires() -> None:
    table = calls({"cost_usd": 2.0})
    assert alert_times(table, AlertRule("cost_usd", 2.0, "1h")).empty
    assert len(alert_times(table, AlertRule("cost_usd", 1.99, "1h"))) == 1


def test_no_calls_give_an_empty_table_with_all_columns() -> None:
    rule = AlertRule("latency_p95_s", 1.0, "5min")
    assert alert_values(calls(), rule).empty
    assert list(alert_values(calls(), rule).columns) == ["time", "calls", "value", "fires"]
    assert list(alert_times(calls(), rule).columns) == ["fired", "ended", "evaluations", "worst", "calls"]
    assert str(alert_times(calls(), rule)["fired"].dtype) == "datetime64[ns, UTC]"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"measure": "speed"}, "measure='speed' is unknown"),
        ({"measure": "latency_p101_s"}, "is unknown"),
        ({"above": math.nan}, "give a finite number"),
        ({"window": "-5min"}, "above 0"),
        ({"window": "5min", "every": "2min"}, "must be a multiple of every"),
        ({"window": "1min", "every": "5min"}, "must be a multiple of every"),
        ({"min_calls": 0}, "at least 1"),
    ],
)
def test_an_invalid_rule_raises_an_error_with_the_reason(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        AlertRule(**{"measure": "cost_usd", "above": 1.0, "window": "5min", **arguments})


def test_too_many_evaluations_and_missing_columns_raise_an_error() -> None:
    with pytest.raises(ValueError, match="would be evaluated"):
        alert_values(many_calls(10, hours=100.0), AlertRule("cost_usd", 1.0, "1s"))
    with pytest.raises(ValueError, match="needs the column speed_s"):
        alert_values(many_calls(10), AlertRule("speed_p50_s", 1.0, "5min"))
