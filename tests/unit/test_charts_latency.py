"""The pictures of latency, of one request and of alerts, read by their axes."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

from gateway_kit.charts import alert_history, latency_ecdf, request_waterfall
from gateway_kit.charts.alt import one_line
from gateway_kit.charts.figure import ChartFigure
from gateway_kit.charts.palette import place
from gateway_kit.charts.theme import THEME
from gateway_kit.metrics.alerts import AlertRule
from gateway_kit.metrics.percentiles import latency_distribution, latency_percentiles
from tests.unit.metric_calls import BEGIN, calls, many_calls

CALLS = many_calls(3000)


def lanes(figure: ChartFigure) -> list[str]:
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def legend(figure: ChartFigure) -> list[str]:
    return [text.get_text() for box in figure.legends for text in box.get_texts()]


def test_only_the_groups_with_the_most_calls_are_drawn() -> None:
    rows = [{"model": f"m{n}", "latency_s": 1.0} for n in range(11) for _ in range(2)]
    ecdf = latency_ecdf(calls(*rows))
    assert len(ecdf.axes[0].lines) == 6
    assert ecdf.axes[0].get_title().endswith("; 5 more not shown")


def test_other_measures_have_their_unit() -> None:
    figure = latency_ecdf(CALLS, "key", measure="overhead_ms")
    assert figure.axes[0].get_xlabel() == "time added by the gateway in milliseconds"
    assert " ms" in figure.axes[0].get_title()
    assert latency_ecdf(CALLS, measure="ttft_s").axes[0].get_xlabel() == "time to first token in seconds"


def test_the_distribution_is_a_line_per_model_to_a_hundred_percent() -> None:
    figure = latency_ecdf(CALLS)
    axes, table = figure.axes[0], latency_distribution(CALLS)
    assert len(axes.lines) == 3
    for index, line in enumerate(axes.lines):
        part = table.iloc[index * 201 : (index + 1) * 201]
        np.testing.assert_allclose(line.get_xdata(), part["latency_s"])
        np.testing.assert_allclose(line.get_ydata(), part["share"] * 100)
        assert to_hex(line.get_color()) == THEME.colour(place(str(part["model"].iloc[0])))
    # get_linestyle() calls every pattern of our own "--". What is drawn is only in the private attribute.
    assert len({str(line._unscaled_dash_pattern) for line in axes.lines}) == 3  # type: ignore[attr-defined]
    assert len({line.get_marker() for line in axes.lines}) == 3
    p95 = latency_percentiles(CALLS, percentiles=(95,)).sort_values("latency_p95_s").iloc[-1]
    slow = f"95 of 100 calls of {p95['model']} end within {p95['latency_p95_s']:.2f} s; failed: "
    assert one_line(axes.get_title()).startswith(slow)
    assert axes.get_ylabel() == "share of calls in percent"
    assert axes.get_xlim()[0] == 0
    assert [text.split(" (n=")[0] for text in legend(figure)] == ["small", "large", "embedder"]


STREAM = {"model": "m", "latency_s": 2.0, "ttft_s": 0.5, "overhead_ms": 20.0, "stream": True}


def steps(figure: ChartFigure) -> list[tuple[float, float]]:
    """Begin and end of each step, in milliseconds, from the top."""
    bars = sorted(figure.axes[0].patches, key=lambda bar: bar.get_y())  # type: ignore[attr-defined]
    return [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars]  # type: ignore[attr-defined]


def test_a_requests_steps_cover_its_whole_latency() -> None:
    figure = request_waterfall(calls(STREAM).iloc[0])
    assert steps(figure) == [(0, 20), (20, 500), (500, 2000)]
    assert lanes(figure) == ["the gateway itself", "wait for the first token", "first to last token"]
    assert figure.axes[0].get_title() == "The gateway itself took 20 of 2,000 ms (1%)"
    assert figure.axes[0].get_xlabel() == "milliseconds since the request"
    assert legend(figure) == []
    whole = request_waterfall(calls({**STREAM, "ttft_s": None}))
    assert steps(whole) == [(0, 20), (20, 2000)]
    assert lanes(whole) == ["the gateway itself", "the provider's answer"]


def test_unknown_overhead_is_not_drawn() -> None:
    figure = request_waterfall(calls({**STREAM, "overhead_ms": None}))
    assert steps(figure) == [(0, 500), (500, 2000)]
    assert figure.axes[0].get_title() == "2,000 ms; the gateway does not report its own part"
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
    assert axes.get_title() == "It would have fired once, at 00:23 (n=60 evaluations)"
    calm = alert_history(calls(*down, every_s=60.0), AlertRule("latency_p50_s", 1.0, "5min"))
    assert calm.alt == "No call that the rule measures yet."
    never = alert_history(calls({}, every_s=60.0), rule)
    assert never.axes[0].get_title() == "It would never have fired (n=1 evaluations)"
    still = alert_history(calls({"error": "500"}), AlertRule("error_rate", 0.5, "1min"))
    assert still.axes[0].patches[0].get_width() == 60  # type: ignore[attr-defined]
