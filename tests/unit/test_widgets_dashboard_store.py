"""The calls that a dashboard looks back on, and the picture that is made of them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from gateway_kit.metrics import latency_percentiles
from gateway_kit.metrics.dashboard import dashboard_metrics
from gateway_kit.widgets.dashboard.renderer import DIMENSIONS, DashboardRenderer, Query, summary_text
from gateway_kit.widgets.dashboard.store import COLUMNS, CallStore, chunks, dashboard_calls

BEGIN = pd.Timestamp("2026-01-01 12:00:00", tz="UTC")


def record(*rows: dict[str, Any]) -> pd.DataFrame:
    """Rows of a call record, ten seconds apart."""
    usual = {"model": "a", "provider": "p", "deployment": "d", "key": "k", "error": None, "cache_hit": False,
             "latency_s": 1.0, "cost_usd": 0.5, "saved_usd": None}  # fmt: skip
    made = [{**usual, "started": BEGIN + pd.Timedelta(seconds=10 * n), **row} for n, row in enumerate(rows)]
    words = dict.fromkeys(("model", "provider", "deployment", "key", "error"), "string")
    return pd.DataFrame(made).astype({**words, "saved_usd": "float64"})


CALLS = record(
    {"model": "a", "latency_s": 1.0},
    {"model": "b", "latency_s": 3.0, "provider": "q"},
    {"model": "a", "latency_s": 2.0, "cache_hit": True, "cost_usd": 0.0},
    {"model": "b", "error": "boom", "latency_s": 9.0, "cost_usd": None},
)


def store(*tables: pd.DataFrame, capacity: int = 100) -> CallStore:
    made = CallStore(capacity)
    for table in tables:
        made.add(dashboard_calls(table))
    return made


def test_only_the_columns_of_a_dashboard_are_kept() -> None:
    calls = store(CALLS.assign(prompt_tokens=1, ttft_s=0.1, cache_key="x")).calls()
    assert set(calls.columns) == {
        "started", "model", "provider", "deployment", "key", "failed", "cache_hit", "latency_s", "cost_usd",
        "saved_usd", "cache",
    }  # fmt: skip
    assert calls["cache"].to_list() == ["miss", "miss", "hit", "miss"]
    assert calls["failed"].to_list() == [False, False, False, True]


def test_missing_text_stays_missing() -> None:
    calls = store(record({"model": None}, {"model": "ä"}), record({"model": "z"})).calls()
    assert calls["model"].dtype == "category"
    assert calls["model"].isna().to_list() == [True, False, False]
    assert calls["model"].to_list()[1:] == ["ä", "z"]


@pytest.mark.parametrize("batches", [(4,), (1, 1, 1, 1), (2, 2)])
def test_batches_make_no_difference(batches: tuple[int, ...]) -> None:
    parts, begin = [], 0
    for size in batches:
        parts.append(CALLS.iloc[begin : begin + size])
        begin += size
    kept = store(*parts)
    assert len(kept) == 4
    pd.testing.assert_frame_equal(kept.calls(), store(CALLS).calls())
    late = kept.since(BEGIN + pd.Timedelta(seconds=20))
    assert late["latency_s"].to_list() == [2.0, 9.0]
    assert kept.newest() == BEGIN + pd.Timedelta(seconds=30)


def test_many_small_batches_are_joined() -> None:
    kept = CallStore()
    for _ in range(300):
        kept.add(dashboard_calls(CALLS))
    assert len(kept) == len(kept.calls()) == 1200
    assert len(kept.since(BEGIN + pd.Timedelta(seconds=25))) == 300


@pytest.mark.parametrize("batches", [(10,), (4, 4, 2), (3, 3, 3, 1), (1,) * 10])
def test_the_oldest_are_forgotten(batches: tuple[int, ...]) -> None:
    many = record(*({"latency_s": float(n)} for n in range(10)))
    kept, begin = CallStore(capacity=5), 0
    for size in batches:
        kept.add(dashboard_calls(many.iloc[begin : begin + size]))
        begin += size
    assert len(kept) == 5
    assert kept.calls()["latency_s"].to_list() == [5.0, 6.0, 7.0, 8.0, 9.0]


def test_an_empty_store_has_an_empty_table_with_all_columns() -> None:
    kept = CallStore()
    assert (len(kept), kept.newest(), set(kept.calls().columns)) == (0, None, {*COLUMNS, "cache"})
    kept.add(dashboard_calls(CALLS))
    kept.clear()
    assert (len(kept), len(kept.calls()), len(kept.since(BEGIN))) == (0, 0, 0)


def test_chunks_are_the_whole_table() -> None:
    assert [len(piece) for piece in chunks(CALLS, 3)] == [3, 1]
    pd.testing.assert_frame_equal(pd.concat(chunks(CALLS, 3)), CALLS)
    assert list(chunks(CALLS.head(0))) == []


def renderer(*tables: pd.DataFrame) -> DashboardRenderer:
    made = DashboardRenderer()
    for table in tables:
        made.add(dashboard_calls(table))
    return made


def test_the_figure_shows_the_selected_calls() -> None:
    made = renderer(CALLS)
    everything = made.render(Query())
    assert everything.calls == 4
    assert everything.png.startswith(b"\x89PNG")
    assert (
        everything.status
        == "4 calls in all, too few for a p95, 1.000000 USD, 25.0% failed, 33% from the cache."
    )
    late = made.render(Query(window_s=15.0, percentile=50))
    assert late.calls == 2, "of the last 15 s before the newest call"
    assert (
        late.status
        == "2 calls in the last 15 s, too few for a p50, 0.000000 USD, 50.0% failed, 100% from the cache."
    )
    assert late.png != everything.png
    until = made.render(Query(window_s=15.0, until=BEGIN + pd.Timedelta(seconds=300)))
    assert (until.calls, until.status) == (0, "No call in the last 15 s.")
    assert until.alt == "No call yet."
    made.clear()
    assert made.render(Query()).status == "No call in all."


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("model", ["a", "b"]),
        ("provider", ["p", "q"]),
        ("cache", ["hit", "miss"]),
        ("key", ["k"]),
        ("deployment", ["d"]),
    ],
)
def test_calls_are_grouped_by_the_chosen_dimension(by: str, groups: list[str]) -> None:
    assert by in DIMENSIONS
    metrics = dashboard_metrics(store(CALLS).calls(), by=by, percentiles=(99,))
    assert sorted(metrics.latency_by_model[by]) == groups
    expected = latency_percentiles(store(CALLS).calls(), by, percentiles=(99,))
    pd.testing.assert_frame_equal(metrics.latency_by_model, expected)
    assert list(metrics.latency_over_time.columns) == ["time", "calls", "latency_mean_s", "latency_p99_s"]
    alt = renderer(CALLS).render(Query(by=by, percentile=99)).alt
    assert all(group in alt for group in groups)
    assert "p99" in alt


def test_calls_with_tags_can_be_grouped_by_tag() -> None:
    tagged = CALLS.assign(tags=[["first"], ["first", "second"], [], ["second"]])
    alt = renderer(tagged).render(Query(by="tag")).alt
    assert "first (n=2)" in alt
    assert "second (n=1)" in alt
    with pytest.raises(ValueError, match="needs the column tags"):
        renderer(CALLS).render(Query(by="tag"))


def test_failed_calls_alone_can_be_summarized() -> None:
    failed = store(record({"error": "boom", "cost_usd": None})).calls()
    assert summary_text(failed, Query()) == "1 call in all, 0.000000 USD, 100.0% failed."
    assert renderer(record({"error": "boom", "cost_usd": None})).render(Query()).calls == 1
