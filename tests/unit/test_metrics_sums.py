"""Counts, rates and costs: groups and intervals add up to the whole."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_kit.metrics import cost_by, normalize_calls, outcome_rates
from gateway_kit.metrics.buckets import MOST_INTERVALS, nice_width, time_buckets
from gateway_kit.metrics.rates import traffic_rates
from tests.unit.metric_calls import BEGIN, calls, many_calls

COUNTS = st.integers(1, 300)
SEEDS = st.integers(0, 50)
WIDTHS = st.sampled_from(["7s", "1min", "17min", "1h", "1D"])
BYS = st.sampled_from(["model", "key", None])


@settings(max_examples=40)
@given(COUNTS, SEEDS, WIDTHS, BYS)
def test_intervals_and_groups_add_up_to_the_whole(count: int, seed: int, over: str, by: str | None) -> None:
    table = many_calls(count, seed, hours=2.0)
    whole, cost = outcome_rates(table).iloc[0], cost_by(table, None).iloc[0]
    traffic = traffic_rates(table).iloc[0]
    parts = outcome_rates(table, by, over=over)
    assert parts[["calls", "failed", "hits"]].sum().tolist() == [
        whole["calls"],
        whole["failed"],
        whole["hits"],
    ]
    costs = cost_by(table, by, over=over)
    assert costs["cost_usd"].sum() == pytest.approx(cost["cost_usd"])
    assert costs[["calls", "unpriced"]].sum().tolist() == [cost["calls"], cost["unpriced"]]
    assert cost["cost_usd"] == pytest.approx(table["cost_usd"].sum())
    for name in ("prompt_tokens", "completion_tokens", "cached_tokens"):
        assert traffic_rates(table, by, over=over)[name].sum() == pytest.approx(traffic[name])
    # Seconds of all intervals cover the calls, and less than an interval more at each end.
    begins = parts["time"].drop_duplicates()
    assert begins.is_monotonic_increasing
    assert begins.iloc[0] <= table["started"].min() < begins.iloc[0] + pd.Timedelta(over)
    assert begins.iloc[-1] <= table["started"].max() < begins.iloc[-1] + pd.Timedelta(over)


@settings(max_examples=40)
@given(COUNTS, SEEDS)
def test_rates_match_a_manual_count(count: int, seed: int) -> None:
    table = many_calls(count, seed)
    for _, row in outcome_rates(table, "model").iterrows():
        mine = table[table["model"] == row["model"]]
        answered = mine[mine["error"].isna()]
        assert row["error_rate"] == pytest.approx(mine["error"].notna().mean())
        expected = answered["cache_hit"].mean() if len(answered) else math.nan
        assert row["hit_rate"] == pytest.approx(expected, nan_ok=True)
    paid = table[~table["cache_hit"] & table["error"].isna()]
    tokens = paid["prompt_tokens"].sum() + paid["completion_tokens"].sum()
    ends = table["started"] + pd.to_timedelta(table["latency_s"], unit="s")
    seconds = (ends.max() - table["started"].min()).total_seconds()
    row = traffic_rates(table).iloc[0]
    assert row["seconds"] == pytest.approx(seconds)
    assert row["requests_per_s"] == pytest.approx(count / seconds)
    assert row["tokens_per_s"] == pytest.approx(tokens / seconds)


@settings(max_examples=40)
@given(COUNTS, SEEDS)
def test_costs_match_a_manual_sum(count: int, seed: int) -> None:
    table = many_calls(count, seed)
    costs = cost_by(table)
    assert costs["cost_usd"].is_monotonic_decreasing
    for _, row in costs.iterrows():
        mine = table.loc[table["model"] == row["model"], "cost_usd"]
        assert row["cost_usd"] == pytest.approx(mine.sum())
        assert row["cost_per_call_usd"] == pytest.approx(mine.mean())
    if table["cost_usd"].sum():
        assert costs["share"].sum() == pytest.approx(1)
    each = cost_by(table, over="3h").groupby("time")
    spent = each["cost_usd"].sum() > 0
    assert each["share"].sum()[spent].tolist() == pytest.approx([1.0] * int(spent.sum()))


def test_unknown_costs_count_as_zero_and_are_reported() -> None:
    table = calls({"model": "a", "cost_usd": 2.0}, {"model": "a"}, {"model": "b"})
    rows = cost_by(table).set_index("model")
    assert rows.loc["a", ["calls", "unpriced", "cost_usd", "cost_per_call_usd"]].tolist() == [2, 1, 2.0, 2.0]
    assert math.isnan(rows.loc["b", "cost_per_call_usd"])
    assert rows.loc["b", "share"] == 0


def test_by_tag_a_call_counts_for_each_of_its_own_tags() -> None:
    made = normalize_calls(calls(*[{"cost_usd": 1.0}] * 4)).assign(
        tags=[["atlas", "chat"], ["chat", "cache_hit:False"], ["User-Agent: x"], []]
    )
    rows = cost_by(made, "tag")
    assert rows["tag"].fillna("none").tolist() == ["chat", "none", "atlas"]
    assert rows["cost_usd"].tolist() == [2.0, 2.0, 1.0]
    hourly = cost_by(made, "tag", over="1h")
    assert hourly["cost_usd"].sum() == 5.0
    only_automatic = made.assign(tags=[["cache_hit:True"]] * 4)
    assert cost_by(only_automatic, "tag")["tag"].isna().tolist() == [True]
    assert cost_by(made.head(0), "tag").empty


def test_a_group_without_a_name_is_a_group() -> None:
    rows = cost_by(calls({"model": None, "cost_usd": 1.0}, {"model": "a", "cost_usd": 3.0}))
    assert rows["model"].isna().tolist() == [False, True]
    assert rows["share"].tolist() == [0.75, 0.25]


def test_a_single_call_without_latency_has_no_rate() -> None:
    one = calls({"prompt_tokens": 3, "completion_tokens": 4})
    assert math.isnan(traffic_rates(one)["requests_per_s"].iloc[0])
    assert traffic_rates(calls({"latency_s": 0.5}))["requests_per_s"].iloc[0] == pytest.approx(2)
    assert traffic_rates(one, over="10s")["tokens_per_s"].iloc[0] == pytest.approx(0.7)
    assert traffic_rates(calls())["calls"].tolist() == [0]


def test_rates_of_nothing_are_missing() -> None:
    row = outcome_rates(calls()).iloc[0]
    assert (row["calls"], row["failed"], row["hits"]) == (0, 0, 0)
    assert math.isnan(row["error_rate"])
    assert math.isnan(row["hit_rate"])
    failed = outcome_rates(calls({"error": "500"})).iloc[0]
    assert failed["error_rate"] == 1
    assert math.isnan(failed["hit_rate"])
    assert outcome_rates(calls(), "model").empty
    assert cost_by(calls(), over="1h").empty


def test_hours_begin_on_the_hour_and_days_at_midnight_in_utc() -> None:
    started = pd.Series(pd.to_datetime(["2026-11-02T13:37:00Z", "2026-11-03T00:00:00Z"]))
    hours = time_buckets(started, "1h")
    assert (len(hours), hours.width_s) == (12, 3600)
    assert hours.begins[0] == pd.Timestamp("2026-11-02T13:00Z")
    assert hours.place.tolist() == [0, 11]
    assert time_buckets(started, timedelta(days=1)).begins.tolist() == [
        pd.Timestamp("2026-11-02", tz="UTC"), pd.Timestamp("2026-11-03", tz="UTC"),
    ]  # fmt: skip


def test_too_many_intervals_raise_an_error() -> None:
    years = calls({}, {}, every_s=MOST_INTERVALS * 60.0)
    with pytest.raises(ValueError, match="Choose longer ones"):
        cost_by(years, None, over="1min")
    wide = many_calls(300).assign(session=[str(n) for n in range(300)])
    with pytest.raises(ValueError, match="Choose longer intervals, or fewer groups"):
        cost_by(wide, "session", over="10s")


@pytest.mark.parametrize("count", [0, 1, 2, 31, 500, 5000])
@pytest.mark.parametrize("hours", [1e-6, 0.01, 1.0, 24.0, 24 * 400])
def test_a_nice_width_gives_a_readable_number_of_intervals(count: int, hours: float) -> None:
    started = many_calls(count, hours=hours)["started"]
    width = nice_width(started)
    assert timedelta(seconds=1) <= width <= timedelta(days=365)
    assert len(time_buckets(started, width)) <= min(60, max(count // 5, 6))


def test_times_before_1970_work() -> None:
    old = calls({"cost_usd": 1.0, "started": BEGIN.replace(year=1969)})
    assert cost_by(old, None, over="1h")["time"].tolist() == [pd.Timestamp(BEGIN.replace(year=1969))]
    assert np.array_equal(time_buckets(normalize_calls(old)["started"], "7min").place, [0])
