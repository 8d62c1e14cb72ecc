"""What the pictures of hits and misses show, read from their axes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from gateway_kit.charts import hit_rate_over_calls, hits_and_misses
from gateway_kit.charts.alt import one_line
from gateway_kit.charts.figure import ChartFigure
from gateway_kit.gateway import Call, CallRecord

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def calls(*rows: dict[str, Any]) -> pd.DataFrame:
    record = CallRecord()
    for number, row in enumerate(rows):
        usual = {"started": BEGIN + timedelta(seconds=number), "kind": "chat", "model": "m", "status": 200}
        record.add(Call(**{**usual, **row}))
    return record.frame()


def miss(latency_s: float = 0.4) -> dict[str, Any]:
    return {"latency_s": latency_s, "cost_usd": 0.00003}


def hit(latency_s: float = 0.02) -> dict[str, Any]:
    return {"latency_s": latency_s, "cost_usd": 0.0, "saved_usd": 0.00003, "cache_hit": True}


FAILED = {"latency_s": 9.0, "status": 429, "error": "429 Too many requests"}


def legend(figure: ChartFigure) -> list[str]:
    return [text.get_text() for box in figure.legends for text in box.get_texts()]


def test_hits_and_misses_have_a_bar_each_for_latency_and_cost() -> None:
    figure = hits_and_misses(calls(miss(0.4), miss(0.6), miss(0.5), hit(0.01), hit(0.02), hit(0.03), FAILED))
    left, right = figure.axes
    assert [bar.get_width() for bar in left.patches] == pytest.approx([0.5, 0.02])
    assert [bar.get_width() for bar in right.patches] == pytest.approx([0.03, 0.0])  # USD per 1,000
    assert [label.get_text() for label in left.get_yticklabels()] == ["the provider (n=3)", "the cache (n=3)"]
    assert [text.get_text() for text in left.texts] == ["0.500 s", "0.020 s"]
    assert one_line(left.get_title()) == "The cache is 25 times as fast; 1 of 7 calls failed"
    assert right.get_title() == "It saved 50% of the cost"
    assert left.get_xlim()[0] == right.get_xlim()[0] == 0
    assert "seconds" in left.get_xlabel()
    assert "USD" in right.get_xlabel()


def test_every_call_is_a_dot_within_its_bar() -> None:
    left = hits_and_misses(calls(miss(0.4), miss(0.6), hit(0.01))).axes[0]
    misses, hits = (dots.get_offsets() for dots in left.collections)
    assert sorted(float(x) for x, _ in misses) == [0.4, 0.6]
    assert all(abs(float(y)) <= 0.4 for _, y in misses)
    assert [(float(x), round(float(y))) for x, y in hits] == [(0.01, 1)]


@pytest.mark.parametrize(
    ("rows", "titles"),
    [
        ([miss()], ["No answer came from the cache", "It saved 0% of the cost"]),
        ([hit()], ["Every answer came from the cache", "It saved 100% of the cost"]),
        ([{"latency_s": 0.1, "cost_usd": 0.0}], ["No answer came from the cache", "Nothing was charged"]),
    ],
)
def test_without_hits_or_misses_there_is_no_comparison(rows: list[dict[str, Any]], titles: list[str]) -> None:
    figure = hits_and_misses(calls(*rows))
    assert [axes.get_title() for axes in figure.axes] == titles


def test_the_title_can_be_given() -> None:
    assert hits_and_misses(calls(miss()), title="Mine").axes[0].get_title() == "Mine"
    assert hit_rate_over_calls({"a": calls(miss())}, title="Mine").axes[0].get_title() == "Mine"


def test_the_hit_rate_is_that_of_all_calls_so_far() -> None:
    figure = hit_rate_over_calls(
        {"long": calls(miss(), hit(), hit(), FAILED, miss()), "short": calls(miss(), miss())}
    )
    axes = figure.axes[0]
    long, long_ticks, short, short_ticks = axes.lines[:4]
    assert list(long.get_xdata()) == [1, 2, 3, 4]
    assert list(long.get_ydata()) == pytest.approx([0, 50, 200 / 3, 50])
    assert list(short.get_ydata()) == [0, 0]
    assert list(long_ticks.get_xdata()) == [1, 4]
    assert list(short_ticks.get_xdata()) == [1, 2]
    assert set(long_ticks.get_ydata()).isdisjoint(short_ticks.get_ydata())
    assert max(long_ticks.get_ydata()) < 0
    assert axes.get_title() == "From the cache: 50% (long), 0% (short)"
    assert [text.get_text() for text in axes.texts] == ["50 %", "0 %"]
    assert legend(figure) == ["long (n=4)", "short (n=2)"]
    assert "percent" in axes.get_ylabel()


def test_calls_count_in_the_order_in_which_they_began() -> None:
    frame = calls(miss(), hit(), miss())
    line = hit_rate_over_calls({"a": frame.iloc[[2, 1, 0]]}).axes[0].lines[0]
    assert list(line.get_ydata()) == pytest.approx([0, 50, 100 / 3])


def test_runs_without_answers_are_left_out() -> None:
    assert legend(hit_rate_over_calls({"a": calls(FAILED), "b": calls(hit())})) == ["b (n=1)"]
    for figure in (
        hit_rate_over_calls({}),
        hit_rate_over_calls({"a": calls()}),
        hits_and_misses(calls(FAILED)),
    ):
        assert [text.get_text() for text in figure.axes[0].texts] == ["No answered call yet"]
