"""The charts of a rehearsal draw the numbers that they are given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from gateway_kit import charts
from gateway_kit.charts.figure import ChartFigure
from gateway_kit.charts.theme import THEME

TIMELINE = pd.DataFrame({
    "at_s": [0.0, 60.0, 120.0], "seconds": 60.0, "answered": [5, 0, 2], "cached": [1, 0, 0], "rescued": [0, 3, 0],
    "failed": [0, 2, 1],
})  # fmt: skip
NONE = float("nan")


def bars(figure: ChartFigure) -> dict[str, list[Rectangle]]:
    return {str(c.get_label()): list(c) for c in figure.axes[0].containers}


def test_each_interval_has_its_calls_by_outcome():
    figure = charts.outcomes_over_time(TIMELINE)
    drawn = {name: [bar.get_height() for bar in each] for name, each in bars(figure).items()}
    assert drawn == {
        "answered": [5, 0, 2], "answered by the cache": [1, 0, 0], "answered after a retry or fallback": [0, 3, 0],
        "failed": [0, 2, 1],
    }  # fmt: skip
    assert [bar.get_y() for bar in bars(figure)["failed"]] == [6, 3, 2], "on top of the others"
    assert [bar.get_x() for bar in bars(figure)["answered"]] == [0, 1, 2], "in minutes"
    assert to_hex(bars(figure)["failed"][0].get_facecolor()) == THEME.text
    assert "3 of 14 calls failed, 3 were answered after a retry or a fallback" in figure.alt


def test_troubles_are_shaded_as_far_as_they_lie_in_the_chart():
    troubles = pd.DataFrame({
        "subject": ["azure", "$x$ redis", "later"], "begin_s": [30.0, 150.0, 900.0], "end_s": [90.0, NONE, 950.0]
    })  # fmt: skip
    figure = charts.outcomes_over_time(TIMELINE, troubles)
    shaded = [patch for patch in figure.axes[0].patches if patch.get_alpha() == 0.3]
    assert [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in shaded] == [
        (0.5, 1.5),
        (2.5, 3.0),
    ]
    assert [text.get_text() for text in figure.axes[0].texts] == ["azure", "$x$ redis"]
    assert "troubles are shaded (2)" in " ".join(figure.axes[0].get_title().split())
    figure.png()  # dollar signs are no formula


def test_calls_that_were_all_answered_are_said_to_be():
    alt = charts.outcomes_over_time(TIMELINE.assign(failed=0, rescued=0)).alt
    assert alt.startswith("All 8 calls were answered.")
    assert "failed" not in alt


def test_each_model_has_a_bar_per_run():
    costs = {
        "the log": pd.Series([0.1, 0.2, 0.05], index=["mini", "gpt-4o", "mini"]),
        "candidate": pd.Series([0.4], index=["gpt-4o"]),
    }
    figure = charts.cost_of_runs(costs)
    drawn = {name: [bar.get_width() for bar in each] for name, each in bars(figure).items()}
    assert drawn == {"the log": pytest.approx([0.2, 0.15]), "candidate": pytest.approx([0.4, 0.0])}
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["gpt-4o", "mini"]
    assert figure.axes[0].get_title() == "In all: the log 0.35 USD; candidate 0.40 USD"
    assert "mini: the log 150.00, candidate not called" in figure.alt.replace("0.15", "150.00")


def test_of_many_models_the_dearest_are_drawn():
    cost = pd.Series(np.arange(40.0), index=[f"model-{number}" for number in range(40)])
    figure = charts.cost_of_runs({"candidate": cost})
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == [f"model-{number}" for number in range(39, 29, -1)]
    assert "30 models not shown" in " ".join(figure.axes[0].get_title().split())


def test_a_line_per_run_shows_its_distribution():
    figure = charts.latency_of_runs({"the log": np.arange(101.0), "candidate": [*np.arange(101.0) * 2, NONE]})
    log, candidate = figure.axes[0].lines
    assert log.get_ydata()[100] == 50
    assert log.get_xdata()[100] == 50
    assert candidate.get_xdata()[190] == pytest.approx(190)
    assert [line.get_label() for line in (log, candidate)] == ["the log (n=101)", "candidate (n=101)"]
    assert figure.axes[0].get_title() == "95 of 100 answers within 95.0 s (the log), 190 s (candidate)"
    few = charts.latency_of_runs({"candidate": [1.0, 2.0]})
    assert few.axes[0].get_title() == "Too few calls to tell how slow the slowest are: p95 needs 20"


def test_a_cause_has_a_bar_per_run():
    refused = {"baseline": pd.Series({"a": 1}), "candidate": pd.Series({"b": 7, "a": 2, "c": 0})}
    figure = charts.refusals_by_cause(refused)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["b", "a"]
    drawn = {name: [bar.get_width() for bar in each] for name, each in bars(figure).items()}
    assert drawn == {"baseline": [0, 1], "candidate": [7, 2]}
    assert figure.axes[0].get_title() == "Failed calls: baseline 1; candidate 9"


def test_a_run_has_one_colour_in_all_charts():
    cost, count = pd.Series({"m": 1.0}), pd.Series({"a": 3})
    colours = [
        to_hex(
            bars(charts.cost_of_runs({"the log": cost, "candidate": cost}))["candidate"][0].get_facecolor()
        ),
        to_hex(
            bars(charts.refusals_by_cause({"candidate": count, "baseline": count}))["candidate"][
                0
            ].get_facecolor()
        ),
        to_hex(charts.latency_of_runs({"candidate": [1.0]}).axes[0].lines[0].get_color()),
    ]
    assert len(set(colours)) == 1


def test_a_chart_is_drawn_the_same_twice_as_svg_without_an_address():
    once, twice = (charts.outcomes_over_time(TIMELINE).svg() for _ in range(2))
    assert once == twice
    assert "<date>" not in once.lower()
    assert "matplotlib.org" not in once
    assert "<text" not in once, "letters are outlines, so that no font is needed"
