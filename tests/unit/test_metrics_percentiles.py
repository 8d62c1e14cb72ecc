"""Percentiles against numpy's, a group at a time; counts, intervals and gaps."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gateway_kit.metrics import latency_percentiles
from gateway_kit.metrics.percentiles import latency_distribution
from gateway_kit.metrics.quantiles import grouped_quantiles
from tests.unit.metric_calls import BEGIN, calls, many_calls

ANY_SECONDS = st.floats(0, 1e6) | st.just(np.nan)
ROWS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", None]), ANY_SECONDS, st.booleans(), st.integers(0, 7200)),
    max_size=60,
)


def record(rows: list[tuple[str | None, float, bool, int]]) -> pd.DataFrame:
    return calls(
        *(
            {
                "model": model,
                "latency_s": latency_s,
                "error": "500" if failed else None,
                "started": BEGIN + timedelta(seconds=at_s),
            }
            for model, latency_s, failed, at_s in rows
        )
    )


def counted(rows: list[tuple[str | None, float, bool, int]]) -> dict[str | None, list[float]]:
    """Slow and obvious: the latencies that count, by model."""
    found: dict[str | None, list[float]] = {}
    for model, latency_s, failed, _ in rows:
        if not failed and latency_s == latency_s:
            found.setdefault(model, []).append(latency_s)
    return found


@settings(max_examples=60)
@given(ROWS, st.lists(st.floats(0, 100), min_size=1, max_size=4, unique_by=lambda p: f"{p:g}"))
def test_each_group_has_numpys_percentiles(
    rows: list[tuple[str | None, float, bool, int]], percentiles: list[float]
) -> None:
    table = latency_percentiles(record(rows), percentiles=percentiles)
    expected = counted(rows)
    assert len(table) == len(expected)
    for _, row in table.iterrows():
        values = expected[None if pd.isna(row["model"]) else row["model"]]
        assert row["calls"] == len(values)
        assert row["latency_mean_s"] == pytest.approx(np.mean(values))
        for percentile in percentiles:
            assert row[f"latency_p{percentile:g}_s"] == pytest.approx(
                np.percentile(values, percentile), rel=1e-9, abs=1e-9
            )
    assert table["calls"].is_monotonic_decreasing


@settings(max_examples=40)
@given(ROWS, st.sampled_from([60, 900, 3600]))
def test_every_call_is_in_exactly_one_interval(
    rows: list[tuple[str | None, float, bool, int]], width_s: int
) -> None:
    table = latency_percentiles(record(rows), over=timedelta(seconds=width_s), percentiles=(50,))
    assert table["calls"].sum() == sum(map(len, counted(rows).values()))
    for _, row in table.iterrows():
        begin_s = (row["time"] - pd.Timestamp(BEGIN)).total_seconds()
        name = None if pd.isna(row["model"]) else row["model"]
        now = [one for one in rows if begin_s <= one[3] < begin_s + width_s]
        inside = counted(now).get(name, [])
        assert row["calls"] == len(inside)
        expected = np.median(inside) if inside else np.nan
        assert row["latency_p50_s"] == pytest.approx(expected, nan_ok=True)


@settings(max_examples=80)
@given(
    hnp.arrays(np.float64, st.integers(0, 700), elements=st.floats(-1e9, 1e9, width=32) | st.just(np.nan)),
    st.integers(1, 400),
    st.lists(st.floats(0, 1), min_size=1, max_size=3),
    st.integers(0, 2**32 - 1),
)
def test_quantiles_of_few_and_of_many_groups(
    values: np.ndarray, cells: int, shares: list[float], seed: int
) -> None:
    cell = np.random.default_rng(seed).integers(0, cells, len(values))
    before = values.copy()
    found = grouped_quantiles(values, cell, cells, shares)
    np.testing.assert_array_equal(values, before)
    for number in np.unique(cell):
        mine = values[(cell == number) & ~np.isnan(values)]
        expected = np.quantile(mine, shares) if len(mine) else [np.nan] * len(shares)
        np.testing.assert_allclose(found[number], expected, rtol=1e-9, atol=1e-6)


def test_infinity_is_a_value() -> None:
    found = grouped_quantiles(
        np.array([1.0, np.inf, np.inf]), np.zeros(3, dtype=np.int64), 1, [0.0, 0.5, 1.0]
    )
    assert found.tolist() == [[1.0, np.inf, np.inf]]


def test_the_order_of_rows_does_not_matter() -> None:
    table = many_calls(500)
    mixed = table.sample(frac=1, random_state=1)
    for over in (None, "2h"):
        ordered = latency_percentiles(table, over=over).sort_values(
            ["model"], kind="stable", ignore_index=True
        )
        other = latency_percentiles(mixed, over=over).sort_values(["model"], kind="stable", ignore_index=True)
        pd.testing.assert_frame_equal(ordered, other)


def test_other_measures_keep_their_unit() -> None:
    table = latency_percentiles(many_calls(200), "key", measure="overhead_ms", percentiles=(50, 99.9))
    assert list(table.columns) == ["key", "calls", "overhead_mean_ms", "overhead_p50_ms", "overhead_p99.9_ms"]
    streams = many_calls(200)
    n = latency_percentiles(streams, None, measure="ttft_s")["calls"].iloc[0]
    assert n == int((streams["ttft_s"].notna() & streams["error"].isna()).sum())


def test_an_interval_without_a_call_is_a_gap() -> None:
    rows = calls({"latency_s": 1.0}, {"latency_s": 3.0}, every_s=150.0)
    table = latency_percentiles(rows, None, over="1min", percentiles=(50,))
    assert table["calls"].tolist() == [1, 0, 1]
    assert table["latency_p50_s"].tolist() == pytest.approx([1.0, np.nan, 3.0], nan_ok=True)
    assert table["time"].dt.strftime("%H:%M").tolist() == ["00:00", "00:01", "00:02"]


def test_a_call_without_a_time_is_in_no_interval() -> None:
    rows = calls({"latency_s": 1.0}, {"latency_s": 3.0, "started": None})
    assert latency_percentiles(rows, None, over="1min")["calls"].tolist() == [1]
    assert latency_percentiles(rows, None)["calls"].tolist() == [2]
    nowhere = calls({"latency_s": 3.0, "started": None})
    assert latency_percentiles(nowhere, None, over="1min").empty


def test_no_calls_give_an_empty_table_with_all_columns() -> None:
    none = calls()
    assert list(latency_percentiles(none).columns) == [
        "model", "calls", "latency_mean_s", "latency_p50_s", "latency_p95_s", "latency_p99_s",
    ]  # fmt: skip
    assert latency_percentiles(none).empty
    assert latency_percentiles(none, over="1h").empty
    assert latency_distribution(none).empty
    assert list(latency_distribution(none).columns) == ["model", "calls", "share", "latency_s"]
    assert latency_percentiles(none, None)["calls"].tolist() == [0]


def test_the_distribution_consists_of_percentiles() -> None:
    table = many_calls(400)
    shape = latency_distribution(table, steps=100)
    for model, part in shape.groupby("model"):
        values = table.loc[(table["model"] == model) & table["error"].isna(), "latency_s"].to_numpy()
        assert part["calls"].unique().tolist() == [len(values)]
        np.testing.assert_allclose(part["share"], np.linspace(0, 1, 101))
        np.testing.assert_allclose(part["latency_s"], np.quantile(values, part["share"]))
    assert latency_distribution(table, None, steps=1)["latency_s"].is_monotonic_increasing
