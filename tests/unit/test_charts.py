"""Charts are read by their axes: bars, labels, titles; never by pixels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from matplotlib.figure import Figure

from gateway_kit.charts import latency_and_cost, time_to_first_token, traffic_over_time, traffic_share
from gateway_kit.charts.alt import one_line
from gateway_kit.gateway import CALLS

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def calls(*rows: dict[str, Any]) -> pd.DataFrame:
    """A call record with these facts; one call a second unless `started` says otherwise."""
    filled = [
        {"started": BEGIN + timedelta(seconds=i), "stream": False, "cache_hit": False, **row}
        for i, row in enumerate(rows)
    ]
    return pd.DataFrame(filled, columns=CALLS.columns).astype(CALLS.dtypes)


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def lanes(figure: Figure) -> list[str]:
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for box in figure.legends for text in box.get_texts()]


@pytest.mark.parametrize("draw", [latency_and_cost, time_to_first_token, traffic_over_time])
def test_an_empty_record_gives_a_chart_that_says_so(draw: Any) -> None:
    figure = draw(calls())
    assert len(texts(figure)) == 1
    assert texts(figure)[0].startswith("No ")


def test_traffic_share_without_calls_says_so() -> None:
    assert texts(traffic_share({})) == ["No answered call yet"]
    assert texts(traffic_share({"a run": calls({"error": "500", "deployment": "a"})})) == [
        "No answered call yet"
    ]


def test_a_figure_shows_itself_without_pyplot() -> None:
    figure = traffic_share({"a run": calls({"deployment": "a"})})
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_latency_is_the_median_and_cost_is_per_thousand_calls() -> None:
    figure = latency_and_cost(
        calls(
            *[{"model": "quick", "latency_s": 0.1, "cost_usd": 0.004}] * 3,
            {"model": "slow", "latency_s": 1.0, "cost_usd": 0.001},
            {"model": "slow", "latency_s": 2.0, "cost_usd": 0.002},
            {"model": "slow", "latency_s": 3.0, "cost_usd": 0.003},
            {"model": "slow", "latency_s": 9.0, "cost_usd": 0.9, "error": "500"},
        )
    )
    left, right = figure.axes
    assert [bar.get_width() for bar in left.patches] == pytest.approx([2.0, 0.1])
    assert [bar.get_width() for bar in right.patches] == pytest.approx([2.0, 4.0])
    assert [label.get_text() for label in left.get_yticklabels()] == ["slow (n=3)", "quick (n=3)"]
    assert left.get_xlim()[0] == right.get_xlim()[0] == 0
    assert "seconds" in left.get_xlabel()
    assert "USD" in right.get_xlabel()
    assert one_line(left.get_title()) == "quick is fastest; 1 of 4 calls of slow failed"
    assert right.get_title() == "quick costs most"


def test_latency_at_another_percentile_and_by_a_custom_column() -> None:
    rows = [{"latency_s": seconds, "cost_usd": 0.001} for seconds in (1.0, 2.0, 11.0)]
    day = calls(*rows).assign(way="before")
    figure = latency_and_cost(pd.concat([day, day.assign(way="after", latency_s=1.5)]), "way", percentile=95)
    left, _ = figure.axes
    assert [bar.get_width() for bar in left.patches] == pytest.approx([10.1, 1.5])
    assert [label.get_text() for label in left.get_yticklabels()] == ["before (n=3)", "after (n=3)"]
    assert left.get_xlabel() == "p95 of the latency in seconds"
    assert one_line(left.get_title()) == "Too few calls to tell which is fastest: p95 needs 20"
    more = pd.concat([day] * 7)
    many = latency_and_cost(pd.concat([more, more.assign(way="after", latency_s=1.5)]), "way", percentile=95)
    assert many.axes[0].get_title() == "after is fastest"


def test_a_stream_is_divided_at_its_first_token() -> None:
    figure = time_to_first_token(
        calls(
            {"model": "a", "latency_s": 1.0, "ttft_s": 0.2},
            {"model": "b", "latency_s": 3.0, "ttft_s": 0.6},
            {"model": "not streamed", "latency_s": 9.0},
        )
    )
    axes = figure.axes[0]
    waits, rests = axes.containers[:2]
    assert [bar.get_width() for bar in waits] == pytest.approx([0.6, 0.2])
    assert [bar.get_x() for bar in rests] == pytest.approx([0.6, 0.2])
    assert [bar.get_x() + bar.get_width() for bar in rests] == pytest.approx([3.0, 1.0])
    assert lanes(figure) == ["b", "a"]
    assert axes.get_title() == "The first token arrives after 20 % of the time"
    assert axes.get_xlim()[0] == 0


def test_the_shares_of_a_run_add_up_to_100_percent() -> None:
    figure = traffic_share(
        {
            "die": calls(*[{"deployment": d} for d in "aabc"], {"deployment": "a", "error": "500"}),
            "measured": calls(*[{"deployment": d} for d in "cccc"]),
        }
    )
    axes = figure.axes[0]
    widths = {c.get_label(): [bar.get_width() for bar in c] for c in axes.containers}
    assert widths == {"a": [50, 0], "b": [25, 0], "c": [25, 100]}
    ends = [max(c[run].get_x() + c[run].get_width() for c in axes.containers) for run in (0, 1)]
    assert ends == [100, 100]
    assert lanes(figure) == ["die (n=4)", "measured (n=4)"]
    assert legend(figure) == ["a", "b", "c"]
    assert (
        one_line(axes.get_title())
        == "c answers 100 % with measured, 25 % with die; 1 of 5 calls of die failed"
    )
    assert "percent" in axes.get_xlabel()


def test_one_run_names_the_deployment_that_answered_most() -> None:
    figure = traffic_share({"a run": calls(*[{"deployment": d} for d in "abb"])})
    assert figure.axes[0].get_title() == "b answered most: 67 % of the calls"
    assert traffic_share({"r": calls({"deployment": "a"})}, title="mine").axes[0].get_title() == "mine"


def test_an_id_of_litellms_is_shortened() -> None:
    figure = traffic_share({"a run": calls({"deployment": "0123456789abcdef" * 4})})
    assert legend(figure) == ["01234567…"]


def test_time_starts_at_the_first_call_and_failures_have_a_lane() -> None:
    figure = traffic_over_time(
        calls(
            {"deployment": "a", "retries": 0, "fallbacks": 0},
            {"deployment": "b", "retries": 1, "fallbacks": 0},
            {"error": "500"},
            {"deployment": "a", "retries": 0, "fallbacks": 1},
        ),
        outage=(BEGIN + timedelta(seconds=1), BEGIN + timedelta(seconds=2.5)),
    )
    axes = figure.axes[0]
    assert lanes(figure) == ["failed (n=1)", "b (n=1)", "a (n=2)"]
    *by_lane, rings = [c.get_offsets().tolist() for c in axes.collections]
    assert by_lane == [[[2, 0]], [[1, 1]], [[0, 2], [3, 2]]]
    assert rings == [[1, 1], [3, 2]]
    (shade,) = axes.patches
    assert (shade.get_x(), shade.get_width()) == (1, 1.5)
    assert legend(figure) == ["outage", "answered after a retry or fallback"]
    assert axes.get_title() == "3 of 4 calls were answered"
    assert "seconds" in axes.get_xlabel()


def test_a_deployment_has_the_same_colour_in_both_charts() -> None:
    record = calls({"deployment": "a"}, {"deployment": "b"}, {"error": "500"})
    share, time = traffic_share({"a run": record}).axes[0], traffic_over_time(record).axes[0]
    bars = {c.get_label(): c[0].get_facecolor() for c in share.containers}
    dots = [tuple(c.get_facecolor()[0]) for c in time.collections]
    assert [bars["b"], bars["a"]] == dots[1:]
