"""The three accounts of calls in one shape, and what is said of tables that are none."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gateway_kit import metrics
from gateway_kit.common.tables import TIME, Table
from gateway_kit.gateway import CALLS
from gateway_kit.litellm_api.spend import spend_frame
from gateway_kit.metrics import (
    AlertRule,
    alert_times,
    compare_experiments,
    cost_by,
    judge_agreement,
    latency_percentiles,
    monthly_cost,
    normalize_calls,
    observed_mix,
    outcome_rates,
)
from gateway_kit.metrics.agreement import AGREEMENT
from gateway_kit.metrics.alerts import EVALUATIONS, FIRINGS, alert_values
from gateway_kit.metrics.budget import BURN_DOWN, budget_burn_down
from gateway_kit.metrics.calls import NORMALIZED
from gateway_kit.metrics.capacity import CAPACITY, capacity_sheet
from gateway_kit.metrics.comparison import COMPARISON
from gateway_kit.metrics.cost import COSTS
from gateway_kit.metrics.percentiles import latency_distribution
from gateway_kit.metrics.rates import FAILURES, OUTCOMES, TRAFFIC, failures_by, traffic_rates
from gateway_kit.metrics.saturation import KNEES, saturation_knees
from gateway_kit.metrics.whatif import MIX, MONTH
from gateway_kit.tracing.observations import OBSERVATIONS
from tests.unit.metric_calls import BEGIN, calls, many_calls
from tests.unit.test_metrics_capacity import MEASURED, WANTED
from tests.unit.test_metrics_saturation import curve


def observations(*rows: dict[str, Any]) -> pd.DataFrame:
    usual = {"type": "GENERATION", "level": "DEFAULT", "started": BEGIN, "tags": []}
    return OBSERVATIONS.frame({**usual, **row} for row in rows)


def spend(*rows: dict[str, Any]) -> pd.DataFrame:
    usual = {"startTime": "2026-11-02T00:00:00.000Z", "call_type": "acompletion", "status": "success"}
    return spend_frame([{"request_id": f"r{i}", **usual, **row} for i, row in enumerate(rows)])


def test_the_record_keeps_its_rows_and_gets_the_column_failed() -> None:
    record = calls({"error": "500"}, {"cache_hit": True})
    made = normalize_calls(record)
    assert made["failed"].tolist() == [True, False]
    assert made["cache_hit"].tolist() == [False, True]
    pd.testing.assert_frame_equal(made.drop(columns="failed"), record)


def test_normalized_calls_are_returned_unchanged() -> None:
    made = normalize_calls(many_calls(50))
    assert normalize_calls(made) is made


def test_the_spend_log_has_keys_teams_tags_and_the_gateways_own_times() -> None:
    made = normalize_calls(
        spend(
            {
                "endTime": "2026-11-02T00:00:02.500Z",
                "completionStartTime": "2026-11-02T00:00:00.500Z",
                "spend": 0.25,
                "end_user": "anna",
                "request_tags": ["atlas"],
                "metadata": {"user_api_key_alias": "k", "user_api_key_team_alias": "blue"},
            },
            {"endTime": "2026-11-02T00:00:01Z", "completionStartTime": "2026-11-02T00:00:00.999Z"},
            {"status": "failure", "cache_hit": "True", "team_id": "t-1"},
        )
    )
    assert made["latency_s"].tolist() == pytest.approx([2.5, 1.0, np.nan], nan_ok=True)
    assert made["ttft_s"].tolist() == pytest.approx(
        [0.5, np.nan, np.nan], nan_ok=True
    )  # the second is no stream
    assert made["team"].fillna("none").tolist() == ["blue", "none", "t-1"]
    assert made[["key", "user"]].iloc[0].tolist() == ["k", "anna"]
    assert made["tags"].tolist() == [["atlas"], [], []]
    assert made["failed"].tolist() == [False, False, True]
    assert made["cost_usd"].iloc[0] == 0.25


def test_the_last_attempt_of_a_failed_call_counts() -> None:
    tries = [
        {"litellm_call_id": "one", "status": "failure", "startTime": f"2026-11-02T00:00:0{second}Z"}
        for second in (1, 3, 2)
    ]
    made = normalize_calls(spend(*tries, {"litellm_call_id": "two"}))
    assert made["started"].dt.second.tolist() == [0, 3]
    later = BEGIN + timedelta(seconds=5)
    traced = observations(
        {"request_id": "one", "started": later, "level": "ERROR"},
        {"request_id": "one"},
        {"request_id": None},
        {"request_id": None},
    )
    assert normalize_calls(traced)["failed"].tolist() == [True, False, False]


def test_only_model_calls_of_traces_count() -> None:
    made = normalize_calls(
        observations(
            {"type": "SPAN", "cost_usd": 9.0},
            {"type": "EMBEDDING", "model": "m", "cache_hit": True, "user": "u", "session": "s"},
            {"latency_s": 2.0, "ttft_s": 0.5, "prompt_tokens": 3, "completion_tokens": 4},
            {"latency_s": 2.0, "ttft_s": 2.0, "level": "ERROR"},
        )
    )
    assert len(made) == 3
    assert made["cache_hit"].tolist() == [True, False, False]
    assert made["failed"].tolist() == [False, False, True]
    assert made[["model", "user", "session"]].iloc[0].tolist() == ["m", "u", "s"]
    assert made["prompt_tokens"].iloc[1] == 3
    assert made["completion_tokens"].iloc[1] == 4
    # What is as long as the whole answer is no time to a first token.
    assert made["ttft_s"].tolist() == pytest.approx([np.nan, 0.5, np.nan], nan_ok=True)


@pytest.mark.parametrize(
    "empty",
    [
        pd.DataFrame(columns=CALLS.columns).astype(CALLS.dtypes),
        spend_frame([]),
        OBSERVATIONS.frame([]),
    ],
)
def test_an_empty_source_has_the_declared_dtypes(empty: pd.DataFrame) -> None:
    made = normalize_calls(empty)
    assert made.empty
    for name in set(NORMALIZED.columns) & set(made.columns):
        assert str(made[name].dtype) == NORMALIZED.dtypes[name], name


def test_every_source_has_the_declared_dtypes() -> None:
    accounts = {
        "record": many_calls(20),
        "spend": spend({"endTime": "2026-11-02T00:00:02Z"}),
        "traces": observations({"latency_s": 1.0}),
    }
    for name, table in accounts.items():
        made = normalize_calls(table)
        assert {"started", "model", "failed", "cache_hit", "latency_s", "cost_usd"} <= set(made.columns), name
        for column in set(NORMALIZED.columns) & set(made.columns):
            assert str(made[column].dtype) == NORMALIZED.dtypes[column], (name, column)


def test_times_of_any_zone_become_utc() -> None:
    east = pd.date_range("2026-11-02 09:00", periods=3, freq="h", tz="Asia/Tokyo")
    made = normalize_calls(pd.DataFrame({"started": east, "failed": False}))
    assert made["started"].iloc[0] == datetime(2026, 11, 2, 0, 0, tzinfo=UTC)
    assert str(made["started"].dtype) == NORMALIZED.dtypes["started"]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ([1, 2], "Give a DataFrame of calls"),
        (pd.DataFrame({"a": [1]}), "These are not calls. .* Columns here: a"),
        (pd.DataFrame(), "Columns here: none"),
        (pd.DataFrame({"started": [datetime(2026, 11, 2)], "failed": [True]}), "times with a time zone"),
        (pd.DataFrame({"started": ["yesterday"], "failed": [True]}), "times with a time zone"),
        (pd.DataFrame({"started": [BEGIN], "failed": ["perhaps"]}), "failed needs boolean values"),
    ],
)
def test_a_table_without_calls_raises_an_error_with_the_reason(table: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        normalize_calls(table)


def test_calls_can_be_grouped_by_custom_columns() -> None:
    record = many_calls(100).assign(department="sales")
    assert cost_by(record, "department")["department"].tolist() == ["sales"]
    assert cost_by(record.astype({"department": "category"}), "department")["calls"].tolist() == [100]
    assert cost_by(record, "status")["status"].dtype == "string"


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        (lambda record: cost_by(record, "team"), "needs the column team"),
        (lambda record: cost_by(record, "tag"), "needs the column tags"),
        (lambda record: latency_percentiles(record, measure="speed"), "needs the column speed"),
        (lambda record: latency_percentiles(record, measure="model"), "The column model is not numeric"),
        (lambda record: cost_by(record.assign(lists=[[1]] * len(record)), "lists"), "single values"),
        (lambda record: cost_by(record, over="-5min"), "above 0"),
        (lambda record: cost_by(record, over=timedelta(0)), "above 0"),
        (lambda record: cost_by(record, over="soon"), "not a length of time"),
        (lambda record: cost_by(record, over=None, by="nothing"), "needs the column nothing"),
        (lambda record: cost_by(record, over="1ns"), "intervals"),
        (lambda record: latency_percentiles(record, percentiles=(101,)), "from 0 to 100"),
        (lambda record: latency_percentiles(record, percentiles=()), "from 0 to 100"),
        (lambda record: latency_distribution(record, steps=0), "at least 1"),
    ],
)
def test_invalid_input_raises_an_error_with_the_reason(
    summary: Callable[[pd.DataFrame], object], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        summary(many_calls(30))


PRICES = pd.DataFrame(
    {
        "model": ["small", "large"],
        "provider": "openai",
        "provider_model": ["s", "l"],
        "input_usd_per_million": 1.0,
        "output_usd_per_million": 2.0,
    }
)
SHARES = pd.DataFrame(
    {"model": ["a"], "share": [1], "input_usd_per_million": [1], "output_usd_per_million": [1]}
)
ITEMS = pd.DataFrame({"item_id": ["a", "b"], "scores": [{"good": True}, {"good": False}]})
VERDICTS = pd.Series([True, False])
# Each summary with its declared columns, and an example.
SUMMARIES: dict[Callable[..., pd.DataFrame], tuple[Table, pd.DataFrame]] = {
    outcome_rates: (OUTCOMES, outcome_rates(many_calls(200), "model", over="6h")),
    failures_by: (FAILURES, failures_by(many_calls(200))),
    traffic_rates: (TRAFFIC, traffic_rates(many_calls(200), "model", over="6h")),
    cost_by: (COSTS, cost_by(many_calls(200), over="6h")),
    budget_burn_down: (BURN_DOWN, budget_burn_down(many_calls(200), 1.0)),
    alert_values: (EVALUATIONS, alert_values(many_calls(200), AlertRule("cost_usd", 0.1, "1h"))),
    alert_times: (FIRINGS, alert_times(many_calls(200), AlertRule("cost_usd", 0.001, "1h"))),
    compare_experiments: (COMPARISON, compare_experiments(ITEMS, ITEMS)),
    judge_agreement: (AGREEMENT, judge_agreement(VERDICTS, ~VERDICTS)),
    observed_mix: (MIX, observed_mix(many_calls(200), PRICES)),
    monthly_cost: (
        MONTH,
        monthly_cost(SHARES, calls_per_day=1, prompt_tokens=1, completion_tokens=1),
    ),
    saturation_knees: (KNEES, saturation_knees(curve([10, 20, 37, 40]))),
    capacity_sheet: (CAPACITY, capacity_sheet(MEASURED, WANTED)),
}


@pytest.mark.parametrize("summary", SUMMARIES, ids=lambda summary: summary.__name__)
def test_a_summary_has_its_declared_columns_after_group_and_time(
    summary: Callable[..., pd.DataFrame],
) -> None:
    table, frame = SUMMARIES[summary]
    assert not frame.empty
    assert {name: str(frame[name].dtype) for name in table.columns} == table.dtypes
    others = [name for name in frame.columns if name not in table.columns]
    assert others == [name for name in ("model", "time") if name in others]
    assert all(str(frame[name].dtype) == {"model": "string", "time": TIME}[name] for name in others)


@pytest.mark.parametrize(
    ("frame", "first"),
    [
        (latency_percentiles(many_calls(200), over="6h"), {"model": "string", "time": TIME}),
        (latency_distribution(many_calls(200)), {"model": "string"}),
    ],
)
def test_columns_named_after_a_measure_are_floats(frame: pd.DataFrame, first: dict[str, str]) -> None:
    dtypes = {str(name): str(dtype) for name, dtype in frame.dtypes.items()}
    measures = [name for name in dtypes if name not in (*first, "calls")]
    assert dtypes == {**first, "calls": "int64", **dict.fromkeys(measures, "float64")}


def test_every_summary_is_documented() -> None:
    modules = (
        import_module(info.name) for info in pkgutil.iter_modules(metrics.__path__, "gateway_kit.metrics.")
    )
    functions = {
        function for module in modules for _, function in inspect.getmembers(module, inspect.isfunction)
    }
    returns_tables = {
        function.__name__ for function in functions
        if function.__annotations__.get("return") == "pd.DataFrame" and not function.__name__.startswith("_")
    }  # fmt: skip
    varying = {"latency_distribution", "latency_percentiles"}  # columns named after the measure
    assert returns_tables == {summary.__name__ for summary in SUMMARIES} | varying | {
        "normalize_calls",
        "select_calls",
    }
