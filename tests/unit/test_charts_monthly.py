"""The picture of a month's bill, read by its axes."""

from __future__ import annotations

import pandas as pd
import pytest

from gateway_kit.charts.monthly import monthly_costs
from gateway_kit.metrics import monthly_cost

MODELS = pd.DataFrame(
    [
        {"model": "cheap", "share": 3, "input_usd_per_million": 1.0, "output_usd_per_million": 0.0},
        {"model": "unused", "share": 0, "input_usd_per_million": 1.0, "output_usd_per_million": 0.0},
        {"model": "dear", "share": 1, "input_usd_per_million": 9.0, "output_usd_per_million": 0.0},
    ]
)


def month(hit_rate: float = 0.0, models: pd.DataFrame = MODELS) -> pd.DataFrame:
    return monthly_cost(
        models, calls_per_day=4, prompt_tokens=1e6, completion_tokens=0, hit_rate=hit_rate, days=1
    )


def test_a_bar_per_model_with_traffic_from_zero() -> None:
    figure = monthly_costs(month())
    axes = figure.axes[0]
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([3.0, 9.0])
    assert [bar.get_x() for bar in axes.patches] == [0, 0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cheap (75%)", "dear (25%)"]
    assert axes.get_xlim()[0] == 0
    assert axes.yaxis_inverted()
    assert "US dollars a month" in axes.get_xlabel()
    assert (
        " ".join(axes.get_title().split())
        == "12.00 USD a month; dear has 25% of the calls and 75% of the cost"
    )
    assert [text.get_text() for text in axes.texts] == ["3.00", "9.00"]


def test_savings_are_stacked_on_the_cost() -> None:
    axes = monthly_costs(month(hit_rate=0.5)).axes[0]
    assert [bar.get_x() for bar in axes.patches] == pytest.approx([0, 0, 1.5, 4.5])
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([1.5, 4.5, 1.5, 4.5])
    assert axes.texts[0].get_text() == "1.50 (saves 1.50)"
    legend = [text.get_text() for text in axes.get_figure().legends[0].get_texts()]
    assert legend == ["cost", "saved by the cache"]


def test_without_traffic_or_prices_it_says_so() -> None:
    assert monthly_costs(month().head(0)).alt == "No traffic yet."
    free = MODELS.assign(input_usd_per_million=0.0)
    assert monthly_costs(month(models=free)).axes[0].get_title() == "Nothing is charged"
