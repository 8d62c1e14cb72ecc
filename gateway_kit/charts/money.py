"""What calls cost, by model, key, team or tag; and spending against a budget, with a forecast."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gateway_kit.charts.elements import (
    add_grid,
    bar_colours,
    draw_bars,
    group_labels,
    label_with_n,
    legend_below,
    omitted_note,
    set_headline,
)
from gateway_kit.charts.figure import ChartFigure, empty_figure, new_figure
from gateway_kit.charts.headlines import failures_note
from gateway_kit.charts.theme import THEME
from gateway_kit.charts.times import epoch_seconds, set_time_axis
from gateway_kit.charts.units import format_money, format_usd, set_money_axis
from gateway_kit.metrics.buckets import nice_width
from gateway_kit.metrics.budget import BudgetForecast, budget_burn_down
from gateway_kit.metrics.calls import normalize_calls
from gateway_kit.metrics.cost import cost_by
from gateway_kit.metrics.rates import failures_by

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_BARS = 12


def cost_breakdown(calls: pd.DataFrame, by: str = "model", *, title: str = "") -> ChartFigure:
    """A bar per model, key, team, user or tag: US dollars, the highest cost at the top.

    Args:
        calls: Whatever `metrics.normalize_calls` takes.
        by: What `metrics.cost_by` takes. By tag, a call counts once for each of its tags.
        title: Replaces the headline.
    """
    table = cost_by(calls, by)
    shown = table.head(_MOST_BARS)
    figure, (axes,) = new_figure(height=1.4 + 0.42 * max(len(shown), 2))
    if table.empty:
        return empty_figure(figure, "No call yet")
    names = group_labels(shown[by])
    labels = [label_with_n(name, n) for name, n in zip(names, shown["calls"], strict=True)]
    costs_usd, top_usd = list(shown["cost_usd"]), float(shown["cost_usd"].max())
    amounts = [format_money(cost_usd, top_usd) for cost_usd in costs_usd]
    draw_bars(axes, labels, costs_usd, "", amounts, fill=bar_colours(names, by))
    axes.set_xlabel(f"{set_money_axis(axes.xaxis, top_usd)} (n: calls)")
    axes.invert_yaxis()
    first = shown.iloc[0]
    headline = (
        f"{names[0]} costs {first['share']:.0%} of the total" if first["cost_usd"] else "Nothing was charged"
    )
    failures = failures_by(calls, by)
    note = failures_note(group_labels(failures[by]), list(failures["calls"]), list(failures["failed"]))
    set_headline(axes, title or headline + note + omitted_note(len(table), _MOST_BARS))
    return figure


def budget_over_time(
    calls: pd.DataFrame,
    budget_usd: float,
    *,
    forecast: BudgetForecast | None = None,
    over: timedelta | str | None = None,
    title: str = "",
) -> ChartFigure:
    """Spending over time in US dollars, the budget, and where a forecast expects spending to go.

    Args:
        calls: The calls since the budget was last reset, as `metrics.normalize_calls` takes them.
        budget_usd: The budget in US dollars.
        forecast: `metrics.budget_forecast(calls, budget_usd)`. The band is its confidence interval.
        over: The resolution, such as "5min". By default at most 60 intervals.
        title: Replaces the headline.
    """
    calls = normalize_calls(calls)
    width = over or nice_width(calls["started"])
    table = budget_burn_down(calls, budget_usd, over=width)
    figure, (axes,) = new_figure(height=4.2)
    if table.empty:
        return empty_figure(figure, "No call yet")
    width_s = pd.Timedelta(width).total_seconds()
    begins_s = epoch_seconds(table["time"])
    times_s, spent_usd = np.append(begins_s, begins_s[-1] + width_s), np.append(0.0, table["spent_usd"])
    if forecast is not None and forecast.now.timestamp() > begins_s[-1]:
        # The last interval may not be over yet. Calls after `now` show how good the forecast was.
        times_s[-1] = min(forecast.now.timestamp(), times_s[-1])
    axes.plot(times_s, spent_usd, color=THEME.series[0], lw=2.5, label="spent")
    last_s = times_s[-1] if forecast is None else _draw_forecast(axes, forecast, begins_s[0])
    axes.axhline(budget_usd, color=THEME.series[1], lw=2, ls="--", label=f"budget, {format_usd(budget_usd)}")
    set_time_axis(axes, begins_s[0], max(last_s, times_s[-1]))
    axes.set_ylim(0, max(budget_usd, float(spent_usd[-1]), 1e-12) * 1.2)
    axes.set_ylabel(set_money_axis(axes.yaxis, axes.get_ylim()[1]))
    add_grid(axes)
    legend_below(axes, columns=4)
    set_headline(axes, title or _headline(table, budget_usd, forecast))
    return figure


def _draw_forecast(axes: Axes, forecast: BudgetForecast, begin_s: float) -> float:
    """Draw the forecast's line and band; returns where they end, in seconds since 1970."""
    now_s = forecast.now.timestamp()
    past_s = max(now_s - begin_s, 1.0)
    ends = [end.timestamp() for end in (forecast.ends_late, forecast.ends) if end is not None]
    # No further ahead than this, or the past would be squeezed into the left edge.
    ahead_s = min(max((ends[0] - now_s) * 1.1, past_s * 0.3), past_s * 3) if ends else past_s
    if forecast.left_usd <= 0:
        return now_s
    line = forecast.line(forecast.now + timedelta(seconds=ahead_s))
    times_s, colour = epoch_seconds(line["time"]), THEME.series[0]
    axes.plot(times_s, line["spent_usd"], color=colour, lw=2, ls=":", label="at this pace")
    band = f"{forecast.confidence:.0%} interval"
    axes.fill_between(times_s, line["low_usd"], line["high_usd"], color=colour, alpha=0.18, lw=0, label=band)
    return float(times_s[-1])


def _headline(table: pd.DataFrame, budget_usd: float, forecast: BudgetForecast | None) -> str:
    spent_usd, n = float(table["spent_usd"].iloc[-1]), int(table["calls"].sum())
    headline = f"{format_usd(spent_usd)} of {format_usd(budget_usd)} spent (n={n:,})"
    if spent_usd >= budget_usd or forecast is None:
        return headline
    if forecast.ends is None:
        return f"{headline}; at this pace the budget lasts"
    return f"{headline}; at this pace used up on {forecast.ends:%d %b, %H:%M} UTC"
