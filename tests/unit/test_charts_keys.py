"""What the pictures of limits, budgets and spend show, read from their axes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd

from gateway_kit.charts import budget_spent, limits_at_work, spend_shares
from gateway_kit.charts.figure import ChartFigure
from gateway_kit.gateway import CALLS


def calls(*rows: dict[str, Any]) -> pd.DataFrame:
    full = [
        {"started": datetime.now(UTC), "kind": "chat", "stream": False, "cache_hit": False, **r} for r in rows
    ]
    return pd.DataFrame(full, columns=CALLS.columns).astype(CALLS.dtypes)


FINE = {"status": 200, "cost_usd": 1e-05}
SLOW_DOWN = {"status": 429, "error": "429 Rate limit exceeded"}
SPENT = {"status": 422, "error": "422 Budget has been exceeded"}
BROKEN = {"status": 500, "error": "500"}


def legend(figure: ChartFigure) -> list[str]:
    return [text.get_text() for box in figure.legends for text in box.get_texts()]


def widths(figure: ChartFigure) -> list[float]:
    return [bar.get_width() for bar in figure.axes[0].patches]


def test_limits_count_answers_and_refusals() -> None:
    figure = limits_at_work({"rpm": calls(FINE, FINE, SLOW_DOWN), "budget": calls(FINE, SPENT, BROKEN)})
    assert widths(figure) == [2, 1, 1, 1, 0, 1]  # answered, refused, failed otherwise; a bar per run
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["rpm (n=3)", "budget (n=3)"]
    assert figure.axes[0].get_title() == "2 of 6 calls were refused"
    assert legend(figure) == ["answered", "refused by a limit or a budget", "failed otherwise"]


def test_nothing_failed_otherwise_needs_no_legend() -> None:
    assert legend(limits_at_work({"rpm": calls(FINE, SLOW_DOWN)})) == [
        "answered",
        "refused by a limit or a budget",
    ]


def test_the_budget_is_a_line_and_a_refusal_is_a_cross() -> None:
    figure = budget_spent(calls(FINE, FINE, FINE, SPENT), 2.5e-05)
    axes = figure.axes[0]
    assert [round(bar.get_height(), 7) for bar in axes.patches] == [1e-05, 2e-05, 3e-05]
    assert axes.lines[0].get_ydata()[0] == 2.5e-05
    assert [float(x) for x, _ in axes.collections[0].get_offsets()] == [4.0]
    assert axes.get_title() == "3 calls answered, 20% over the budget"
    assert axes.get_ylabel() == "millionths of a US dollar"
    assert axes.get_ylim()[0] == 0


def test_a_budget_with_something_left() -> None:
    title = budget_spent(calls(FINE, SPENT), 2e-05).axes[0].get_title()
    assert title == "1 call answered, 50% of the budget left"


def test_spend_is_sorted_with_the_highest_first() -> None:
    report = pd.DataFrame({"tag": ["atlas", None], "spend_usd": [3e-05, 1e-05], "requests": [2, 5]})
    axes = spend_shares(report).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["atlas (n=2)", "none (n=5)"]
    assert axes.get_title() == "atlas spent 75% of the total"
    assert axes.yaxis_inverted()


def test_empty_charts_say_so() -> None:
    empty = pd.DataFrame({"tag": [], "spend_usd": [], "requests": []})
    for figure in (limits_at_work({}), budget_spent(calls(), 1.0), spend_shares(empty)):
        assert [text.get_text()[:3] for text in figure.axes[0].texts] == ["No "]
