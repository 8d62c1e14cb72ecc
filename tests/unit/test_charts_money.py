"""The charts of cost and budgets, read by their axes."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from gateway_kit.charts import budget_over_time, cost_breakdown
from gateway_kit.charts.alt import one_line
from gateway_kit.charts.figure import ChartFigure, new_figure
from gateway_kit.charts.times import duration_text
from gateway_kit.charts.units import format_usd, format_value, set_money_axis
from gateway_kit.metrics.budget import budget_forecast
from gateway_kit.metrics.calls import normalize_calls
from gateway_kit.metrics.cost import cost_by
from tests.unit.metric_calls import BEGIN, calls, many_calls

CALLS = many_calls(3000)


def lanes(figure: ChartFigure) -> list[str]:
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def legend(figure: ChartFigure) -> list[str]:
    return [text.get_text() for box in figure.legends for text in box.get_texts()]


def test_cost_has_a_bar_per_model_highest_first() -> None:
    figure = cost_breakdown(CALLS)
    axes, table = figure.axes[0], cost_by(CALLS)
    assert [bar.get_width() for bar in axes.patches] == pytest.approx(table["cost_usd"].tolist())  # type: ignore[attr-defined]
    assert lanes(figure) == [
        f"{model} (n={n:,})" for model, n in zip(table["model"], table["calls"], strict=True)
    ]
    assert axes.yaxis_inverted()
    assert axes.get_xlim()[0] == 0
    failed = int(CALLS["error"].notna().sum())
    headline = one_line(axes.get_title())
    assert headline.startswith(f"large costs {table['share'].iloc[0]:.0%} of the total; failed: ")
    assert 0 < int(headline.split("failed: ")[1].split(" of ")[0]) < failed
    assert (
        cost_breakdown(calls({"model": "own", "cost_usd": 0.0})).axes[0].get_title() == "Nothing was charged"
    )


def test_cost_by_tag_and_by_a_custom_column() -> None:
    made = normalize_calls(calls({"cost_usd": 1.0}, {"cost_usd": 3.0})).assign(
        tags=[["a"], ["a", "b"]], department=["x", None]
    )
    assert lanes(cost_breakdown(made, "tag")) == ["a (n=2)", "b (n=1)"]
    assert lanes(cost_breakdown(made, "department")) == ["none (n=1)", "x (n=1)"]


def test_small_sums_have_a_small_unit() -> None:
    axes = cost_breakdown(calls({"model": "a", "cost_usd": 2.5e-05}, {"model": "b", "cost_usd": 0.0})).axes[0]
    assert axes.get_xlabel() == "millionths of a US dollar (n: calls)"
    assert [text.get_text() for text in axes.texts] == ["25.00", "0"]
    assert axes.xaxis.get_major_formatter()(2e-05) == "20"
    for top_usd, unit, written in ((3.0, "US dollars", "2"), (0.004, "thousandths of a US dollar", "2,000")):
        _, (other,) = new_figure()
        assert set_money_axis(other.yaxis, top_usd) == unit
        assert other.yaxis.get_major_formatter()(2.0) == written


def test_spending_starts_at_zero_and_the_forecast_continues_it() -> None:
    half = CALLS[CALLS["started"] < BEGIN + timedelta(hours=12)]
    budget_usd = float(half["cost_usd"].sum()) * 1.5
    forecast = budget_forecast(half, budget_usd, now=BEGIN + timedelta(hours=12))
    figure = budget_over_time(half, budget_usd, forecast=forecast)
    axes = figure.axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    spent = lines["spent"]
    assert spent.get_ydata()[0] == 0  # type: ignore[index]
    assert spent.get_ydata()[-1] == pytest.approx(half["cost_usd"].sum())  # type: ignore[index]
    assert spent.get_xdata()[-1] == pytest.approx(forecast.now.timestamp())  # type: ignore[index]
    ahead = lines["at this pace"]
    assert (ahead.get_xdata()[0], ahead.get_ydata()[0]) == pytest.approx(  # type: ignore[index]
        (forecast.now.timestamp(), forecast.spent_usd)
    )
    assert forecast.ends is not None
    crossed = np.interp(forecast.ends.timestamp(), ahead.get_xdata(), ahead.get_ydata())  # type: ignore[arg-type]
    assert crossed == pytest.approx(budget_usd)
    assert lines[f"budget, {format_usd(budget_usd)}"].get_ydata()[0] == budget_usd  # type: ignore[index]
    assert legend(figure)[:3] == ["spent", "at this pace", "90% interval"]
    assert f"used up on {forecast.ends:%d %b, %H:%M} UTC" in " ".join(axes.get_title().split())
    assert axes.get_ylim()[0] == 0


def test_a_budget_without_a_forecast_or_used_up() -> None:
    plain = budget_over_time(CALLS, 1e6)
    assert legend(plain) == ["spent", "budget, 1,000,000.00 USD"]
    budget_usd = float(CALLS["cost_usd"].sum()) / 2
    gone = budget_over_time(CALLS, budget_usd, forecast=budget_forecast(CALLS, budget_usd))
    assert "at this pace" not in legend(gone)
    assert "used up" not in gone.axes[0].get_title()
    free = calls({"cost_usd": 0.0, "latency_s": 1.0}, {"cost_usd": 0.0})
    lasts = budget_over_time(free, 1.0, forecast=budget_forecast(free, 1.0))
    assert lasts.axes[0].get_title().endswith("at this pace the budget lasts")


def test_calls_after_a_forecast_show_how_good_it_was() -> None:
    half = CALLS.sort_values("started").head(len(CALLS) // 2)
    forecast = budget_forecast(half, 1.0, now=half["started"].max().floor("us").to_pydatetime())
    alone, checked = (
        next(line for line in figure.axes[0].lines if line.get_label() == "spent")
        for figure in (budget_over_time(CALLS, 1.0), budget_over_time(CALLS, 1.0, forecast=forecast))
    )
    assert list(checked.get_xdata()) == list(alone.get_xdata())  # type: ignore[arg-type]
    assert checked.get_xdata()[-1] > forecast.now.timestamp()  # type: ignore[index,operator]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0523, "0.052 s"),
        (0.523, "0.52 s"),
        (12.34, "12.3 s"),
        (523.4, "523 s"),
        (0.0, "0.00 s"),
        (np.nan, "none"),
    ],
)
def test_seconds_are_rounded_for_reading(value: float, written: str) -> None:
    assert format_value(value, "latency_s") == written


def test_other_units() -> None:
    assert format_value(13.2, "overhead_ms") == "13 ms"
    assert format_value(1.32, "overhead_ms") == "1.3 ms"
    assert format_value(0.5, "error_rate") == "0.50"
    assert [format_usd(value) for value in (0, 12.4, 1234.5, 0.0031, 0.000075)] == [
        "0 USD", "12.40 USD", "1,234.50 USD", "0.0031 USD", "0.000075 USD",
    ]  # fmt: skip
    assert [duration_text(seconds) for seconds in (0.5, 1, 300, 3600, 5400, 86400, 172800)] == [
        "0.5 seconds", "second", "5 minutes", "hour", "1.5 hours", "day", "2 days",
    ]  # fmt: skip
