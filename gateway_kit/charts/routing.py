"""Who answered: the share of each deployment, and its calls over time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gateway_kit.charts.parts import bar_of, grid, label_bars, legend_below, named, set_headline, short_id
from gateway_kit.charts.picture import Picture, empty_picture, new_figure
from gateway_kit.charts.theme import LIGHT, MARKERS, Theme

if TYPE_CHECKING:
    import pandas as pd


def traffic_share(runs: Mapping[str, pd.DataFrame], *, title: str = "", theme: Theme = LIGHT) -> Picture:
    """A bar per run, divided by deployment: who answered what share of the calls, in percent.

    `runs` maps a name, such as the strategy in force, to the calls made under it.
    """
    counts = {name: _answered(calls)["deployment"].value_counts() for name, calls in runs.items()}
    figure, (axes,) = new_figure(height=1.9 + 0.55 * max(len(counts), 1), theme=theme)
    deployments = sorted({str(d) for count in counts.values() for d in count.index})
    if not deployments:
        return empty_picture(figure, "No answered call yet")
    places = range(len(counts))
    shares = {
        d: [float(c.get(d, 0)) / max(int(c.sum()), 1) * 100 for c in counts.values()] for d in deployments
    }
    left = [0.0] * len(counts)
    for index, (deployment, share) in enumerate(shares.items()):
        look = bar_of(theme, index)
        bars = axes.barh(places, share, left=left, label=short_id(deployment), **look)
        # A label in a sliver would run over its neighbours.
        least = 16 if theme.is_narrow else 6
        label_bars(axes, bars, [f"{v:.0f} %" if v >= least else "" for v in share], inside=look["color"])
        left = [a + b for a, b in zip(left, share, strict=True)]
    axes.set_yticks(places, [named(name, int(count.sum()), theme) for name, count in counts.items()])
    axes.invert_yaxis()  # the first run on top
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of the answered calls in percent")
    legend_below(axes, columns=4)
    set_headline(axes, title or _widest(list(runs), shares))
    return figure


def traffic_over_time(
    calls: pd.DataFrame,
    *,
    outage: tuple[datetime, datetime] | None = None,
    title: str = "",
    theme: Theme = LIGHT,
) -> Picture:
    """A dot per call: when it was made (seconds since the first), which deployment answered, or that it failed.

    Calls answered only after a retry or a fallback are ringed; the time of an `outage` is shaded.
    """
    lanes = calls["deployment"].nunique() + 1
    figure, (axes,) = new_figure(height=2.0 + 0.4 * max(lanes, 3), theme=theme)
    if calls.empty:
        return empty_picture(figure, "No call yet")
    ordered = calls.sort_values("started")
    begin = ordered["started"].min()
    since_s = (ordered["started"] - begin).dt.total_seconds()
    failed = ordered["error"].notna()
    lane = ordered["deployment"].fillna("unknown").mask(failed, "failed")
    names = sorted(set(lane) - {"failed"}, reverse=True)
    # The same order of colours as in `traffic_share`, so that a deployment keeps its colour.
    looks: dict[str, dict[str, Any]] = {
        name: {"color": theme.colour(index), "marker": MARKERS[index % len(MARKERS)]}
        for index, name in enumerate(reversed(names))
    }
    looks["failed"] = {"color": theme.ink, "marker": "x"}
    if failed.any():
        names.insert(0, "failed")
    if outage is not None:
        from_s, to_s = ((moment - begin).total_seconds() for moment in outage)
        axes.axvspan(from_s, to_s, color=theme.ink, alpha=0.12, lw=0, label="outage")
    for index, name in enumerate(names):
        here = lane == name
        axes.scatter(since_s[here], [index] * int(here.sum()), s=40, zorder=3, **looks[name])
    rings = ((ordered["retries"].fillna(0) + ordered["fallbacks"].fillna(0)) > 0) & ~failed
    if rings.any():
        places = [names.index(name) for name in lane[rings]]
        label = "answered after a retry or fallback"
        axes.scatter(
            since_s[rings], places, facecolors="none", edgecolors=theme.ink, s=150, zorder=4, label=label
        )
    if outage is not None or rings.any():
        legend_below(axes)
    labels = [named(short_id(name), int((lane == name).sum()), theme) for name in names]
    axes.set_yticks(range(len(names)), labels)
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.set_xlabel("seconds since the first call")
    grid(axes, "x")
    answered = int((~failed).sum())
    set_headline(axes, title or f"{answered} of {len(ordered)} calls were answered")
    return figure


def _answered(calls: pd.DataFrame) -> pd.DataFrame:
    return calls[calls["error"].isna() & calls["deployment"].notna()]


def _widest(runs: list[str], shares: Mapping[str, list[float]]) -> str:
    """The headline of a traffic share: who answers most, or whose share changes most between the runs."""
    if len(runs) == 1:
        most = max(shares, key=lambda name: shares[name][0])
        return f"{short_id(most)} answered most: {shares[most][0]:.0f} % of the calls"
    name = max(shares, key=lambda d: max(shares[d]) - min(shares[d]))
    share = shares[name]
    high, low = share.index(max(share)), share.index(min(share))
    return (
        f"{short_id(name)} answers {share[high]:.0f} % with {runs[high]}, {share[low]:.0f} % with {runs[low]}"
    )
