"""The pictures of latency, of one request and of alerts, read by their axes."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from gateway_kit.charts import (
    DARK,
    LIGHT,
    Picture,
    alert_history,
    latency_by,
    latency_ecdf,
    latency_over_time,
    request_waterfall,
)
from gateway_kit.charts.latency import draw_percentiles
from gateway_kit.charts.picture import new_figure
from gateway_kit.metrics import AlertRule, latency_distribution, latency_percentiles
from tests.unit.metric_calls import BEGIN, calls, many_calls

CALLS = many_calls(3000)


def lanes(figure: Picture) -> list[str]:
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def legend(figure: Picture) -> list[str]:
    return [text.get_text() for box in figure.legends for text in box.get_texts()]


def test_three_percentiles_per_model_from_zero_with_n() -> None:
    axes = latency_by(CALLS).axes[0]
    table = latency_percentiles(CALLS)
    for bars, percentile, colour in zip(axes.containers, (50, 95, 99), LIGHT.shades, strict=True):
        assert bars.get_label() == f"p{percentile}"
        assert [bar.get_width() for bar in bars] == pytest.approx(table[f"latency_p{percentile}_s"].tolist())
        assert {to_hex(bar.get_facecolor()) for bar in bars} == {colour}
        assert {bar.get_x() for bar in bars} == {0}
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        f"{model} (n={n:,})" for model, n in zip(table["model"], table["calls"], strict=True)
    ]
    assert axes.get_xlim()[0] == 0
    assert axes.get_xlabel() == "latency in seconds"
    worst = table.loc[table["latency_p99_s"].idxmax()]
    assert axes.get_title() == f"{worst['model']} is slowest: p99 is {worst['latency_p99_s']:.2f} s"


def test_a_percentile_of_too_few_calls_gives_no_headline() -> None:
    rows = [{"model": "a", "latency_s": 1.0}] * 150 + [
        {"model": "b", "latency_s": second} for second in (2.0, 9.0)
    ]
    # p99 of two calls is the slower one; their median is still above the other's.
    assert latency_by(calls(*rows)).axes[0].get_title() == "b is slowest: p50 is 5.50 s"
    twenty = [{"model": "b", "latency_s": float(second)} for second in range(20)]
    assert "p95" in latency_by(calls(*rows[:150], *twenty)).axes[0].get_title()
    one = latency_by(calls({"model": "a", "latency_s": 1.0}))
    assert one.axes[0].get_title() == "Too few calls to tell who is slowest"


def test_other_measures_have_their_unit_and_other_groups_their_name() -> None:
    figure = latency_by(CALLS, "key", measure="overhead_ms")
    assert figure.axes[0].get_xlabel() == "time added by the gateway in milliseconds"
    assert all(text.get_text().endswith(" ms") for text in figure.axes[0].texts)
    assert lanes(figure)[0].startswith(("master", "abcd"))
    assert latency_by(CALLS, measure="ttft_s").axes[0].get_xlabel() == "time to first token in seconds"


def test_what_there_is_no_room_for_is_said() -> None:
    rows = [{"model": f"m{n}", "latency_s": 1.0} for n in range(11) for _ in range(2)]
    figure = latency_by(calls(*rows))
    assert len(lanes(figure)) == 8
    assert figure.axes[0].get_title().endswith("; 3 more not shown")
    ecdf = latency_ecdf(calls(*rows))
    assert len(ecdf.axes[0].lines) == 6
    assert ecdf.axes[0].get_title().endswith("; 5 more not shown")


def test_calls_without_the_thing_are_none_and_ids_are_shortened() -> None:
    rows = [{"deployment": "0123456789abcdef" * 4, "latency_s": 1.0}] * 2 + [{"latency_s": 1.0}]
    assert lanes(latency_by(calls(*rows), "deployment")) == ["01234567… (n=2)", "none (n=1)"]
    long = "us.meta.llama3-1-8b-instruct-v1:0-with-a-very-long-name"
    (name,) = lanes(latency_by(calls({"model": long, "latency_s": 1.0})))
    assert name.startswith("us.meta.llama3")
    assert "…" in name
    assert "long-name" in name


def test_the_distribution_is_a_line_per_model_to_a_hundred_percent() -> None:
    figure = latency_ecdf(CALLS, theme=DARK)
    axes, table = figure.axes[0], latency_distribution(CALLS)
    assert len(axes.lines) == 3
    for index, line in enumerate(axes.lines):
        part = table.iloc[index * 201 : (index + 1) * 201]
        np.testing.assert_allclose(line.get_xdata(), part["latency_s"])
        np.testing.assert_allclose(line.get_ydata(), part["share"] * 100)
        assert to_hex(line.get_color()) == DARK.series[index]
    assert len({line.get_linestyle() for line in axes.lines}) == 3
    assert len({line.get_marker() for line in axes.lines}) == 3
    p95 = latency_percentiles(CALLS, percentiles=(95,)).sort_values("latency_p95_s").iloc[-1]
    assert axes.get_title() == f"95 of 100 calls of {p95['model']} end within {p95['latency_p95_s']:.2f} s"
    assert axes.get_ylabel() == "share of calls in percent"
    assert axes.get_xlim()[0] == 0
    assert [text.split(" (n=")[0] for text in legend(figure)] == ["small", "large", "embedder"]


def test_over_time_there_is_a_point_in_the_middle_of_each_interval_and_a_gap_without_calls() -> None:
    rows = [
        {"latency_s": 1.0},
        {"latency_s": 3.0},
        {"latency_s": 7.0, "started": BEGIN + timedelta(minutes=5)},
    ]
    figure = latency_over_time(calls(*rows), over="1min", percentiles=(50, 95))
    axes = figure.axes[0]
    minutes = (axes.lines[0].get_xdata() - BEGIN.timestamp()) / 60  # type: ignore[operator]
    assert minutes.tolist() == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    assert axes.lines[0].get_ydata()[[0, 5]].tolist() == [2.0, 7.0]  # type: ignore[index]
    assert np.isnan(axes.lines[0].get_ydata()[1:5]).all()  # type: ignore[index]
    assert axes.get_ylim()[0] == 0
    assert axes.get_title() == "Slowest at 00:05: p95 is 7.00 s (n=3)"
    assert axes.get_xlabel() == "time in UTC, 02 Nov 2026"
    assert legend(figure) == ["p50", "p95"]


@pytest.mark.parametrize(
    ("hours", "labels"),
    [
        (0.001, ["00:00:00"]),
        (2, ["02 Nov", "00:15", "00:30"]),
        (24, ["02 Nov", "03:00", "06:00"]),
        (24 * 30, ["03 Nov", "08 Nov"]),
    ],
)
def test_ticks_are_round_moments_and_midnight_is_a_date(hours: float, labels: list[str]) -> None:
    axes = latency_over_time(many_calls(2000, hours=hours)).axes[0]
    shown = [label.get_text() for label in axes.get_xticklabels()]
    if hours < 1:  # seconds, and the first one is midnight
        assert all(len(label) == 8 or label == "02 Nov" for label in shown)
    else:
        assert shown[: len(labels)] == labels
    assert 2 <= len(shown) <= 10


def test_a_single_percentile_has_the_strongest_shade() -> None:
    figure, (axes,) = new_figure()
    draw_percentiles(axes, latency_percentiles(CALLS, percentiles=(95,)))
    assert figure.theme is LIGHT
    assert to_hex(axes.patches[0].get_facecolor()) == LIGHT.shades[2]


STREAM = {"model": "m", "latency_s": 2.0, "ttft_s": 0.5, "overhead_ms": 20.0, "stream": True}


def steps(figure: Picture) -> list[tuple[float, float]]:
    """Begin and end of each step, in milliseconds, from the top."""
    bars = sorted(figure.axes[0].patches, key=lambda bar: bar.get_y())  # type: ignore[attr-defined]
    return [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars]  # type: ignore[attr-defined]


def test_a_request_goes_from_step_to_step_until_its_end() -> None:
    figure = request_waterfall(calls(STREAM).iloc[0])
    assert steps(figure) == [(0, 20), (20, 500), (500, 2000)]
    assert lanes(figure) == ["the gateway itself", "wait for the first token", "first to last token"]
    assert figure.axes[0].get_title() == "The gateway itself took 20 of 2,000 ms (1%)"
    assert figure.axes[0].get_xlabel() == "milliseconds since the request left"
    assert legend(figure) == []
    whole = request_waterfall(calls({**STREAM, "ttft_s": None}))
    assert steps(whole) == [(0, 20), (20, 2000)]
    assert lanes(whole) == ["the gateway itself", "the provider's answer"]


def test_what_nobody_told_is_not_drawn() -> None:
    figure = request_waterfall(calls({**STREAM, "overhead_ms": None}))
    assert steps(figure) == [(0, 500), (500, 2000)]
    assert figure.axes[0].get_title() == "2,000 ms; of its own work the gateway tells nothing"
    # More than the whole cannot be its own.
    assert steps(request_waterfall(calls({**STREAM, "ttft_s": None, "overhead_ms": 9e9}))) == [(0, 2000)]
    assert request_waterfall(calls({"latency_s": None})).alt == "No call with a latency yet."


def test_several_requests_each_begin_at_zero() -> None:
    figure = request_waterfall(calls(STREAM, {**STREAM, "ttft_s": None, "model": None}))
    assert steps(figure) == [(0, 20), (20, 500), (500, 2000), (0, 20), (20, 2000)]
    assert lanes(figure) == ["1  m", "", "", "2  request", ""]
    assert len(legend(figure)) == 4
    looks = {(to_hex(bar.get_facecolor()), bar.get_hatch()) for bar in figure.axes[0].patches}
    assert len(looks) == 4


def test_an_alert_has_its_threshold_and_its_times() -> None:
    down = [{"error": "500" if 20 <= minute < 30 else None} for minute in range(60)]
    rule = AlertRule("error_rate", above=0.5, window="5min", every="1min")
    figure = alert_history(calls(*down, every_s=60.0), rule)
    axes = figure.axes[0]
    (shade,) = axes.patches
    begin = pd.Timestamp(shade.get_x(), unit="s", tz="UTC")  # type: ignore[attr-defined]
    assert begin == BEGIN + timedelta(minutes=23)
    assert shade.get_width() == 600  # type: ignore[attr-defined]
    assert axes.lines[1].get_ydata()[0] == 0.5  # type: ignore[index]
    assert legend(figure) == ["fires", "error rate", "threshold, 0.50"]
    assert axes.get_ylabel() == "error rate\nof the last 5 minutes"
    assert axes.get_title() == "It would have fired once, at 00:23 (n=60 looks)"
    calm = alert_history(calls(*down, every_s=60.0), AlertRule("latency_p50_s", 1.0, "5min"))
    assert calm.alt == "No call that the rule looks at yet."
    never = alert_history(calls({}, every_s=60.0), rule)
    assert never.axes[0].get_title() == "It would never have fired (n=1 looks)"
    still = alert_history(calls({"error": "500"}), AlertRule("error_rate", 0.5, "1min"))
    assert still.axes[0].patches[0].get_width() == 60  # type: ignore[attr-defined]
