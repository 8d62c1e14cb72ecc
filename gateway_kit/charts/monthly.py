"""What a month costs, by model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway_kit.charts.elements import label_bars, legend_below, reserve_label_space, set_headline
from gateway_kit.charts.figure import ChartFigure, empty_figure, new_figure
from gateway_kit.charts.palette import colours
from gateway_kit.charts.theme import HATCHES, THEME

if TYPE_CHECKING:
    import pandas as pd


def monthly_costs(costs: pd.DataFrame) -> ChartFigure:
    """A bar per model: US dollars a month, and what the cache saves.

    `costs` has the rows of `metrics.monthly_cost`. Models without traffic are left out.
    """
    shown = costs[costs["share"] > 0]
    figure, (axes,) = new_figure(height=1.7 + 0.45 * max(len(shown), 2))
    if shown.empty:
        return empty_figure(figure, "No traffic yet")
    places = range(len(shown))
    cost_usd, saved_usd = list(shown["cost_usd"]), list(shown["saved_usd"])
    # A model keeps its colour; the pattern says what is saved.
    cost: dict[str, Any] = {"color": colours(list(shown["model"])), "edgecolor": THEME.background, "lw": 0.8}
    bars = axes.barh(places, cost_usd, label="cost", **cost)
    if any(saved_usd):
        saved_look = {**cost, "alpha": 0.4, "hatch": HATCHES[1]}
        bars = axes.barh(places, saved_usd, left=cost_usd, label="saved by the cache", **saved_look)
    labels = [
        f"{cost:,.2f}" + (f" (saves {saved:,.2f})" if saved else "")
        for cost, saved in zip(cost_usd, saved_usd, strict=True)
    ]
    label_bars(axes, bars, labels)
    reserve_label_space(axes, [cost + saved for cost, saved in zip(cost_usd, saved_usd, strict=True)], labels)
    names = [f"{model} ({share:.0%})" for model, share in zip(shown["model"], shown["share"], strict=True)]
    axes.set_yticks(places, names)
    axes.invert_yaxis()  # in the order of the table
    axes.set_xlabel("US dollars a month (names: share of the calls)")
    legend_below(axes)
    set_headline(axes, _headline(shown))
    return figure


def _headline(shown: pd.DataFrame) -> str:
    total_usd = float(shown["cost_usd"].sum())
    if not total_usd:
        return "Nothing is charged"
    dearest = shown.sort_values("cost_usd").iloc[-1]
    part = dearest["cost_usd"] / total_usd
    shares = f"{dearest['model']} has {dearest['share']:.0%} of the calls and {part:.0%} of the cost"
    return f"{total_usd:,.2f} USD a month; {shares}"
