"""Which deployments answered: their shares of the calls, and their calls over time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gateway_kit.charts.elements import (
    add_grid,
    bar_style,
    label_bars,
    label_with_n,
    legend_below,
    set_headline,
    short_id,
)
from gateway_kit.charts.figure import ChartFigure, empty_figure, new_figure
from gateway_kit.charts.headlines import failures_note
from gateway_kit.charts.palette import looks
from gateway_kit.charts.theme import MARKERS, THEME

if TYPE_CHECKING:
    import pandas as pd

# Percent: the label of a smaller part would cover its neighbours.
_LEAST_LABELLED = 6


def traffic_share(runs: Mapping[str, pd.DataFrame], *, title: str = "") -> ChartFigure:
    """A bar per run, divided by deployment: the share of the answered calls, in percent.

    Args:
        runs: Name of the run, such as the strategy in force → rows of `gateway.calls.frame()`. The headline names
            failed calls.
        title: Replaces the headline.
    """
    counts = {name: _answered(calls)["deployment"].value_counts() for name, calls in runs.items()}
    figure, (axes,) = new_figure(height=1.9 + 0.55 * max(len(counts), 1))
    deployments = sorted({str(d) for count in counts.values() for d in count.index})
    if not deployments:
        return empty_figure(figure, "No answered call yet")
    places = range(len(counts))
    shares = {
        d: [float(c.get(d, 0)) / max(int(c.sum()), 1) * 100 for c in counts.values()] for d in deployments
    }
    left = [0.0] * len(counts)
    styles = map(bar_style, looks([short_id(deployment) for deployment in deployments]))
    for (deployment, share), look in zip(shares.items(), styles, strict=True):
        bars = axes.barh(places, share, left=left, label=short_id(deployment), **look)
        label_bars(
            axes, bars, [f"{v:.0f} %" if v >= _LEAST_LABELLED else "" for v in share], inside=look["color"]
        )
        left = [a + b for a, b in zip(left, share, strict=True)]
    axes.set_yticks(places, [label_with_n(name, int(count.sum())) for name, count in counts.items()])
    axes.invert_yaxis()  # the first run at the top
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of the answered calls in percent")
    legend_below(axes, columns=4)
    failed = [int(calls["error"].notna().sum()) for calls in runs.values()]
    note = failures_note(list(runs), [len(calls) for calls in runs.values()], failed)
    set_headline(axes, title or _headline(list(runs), shares) + note)
    return figure


def traffic_over_time(
    calls: pd.DataFrame, *, outage: tuple[datetime, datetime] | None = None, title: str = ""
) -> ChartFigure:
    """A dot per call: when it began, in seconds since the first, and which deployment answered, or that it failed.

    A ring marks a call that was answered after a retry or a fallback.

    Args:
        calls: Rows of `gateway.calls.frame()`.
        outage: Begin and end of an outage, which is shaded.
        title: Replaces the headline.
    """
    lanes = calls["deployment"].nunique() + 1
    figure, (axes,) = new_figure(height=2.0 + 0.4 * max(lanes, 3))
    if calls.empty:
        return empty_figure(figure, "No call yet")
    ordered = calls.sort_values("started")
    begin = ordered["started"].min()
    since_s = (ordered["started"] - begin).dt.total_seconds()
    failed = ordered["error"].notna()
    lane = ordered["deployment"].fillna("unknown").mask(failed, "failed")
    names = sorted(set(lane) - {"failed"}, reverse=True)
    dots: dict[str, dict[str, Any]] = {
        name: {"color": THEME.colour(look.colour), "marker": MARKERS[look.pattern % len(MARKERS)]}
        for name, look in zip(names, looks([short_id(name) for name in names]), strict=True)
    }
    dots["failed"] = {"color": THEME.text, "marker": "x"}
    if failed.any():
        names.insert(0, "failed")
    if outage is not None:
        from_s, to_s = ((moment - begin).total_seconds() for moment in outage)
        axes.axvspan(from_s, to_s, color=THEME.text, alpha=0.12, lw=0, label="outage")
    for index, name in enumerate(names):
        here = lane == name
        axes.scatter(since_s[here], [index] * int(here.sum()), s=40, zorder=3, **dots[name])
    rings = ((ordered["retries"].fillna(0) + ordered["fallbacks"].fillna(0)) > 0) & ~failed
    if rings.any():
        places = [names.index(name) for name in lane[rings]]
        label = "answered after a retry or fallback"
        axes.scatter(
            since_s[rings], places, facecolors="none", edgecolors=THEME.text, s=150, zorder=4, label=label
        )
    if outage is not None or rings.any():
        legend_below(axes)
    labels = [label_with_n(short_id(name), int((lane == name).sum())) for name in names]
    axes.set_yticks(range(len(names)), labels)
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.set_xlabel("seconds since the first call")
    add_grid(axes, "x")
    answered = int((~failed).sum())
    set_headline(axes, title or f"{answered} of {len(ordered)} calls were answered")
    return figure


def _answered(calls: pd.DataFrame) -> pd.DataFrame:
    return calls[calls["error"].isna() & calls["deployment"].notna()]


def _headline(runs: list[str], shares: Mapping[str, list[float]]) -> str:
    """Which deployment answered most, or whose share differs most between the runs."""
    if len(runs) == 1:
        most = max(shares, key=lambda name: shares[name][0])
        return f"{short_id(most)} answered most: {shares[most][0]:.0f} % of the calls"
    name = max(shares, key=lambda d: max(shares[d]) - min(shares[d]))
    share = shares[name]
    high, low = share.index(max(share)), share.index(min(share))
    return (
        f"{short_id(name)} answers {share[high]:.0f} % with {runs[high]}, {share[low]:.0f} % with {runs[low]}"
    )
