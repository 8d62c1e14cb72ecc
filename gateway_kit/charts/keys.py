"""What limits do to traffic, how a budget is spent, and who spent how much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gateway_kit.charts.elements import (
    bar_colours,
    bar_style,
    draw_bars,
    group_names,
    label_bars,
    label_with_n,
    legend_below,
    set_headline,
)
from gateway_kit.charts.figure import ChartFigure, empty_figure, new_figure
from gateway_kit.charts.headlines import failures_note
from gateway_kit.charts.theme import THEME
from gateway_kit.charts.units import format_money, format_usd, set_money_axis

if TYPE_CHECKING:
    import pandas as pd

_ANSWERED, _REFUSED, _OTHER = "answered", "refused by a limit or a budget", "failed otherwise"
_OUTCOMES = (_ANSWERED, _REFUSED, _OTHER)
_REFUSALS = (422, 429)


def limits_at_work(runs: Mapping[str, pd.DataFrame], *, title: str = "") -> ChartFigure:
    """A bar per run: how many of its calls were answered, and how many a limit or a budget refused.

    Args:
        runs: Name of the run, such as the limit in force → rows of `gateway.calls.frame()`.
        title: Replaces the headline.
    """
    figure, (axes,) = new_figure(height=1.9 + 0.5 * max(len(runs), 1))
    outcomes = {name: _outcomes(calls).value_counts() for name, calls in runs.items()}
    total = sum(int(count.sum()) for count in outcomes.values())
    if not total:
        return empty_figure(figure, "No call yet")
    places = range(len(outcomes))
    left = [0.0] * len(outcomes)
    for index, outcome in enumerate(_OUTCOMES):
        counts = [float(count.get(outcome, 0)) for count in outcomes.values()]
        if outcome == _OTHER and not any(counts):
            continue
        look = bar_style(index) | ({"color": THEME.text} if outcome == _OTHER else {})
        bars = axes.barh(places, counts, left=left, label=outcome, **look)
        label_bars(axes, bars, [f"{count:.0f}" if count else "" for count in counts], inside=look["color"])
        left = [a + b for a, b in zip(left, counts, strict=True)]
    axes.set_yticks(places, [label_with_n(name, int(count.sum())) for name, count in outcomes.items()])
    axes.invert_yaxis()  # the first run at the top
    axes.set_xlabel("calls")
    legend_below(axes, columns=3)
    refused = sum(int(count.get(_REFUSED, 0)) for count in outcomes.values())
    set_headline(axes, title or f"{refused} of {total} calls were refused")
    return figure


def budget_spent(calls: pd.DataFrame, max_budget_usd: float, *, title: str = "") -> ChartFigure:
    """A bar per call: what had been spent when it ended, in US dollars. A cross marks a refused call.

    Args:
        calls: Rows of `gateway.calls.frame()`, in the order in which they ended.
        max_budget_usd: The budget in US dollars, drawn as a line.
        title: Replaces the headline.
    """
    figure, (axes,) = new_figure(height=3.6)
    if calls.empty:
        return empty_figure(figure, "No call yet")
    refused = (_outcomes(calls) == _REFUSED).to_list()
    spent_usd = calls["cost_usd"].fillna(0.0).cumsum().to_list()
    numbers = range(1, len(calls) + 1)
    answered = [n for n, out in zip(numbers, refused, strict=True) if not out]
    crosses = [n for n, out in zip(numbers, refused, strict=True) if out]
    label = "spent after this call"
    axes.bar(answered, [spent_usd[n - 1] for n in answered], color=THEME.series[0], label=label)
    budget = f"budget, {format_usd(max_budget_usd)}"
    axes.axhline(max_budget_usd, color=THEME.series[1], lw=2, label=budget)
    if crosses:
        height = [max_budget_usd * 0.04] * len(crosses)
        axes.scatter(crosses, height, marker="x", color=THEME.text, label="refused", zorder=3)
    axes.set_ylim(0, max(max_budget_usd, spent_usd[-1]) * 1.15)
    axes.set_xticks(list(numbers) if len(numbers) <= 20 else [])
    axes.set_xlabel(f"call (n={len(calls)})")
    axes.set_ylabel(set_money_axis(axes.yaxis, axes.get_ylim()[1]))
    legend_below(axes, columns=3)
    over_usd = spent_usd[-1] - max_budget_usd
    share = f"{abs(over_usd) / max_budget_usd:.0%}"
    rest = f"{share} over the budget" if over_usd > 0 else f"{share} of the budget left"
    set_headline(axes, title or f"{len(answered)} call{'s' if len(answered) != 1 else ''} answered, {rest}")
    return figure


def spend_shares(report: pd.DataFrame, *, by: str = "", title: str = "") -> ChartFigure:
    """A bar per row of a spend report: US dollars, the highest at the top.

    Args:
        report: The report, such as one of `gateway.keys.reports`.
        by: The column with the names; by default the first one.
        title: Replaces the headline.
    """
    column = by or str(report.columns[0])
    figure, (axes,) = new_figure(height=1.4 + 0.42 * max(len(report), 2))
    if report.empty:
        return empty_figure(figure, "No spend yet")
    names = [label_with_n(name, n) for name, n in zip(report[column], report["requests"], strict=True)]
    spend_usd, top_usd = list(report["spend_usd"]), float(report["spend_usd"].max())
    amounts = [format_money(value_usd, top_usd) for value_usd in spend_usd]
    groups = group_names(report[column])
    draw_bars(axes, names, spend_usd, "", amounts, fill=bar_colours(groups, column))
    axes.set_xlabel(f"{set_money_axis(axes.xaxis, top_usd)} (n: requests)")
    axes.invert_yaxis()
    share = report["spend_usd"].iloc[0] / max(report["spend_usd"].sum(), 1e-18)
    failed = list(report["failed"]) if "failed" in report else []
    note = failures_note(groups, list(report["requests"]), failed) if failed else ""
    set_headline(axes, title or f"{groups[0]} spent {share:.0%} of the total{note}")
    return figure


def _outcomes(calls: pd.DataFrame) -> pd.Series[str]:
    """How each call ended, in the words of the legend."""
    refused = calls["status"].isin(_REFUSALS) & calls["error"].notna()
    answered = calls["error"].isna()
    return answered.map({True: _ANSWERED, False: _OTHER}).astype("string").mask(refused, _REFUSED)
