"""What limits do to traffic, how a budget is spent, and who spent how much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gateway_kit.charts.picture import (
    PALETTE,
    Picture,
    draw_bars,
    empty_picture,
    legend_below,
    new_figure,
)

if TYPE_CHECKING:
    import pandas as pd

_ANSWERED, _REFUSED, _OTHER = "answered", "refused by a limit or a budget", "failed otherwise"
_COLOURS = {_ANSWERED: PALETTE[0], _REFUSED: PALETTE[1], _OTHER: PALETTE[7]}
_REFUSALS = (422, 429)


def limits_at_work(runs: Mapping[str, pd.DataFrame], *, title: str = "") -> Picture:
    """A bar per run: how many of its calls were answered, and how many a limit or a budget refused.

    `runs` maps a name, such as the limit in force, to rows of `gateway.calls.frame()`.
    """
    figure, (axes,) = new_figure(height=1.6 + 0.45 * max(len(runs), 1))
    ends = {name: _ends(calls).value_counts() for name, calls in runs.items()}
    total = sum(int(count.sum()) for count in ends.values())
    if not total:
        return empty_picture(figure, "No call yet")
    places = range(len(ends))
    left = [0.0] * len(ends)
    for end, colour in _COLOURS.items():
        counts = [float(count.get(end, 0)) for count in ends.values()]
        if end == _OTHER and not any(counts):
            continue
        bars = axes.barh(places, counts, left=left, color=colour, label=end)
        labels = [f"{count:.0f}" if count else "" for count in counts]
        axes.bar_label(bars, labels, label_type="center", fontsize=9, color="white")
        left = [a + b for a, b in zip(left, counts, strict=True)]
    axes.set_yticks(places, [f"{name} (n={int(count.sum())})" for name, count in ends.items()])
    axes.invert_yaxis()  # the first run on top
    axes.set_xlabel("calls")
    legend_below(axes, columns=3)
    refused = sum(int(count.get(_REFUSED, 0)) for count in ends.values())
    axes.set_title(title or f"{refused} of {total} calls were refused", fontsize=11)
    return figure


def budget_spent(calls: pd.DataFrame, max_budget_usd: float, *, title: str = "") -> Picture:
    """A bar per call, in the order in which they ended: what had been spent by then, in US dollars.

    The line is the budget; a cross is a call that was refused. `calls` are rows of `gateway.calls.frame()`.
    """
    figure, (axes,) = new_figure()
    if calls.empty:
        return empty_picture(figure, "No call yet")
    refused = (_ends(calls) == _REFUSED).to_list()
    spent_usd = calls["cost_usd"].fillna(0.0).cumsum().to_list()
    numbers = range(1, len(calls) + 1)
    answered = [n for n, out in zip(numbers, refused, strict=True) if not out]
    crosses = [n for n, out in zip(numbers, refused, strict=True) if out]
    axes.bar(answered, [spent_usd[n - 1] for n in answered], color=PALETTE[0], label="spent after this call")
    axes.axhline(max_budget_usd, color=PALETTE[1], lw=1.5, label=f"the budget, {max_budget_usd:.6g} USD")
    if crosses:
        axes.scatter(
            crosses,
            [max_budget_usd * 0.04] * len(crosses),
            marker="x",
            color=PALETTE[7],
            label="refused",
            zorder=3,
        )
    axes.set_ylim(0, max(max_budget_usd, spent_usd[-1]) * 1.15)
    axes.set_xticks(list(numbers) if len(numbers) <= 20 else [])
    axes.set_xlabel(f"call (n={len(calls)})")
    axes.set_ylabel("US dollars")
    legend_below(axes, columns=3)
    over_usd = spent_usd[-1] - max_budget_usd
    found = f"{abs(over_usd) / max_budget_usd:.0%} of it {'too much' if over_usd > 0 else 'left'}"
    axes.set_title(title or f"{len(answered)} calls answered, then no more: {found}", fontsize=11)
    return figure


def spend_shares(report: pd.DataFrame, *, by: str = "", title: str = "") -> Picture:
    """A bar per row of a spend report: US dollars. `by` is the column with the names, by default the first one."""
    column = by or str(report.columns[0])
    figure, (axes,) = new_figure(height=1.4 + 0.4 * max(len(report), 2))
    if report.empty:
        return empty_picture(figure, "No spend yet")
    names = [
        f"{name} (n={requests})"
        for name, requests in zip(report[column].fillna("none"), report["requests"], strict=True)
    ]
    draw_bars(axes, names, list(report["spend_usd"]), "US dollars (n: requests)", "{:.6f}")
    axes.invert_yaxis()  # dearest on top
    share = report["spend_usd"].iloc[0] / max(report["spend_usd"].sum(), 1e-18)
    axes.set_title(
        title or f"{report[column].fillna('none').iloc[0]} spent {share:.0%} of these", fontsize=11
    )
    return figure


def _ends(calls: pd.DataFrame) -> pd.Series[str]:
    """How each call ended, in the words of the legend."""
    refused = calls["status"].isin(_REFUSALS) & calls["error"].notna()
    return (
        calls["error"].isna().map({True: _ANSWERED, False: _OTHER}).astype("string").mask(refused, _REFUSED)
    )
