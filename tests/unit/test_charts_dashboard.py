"""The dashboard and its four charts, read by their axes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from gateway_kit.charts.dashboard import dashboard
from gateway_kit.charts.dashboard_axes import (
    draw_cost_over_time,
    draw_hit_rate_over_time,
    draw_latency_by_group,
    draw_latency_over_time,
)
from gateway_kit.charts.figure import new_figure
from gateway_kit.charts.theme import THEME
from gateway_kit.charts.units import format_usd
from gateway_kit.metrics.buckets import nice_width
from gateway_kit.metrics.cost import cost_by
from gateway_kit.metrics.dashboard import dashboard_metrics
from gateway_kit.metrics.percentiles import latency_percentiles
from gateway_kit.metrics.rates import outcome_rates
from tests.unit.metric_calls import BEGIN, calls, many_calls

CALLS = many_calls(3000)
SIX_HOURS = timedelta(hours=6)


def by_group(table: pd.DataFrame) -> tuple[Axes, str]:
    _, (axes,) = new_figure()
    failures = table.iloc[:, :1].assign(calls=table["calls"], failed=0)
    return axes, draw_latency_by_group(axes, table, failures)


def lanes(axes: Axes) -> list[str]:
    return [label.get_text() for label in axes.get_yticklabels()]


def test_percentiles_per_model_from_zero_with_n() -> None:
    table = latency_percentiles(CALLS)
    axes, headline = by_group(table)
    for bars, percentile, colour in zip(axes.containers, (50, 95, 99), THEME.shades, strict=True):
        assert bars.get_label() == f"p{percentile}"
        assert [bar.get_width() for bar in bars] == pytest.approx(table[f"latency_p{percentile}_s"].tolist())
        assert {to_hex(bar.get_facecolor()) for bar in bars} == {colour}
        assert {bar.get_x() for bar in bars} == {0}
    assert lanes(axes) == [
        f"{model}\n(n={n:,})" for model, n in zip(table["model"], table["calls"], strict=True)
    ]
    assert axes.get_xlim()[0] == 0
    assert axes.get_xlabel() == "latency in seconds"
    worst = table.loc[table["latency_p99_s"].idxmax()]
    assert headline == f"{worst['model']} is slowest: p99 is {worst['latency_p99_s']:.2f} s"


def test_a_percentile_of_too_few_calls_gives_no_headline() -> None:
    rows = [{"model": "a", "latency_s": 1.0}] * 150 + [
        {"model": "b", "latency_s": second} for second in (2.0, 5.5, 9.0)
    ]
    # p99 of three calls is the slowest one; their median is still above the other's.
    assert by_group(latency_percentiles(calls(*rows)))[1] == "b is slowest: p50 is 5.50 s"
    two = by_group(latency_percentiles(calls(*rows[:-1])))[1]
    assert two == "Too few calls to tell which is slowest", "a median of two is no ranking"
    others = [{"model": "c", "latency_s": 3.0}] * 40
    three = by_group(latency_percentiles(calls(*rows[:-1], *others)))[1]
    assert three == "c is slowest of the 2 with enough calls: p95 is 3.00 s"
    twenty = [{"model": "b", "latency_s": float(second)} for second in range(20)]
    assert "p95" in by_group(latency_percentiles(calls(*rows[:150], *twenty)))[1]
    single = by_group(latency_percentiles(calls({"model": "a", "latency_s": 1.0})))
    assert single[1] == "Too few calls to tell which is slowest"


def test_only_the_groups_with_the_most_calls_are_drawn() -> None:
    rows = [{"model": f"m{n}", "latency_s": 1.0} for n in range(8) for _ in range(2)]
    axes, headline = by_group(latency_percentiles(calls(*rows)))
    assert len(lanes(axes)) == 5
    assert headline.endswith("; 3 more not shown")


def test_missing_names_are_none_and_ids_are_shortened() -> None:
    rows = [{"deployment": "0123456789abcdef" * 4, "latency_s": 1.0}] * 2 + [{"latency_s": 1.0}]
    axes, _ = by_group(latency_percentiles(calls(*rows), "deployment"))
    assert lanes(axes) == ["01234567…\n(n=2)", "none\n(n=1)"]
    long = "us.meta.llama3-1-8b-instruct-v1:0-with-a-very-long-name"
    axes, _ = by_group(latency_percentiles(calls({"model": long, "latency_s": 1.0})))
    (name,) = lanes(axes)
    assert name.startswith("us.meta.")
    assert "…" in name
    assert "long-name" in name


def test_over_time_there_is_a_point_in_the_middle_of_each_interval_and_a_gap_without_calls() -> None:
    rows = [
        {"latency_s": 1.0},
        {"latency_s": 3.0},
        {"latency_s": 7.0, "started": BEGIN + timedelta(minutes=5)},
    ]
    table = latency_percentiles(calls(*rows), None, percentiles=(50, 95), over="1min")
    _, (axes,) = new_figure()
    headline = draw_latency_over_time(axes, table, timedelta(minutes=1))
    minutes = (axes.lines[0].get_xdata() - BEGIN.timestamp()) / 60  # type: ignore[operator]
    assert minutes.tolist() == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    assert axes.lines[0].get_ydata()[[0, 5]].tolist() == [2.0, 7.0]  # type: ignore[index]
    assert np.isnan(axes.lines[0].get_ydata()[1:5]).all()  # type: ignore[index]
    assert axes.get_ylim()[0] == 0
    assert headline == "Too few calls to tell when it was slowest (n=3)"
    assert axes.get_xlabel() == "time in UTC, 02 Nov 2026"
    assert [line.get_label() for line in axes.lines] == ["p50", "p95"]


@pytest.mark.parametrize(
    ("hours", "labels"),
    [
        (0.001, ["00:00:00"]),
        (2, ["02 Nov", "00:15", "00:30"]),
        (24, ["02 Nov", "03:00", "06:00"]),
        (24 * 30, ["03 Nov", "08 Nov"]),
    ],
)
def test_ticks_are_round_times_and_midnight_is_a_date(hours: float, labels: list[str]) -> None:
    many = many_calls(2000, hours=hours)
    width = nice_width(many["started"])
    _, (axes,) = new_figure()
    draw_latency_over_time(axes, latency_percentiles(many, None, over=width), width)
    shown = [label.get_text() for label in axes.get_xticklabels()]
    if hours < 1:  # seconds, and the first one is midnight
        assert all(len(label) == 8 or label == "02 Nov" for label in shown)
    else:
        assert shown[: len(labels)] == labels
    assert 2 <= len(shown) <= 10


def test_a_single_percentile_has_the_strongest_shade() -> None:
    axes, _ = by_group(latency_percentiles(CALLS, percentiles=(95,)))
    assert to_hex(axes.patches[0].get_facecolor()) == THEME.shades[2]


def test_cost_over_time_adds_up() -> None:
    table = cost_by(CALLS, None, over=SIX_HOURS)
    _, (axes,) = new_figure()
    headline = draw_cost_over_time(axes, table, SIX_HOURS)
    (bars,) = axes.patches
    tops, edges_s, floor = bars.get_data()  # type: ignore[attr-defined]
    assert floor == 0
    np.testing.assert_allclose(tops, table["cost_usd"], atol=1e-12)
    assert (np.diff(edges_s) == 6 * 3600).all()
    assert tops.sum() == pytest.approx(CALLS["cost_usd"].sum())
    assert axes.get_ylabel() == "thousandths of a US dollar\nper 6 hours"
    assert axes.get_ylim()[0] == 0
    assert headline.startswith(format_usd(CALLS["cost_usd"].sum()))
    assert headline.endswith("(n=3,000)")


def test_nothing_was_charged_is_a_headline() -> None:
    free = dashboard(dashboard_metrics(calls({"cost_usd": 0.0})))
    assert free.axes[2].get_title() == "Nothing was charged (n=1)"


def test_the_hit_rate_is_in_percent_and_its_mean_is_the_headline() -> None:
    table = outcome_rates(CALLS, over=SIX_HOURS)
    _, (axes,) = new_figure()
    headline = draw_hit_rate_over_time(axes, table, SIX_HOURS)
    np.testing.assert_allclose(axes.lines[0].get_ydata(), table["hit_rate"] * 100)
    whole = outcome_rates(CALLS).iloc[0]
    answered = int(whole["calls"] - whole["failed"])
    assert headline == f"The cache answered {whole['hit_rate']:.0%} of {answered:,} calls"
    assert axes.lines[1].get_ydata()[0] == pytest.approx(whole["hit_rate"] * 100)  # type: ignore[index]
    assert axes.get_ylim() == (0, 103)
    assert axes.get_ylabel() == "from the cache, percent\nper 6 hours"


def test_a_dashboard_draws_what_it_is_given() -> None:
    metrics = dashboard_metrics(CALLS, over="2h")
    figure = dashboard(metrics)
    by_model, over_time, cost, hits = figure.axes
    table = latency_percentiles(CALLS)
    for bars, percentile in zip(by_model.containers, (50, 95, 99), strict=True):
        assert [bar.get_width() for bar in bars] == pytest.approx(table[f"latency_p{percentile}_s"].tolist())
    np.testing.assert_allclose(over_time.lines[1].get_ydata(), metrics.latency_over_time["latency_p95_s"])
    tops, _, _ = cost.patches[0].get_data()  # type: ignore[attr-defined]
    np.testing.assert_allclose(tops, metrics.cost_over_time["cost_usd"])
    np.testing.assert_allclose(hits.lines[0].get_ydata(), metrics.outcomes_over_time["hit_rate"] * 100)
    assert [axes.get_xlabel()[:7] for axes in figure.axes] == ["latency", "time in", "time in", "time in"]
    assert all(axes.get_title() for axes in figure.axes)
    left = figure.axes[0].get_position()
    assert figure.axes[1].get_position().x0 > left.x1
    assert figure.axes[2].get_position().y1 < left.y0


def test_line_labels_are_at_the_ends_and_do_not_overlap() -> None:
    rows = [{"latency_s": second} for second in (1.0, 1.02, 9.0)]
    metrics = dashboard_metrics(calls(*rows[:2], every_s=1.0), over="10s")
    names = {text.get_text(): text.xy[1] for text in dashboard(metrics).axes[1].texts}  # type: ignore[attr-defined]
    assert list(names) == ["p50", "p95", "p99"]
    assert names["p50"] == pytest.approx(1.01)
    assert names["p50"] < names["p95"] - 0.05 < names["p99"] - 0.1
    # The last interval may have no call: then the last one that had counts.
    gap = calls(rows[0], {"error": "500"}, every_s=60.0)
    assert len(dashboard(dashboard_metrics(gap, over="1min")).axes[1].texts) == 3


def test_a_dashboard_of_failed_calls_says_what_is_missing() -> None:
    figure = dashboard(dashboard_metrics(calls({"error": "500"}, {"error": "500"})))
    said = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert said == ["No answered call yet"] * 3
    assert "Nothing was charged" in figure.alt


def test_a_dashboard_can_show_another_grouping() -> None:
    metrics = dashboard_metrics(CALLS)
    by_key = replace(metrics, latency_by_model=latency_percentiles(CALLS, "key", percentiles=(95,)))
    assert len(dashboard(by_key).axes[0].containers) == 1
