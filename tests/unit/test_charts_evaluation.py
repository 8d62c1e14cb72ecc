"""The charts of experiments and judges draw the numbers of their tables and say what holds."""

from __future__ import annotations

import pandas as pd

from gateway_kit import charts
from gateway_kit.metrics import compare_experiments, judge_agreement


def items(scores: list[int], kinds: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "item_id": [str(n) for n in range(len(scores))],
            "scores": [{"good": score} for score in scores],
            "metadata": [{"kind": kind} for kind in kinds],
        }
    )


KINDS = ["orders"] * 30 + ["delivery"] * 12
FIRST, SECOND = items([0] * 30 + [1] * 12, KINDS), items([1] * 30 + [0] * 12, KINDS)


def test_the_headline_names_the_kind_that_got_worse() -> None:
    compared = compare_experiments(FIRST, SECOND, by="kind")
    figure = charts.experiment_differences(compared)
    axes = figure.axes[0]
    assert axes.get_title() == "good: higher, but lower for delivery"
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "all (n=42)",
        "delivery (n=12)",
        "orders (n=30)",
    ]
    drawn = {container.get_label(): container[0].get_xydata().tolist() for container in axes.containers}
    assert drawn == {
        "higher": [[compared["difference"][0], 0], [compared["difference"][2], 2]],
        "lower": [[-1, 1]],
    }


def test_what_chance_may_explain_is_said_so() -> None:
    same = compare_experiments(FIRST, FIRST)
    assert "no difference can be told" in charts.experiment_differences(same).axes[0].get_title()
    few = compare_experiments(FIRST.head(5), SECOND.head(5))
    assert "too few items" in charts.experiment_differences(few).axes[0].get_title()


def test_scores_of_experiments_have_their_means() -> None:
    figure = charts.experiment_scores({"version 1": FIRST, "version 2": SECOND}, "good")
    axes = figure.axes[0]
    assert axes.get_title() == "version 2 scores highest on good"
    assert [text.get_text() for text in axes.texts] == ["0.29", "0.71"]
    assert (
        "Too few" in charts.experiment_scores({"a": FIRST.head(5), "b": SECOND}, "good").axes[0].get_title()
    )


def test_a_judges_errors_are_drawn_by_direction() -> None:
    judge, people = (
        pd.Series([1] * 6 + [0] * 4, dtype=bool),
        pd.Series([1, 1, 1, 0, 0, 0, 1, 0, 0, 0], dtype=bool),
    )
    figure = charts.judge_agreement(judge_agreement(judge, people))
    axes = figure.axes[0]
    assert axes.get_title() == "Judge and people agree on 60% of 10 answers (kappa 0.23)"
    shares = {bars.get_label(): round(bars[0].get_width(), 2) for bars in axes.containers}
    assert shares == {
        "both accept": 0.3,
        "both refuse": 0.3,
        "only the judge accepts": 0.3,
        "only people accept": 0.1,
    }
