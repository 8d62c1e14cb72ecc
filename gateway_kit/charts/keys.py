"""What limits do to traffic, how a budget is spent, and who spent how much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gateway_kit.charts.measures import money, money_axis, usd
from gateway_kit.charts.parts import bar_of, draw_bars, label_bars, legend_below, named, set_headline
from gateway_kit.charts.picture import Picture, empty_picture, new_figure
from gateway_kit.charts.theme import LIGHT, Theme

if TYPE_CHECKING:
    import pandas as pd

_ANSWERED, _REFUSED, _OTHER = "answered", "refused by a limit or a budget", "failed otherwise"
_ENDS = (_ANSWERED, _REFUSED, _OTHER)
_REFUSALS = (422, 429)


def limits_at_work(runs: Mapping[str, pd.DataFrame], *, title: str = "", theme: Theme = LIGHT) -> Picture:
    """A bar per run: how many of its calls were answered, and how many a limit or a budget refused.

    `runs` maps a name, such as the limit in force, to rows of `gateway.calls.frame()`.
    """
    figure, (axes,) = new_figure(height=1.9 + 0.5 * max(len(runs), 1), theme=theme)
    ends = {name: _ends(calls).value_counts() for name, calls in runs.items()}
    total = sum(int(count.sum()) for count in ends.values())
    if not total:
        return empty_picture(figure, "No call yet")
    places = range(len(ends))
    left = [0.0] * len(ends)
    for index, end in enumerate(_ENDS):
        counts = [float(count.get(end, 0)) for count in ends.values()]
        if end == _OTHER and not any(counts):
            continue
        look = bar_of(theme, index) | ({"color": theme.ink} if end == _OTHER else {})
        bars = axes.barh(places, counts, left=left, label=end, **look)
        label_bars(axes, bars, [f"{count:.0f}" if count else "" for count in counts], inside=look["color"])
        left = [a + b for a, b in zip(left, counts, strict=True)]
    axes.set_yticks(places, [named(name, int(count.sum()), theme) for name, count in ends.items()])
    axes.invert_yaxis()  # the first run on top
    axes.set_xlabel("calls")
    legend_below(axes, columns=3)
    refused = sum(int(count.get(_REFUSED, 0)) for count in ends.values())
    set_headline(axes, title or f"{refused} of {total} calls were refused")
    return figure


def budget_spent(
    calls: pd.DataFrame, max_budget_usd: float, *, title: str = "", theme: Theme = LIGHT
) -> Picture:
    """A bar per call, in the order in which they ended: what had been spent by then, in US dollars.

    The line is the budget; a cross is a call that was refused. `calls` are rows of `gateway.calls.frame()`.
    """
    figure, (axes,) = new_figure(height=3.6, theme=theme)
    if calls.empty:
        return empty_picture(figure, "No call yet")
    refused = (_ends(calls) == _REFUSED).to_list()
    spent_usd = calls["cost_usd"].fillna(0.0).cumsum().to_list()
    numbers = range(1, len(calls) + 1)
    answered = [n for n, out in zip(numbers, refused, strict=True) if not out]
    crosses = [n for n, out in zip(numbers, refused, strict=True) if out]
    axes.bar(
        answered, [spent_usd[n - 1] for n in answered], color=theme.series[0], label="spent after this call"
    )
    axes.axhline(max_budget_usd, color=theme.series[1], lw=2, label=f"the budget, {usd(max_budget_usd)}")
    if crosses:
        axes.scatter(
            crosses,
            [max_budget_usd * 0.04] * len(crosses),
            marker="x",
            color=theme.ink,
            label="refused",
            zorder=3,
        )
    axes.set_ylim(0, max(max_budget_usd, spent_usd[-1]) * 1.15)
    axes.set_xticks(list(numbers) if len(numbers) <= 20 else [])
    axes.set_xlabel(f"call (n={len(calls)})")
    axes.set_ylabel(money_axis(axes.yaxis, axes.get_ylim()[1]))
    legend_below(axes, columns=3)
    over_usd = spent_usd[-1] - max_budget_usd
    found = f"{abs(over_usd) / max_budget_usd:.0%} of it {'too much' if over_usd > 0 else 'left'}"
    set_headline(axes, title or f"{len(answered)} calls answered, then no more: {found}")
    return figure


def spend_shares(report: pd.DataFrame, *, by: str = "", title: str = "", theme: Theme = LIGHT) -> Picture:
    """A bar per row of a spend report: US dollars. `by` is the column with the names, by default the first one."""
    column = by or str(report.columns[0])
    figure, (axes,) = new_figure(height=1.4 + 0.42 * max(len(report), 2), theme=theme)
    if report.empty:
        return empty_picture(figure, "No spend yet")
    names = [named(name, n, theme) for name, n in zip(report[column], report["requests"], strict=True)]
    spend_usd, top_usd = list(report["spend_usd"]), float(report["spend_usd"].max())
    draw_bars(axes, names, spend_usd, "", [money(value_usd, top_usd) for value_usd in spend_usd])
    axes.set_xlabel(f"{money_axis(axes.xaxis, top_usd)} (n: requests)")
    axes.invert_yaxis()  # dearest on top
    share = report["spend_usd"].iloc[0] / max(report["spend_usd"].sum(), 1e-18)
    set_headline(axes, title or f"{report[column].fillna('none').iloc[0]} spent {share:.0%} of these")
    return figure


def _ends(calls: pd.DataFrame) -> pd.Series[str]:
    """How each call ended, in the words of the legend."""
    refused = calls["status"].isin(_REFUSALS) & calls["error"].notna()
    return (
        calls["error"].isna().map({True: _ANSWERED, False: _OTHER}).astype("string").mask(refused, _REFUSED)
    )
