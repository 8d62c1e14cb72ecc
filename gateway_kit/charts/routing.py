"""Who answered: the share of each deployment, and its calls over time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from gateway_kit.charts.picture import Picture, colour_of, empty_picture, legend_below, new_figure, short_id

if TYPE_CHECKING:
    import pandas as pd


def traffic_share(runs: Mapping[str, pd.DataFrame], *, title: str = "") -> Picture:
    """A bar per run, divided by deployment: who answered what share of the calls, in percent.

    `runs` maps a name, such as the strategy in force, to the calls made under it.
    """
    counts = {name: _answered(calls)["deployment"].value_counts() for name, calls in runs.items()}
    figure, (axes,) = new_figure(height=1.6 + 0.5 * max(len(counts), 1))
    deployments = sorted({str(d) for count in counts.values() for d in count.index})
    if not deployments:
        return empty_picture(figure, "No answered call yet")
    places = range(len(counts))
    shares = {
        d: [float(c.get(d, 0)) / max(int(c.sum()), 1) * 100 for c in counts.values()] for d in deployments
    }
    left = [0.0] * len(counts)
    for index, (deployment, share) in enumerate(shares.items()):
        bars = axes.barh(places, share, left=left, color=colour_of(index), label=short_id(deployment))
        # A label in a sliver would run over its neighbours.
        labels = [f"{value:.0f} %" if value >= 5 else "" for value in share]
        axes.bar_label(bars, labels, label_type="center", fontsize=9, color="white")
        left = [a + b for a, b in zip(left, share, strict=True)]
    axes.set_yticks(places, [f"{name} (n={int(count.sum())})" for name, count in counts.items()])
    axes.invert_yaxis()  # the first run on top
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of the answered calls in percent")
    legend_below(axes, columns=4)
    axes.set_title(title or _widest(list(runs), shares), fontsize=11)
    return figure


def traffic_over_time(
    calls: pd.DataFrame, *, outage: tuple[datetime, datetime] | None = None, title: str = ""
) -> Picture:
    """A dot per call: when it was made (seconds since the first), which deployment answered, or that it failed.

    Calls answered only after a retry or a fallback are ringed; the time of an `outage` is shaded.
    """
    figure, (axes,) = new_figure()
    if calls.empty:
        return empty_picture(figure, "No call yet")
    ordered = calls.sort_values("started")
    begin = ordered["started"].min()
    since_s = (ordered["started"] - begin).dt.total_seconds()
    failed = ordered["error"].notna()
    lane = ordered["deployment"].fillna("unknown").mask(failed, "failed")
    names = sorted(set(lane) - {"failed"}, reverse=True)
    # The same order of colours as in `traffic_share`, so that a deployment keeps its colour.
    colours = {name: colour_of(index) for index, name in enumerate(reversed(names))}
    if failed.any():
        names.insert(0, "failed")
    if outage is not None:
        from_s, to_s = ((moment - begin).total_seconds() for moment in outage)
        axes.axvspan(from_s, to_s, color="#000000", alpha=0.1, lw=0, label="outage")
    for index, name in enumerate(names):
        here = lane == name
        colour, marker = ("#000000", "x") if name == "failed" else (colours[name], "o")
        axes.scatter(since_s[here], [index] * int(here.sum()), s=36, zorder=3, color=colour, marker=marker)
    rings = ((ordered["retries"].fillna(0) + ordered["fallbacks"].fillna(0)) > 0) & ~failed
    if rings.any():
        places = [names.index(name) for name in lane[rings]]
        label = "answered after a retry or fallback"
        axes.scatter(
            since_s[rings], places, facecolors="none", edgecolors="#000000", s=130, zorder=4, label=label
        )
    if outage is not None or rings.any():
        legend_below(axes)
    axes.set_yticks(
        range(len(names)), [f"{short_id(name)} (n={int((lane == name).sum())})" for name in names]
    )
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.set_xlabel("seconds since the first call")
    axes.grid(axis="x", alpha=0.3)
    answered = int((~failed).sum())
    axes.set_title(title or f"{answered} of {len(ordered)} calls were answered", fontsize=11)
    return figure


def _answered(calls: pd.DataFrame) -> pd.DataFrame:
    return calls[calls["error"].isna() & calls["deployment"].notna()]


def _widest(runs: list[str], shares: Mapping[str, list[float]]) -> str:
    """The finding of a traffic share: who answers most, or whose share changes most between the runs."""
    if len(runs) == 1:
        most = max(shares, key=lambda name: shares[name][0])
        return f"{short_id(most)} answered most: {shares[most][0]:.0f} % of the calls"
    name = max(shares, key=lambda d: max(shares[d]) - min(shares[d]))
    share = shares[name]
    high, low = share.index(max(share)), share.index(min(share))
    return (
        f"{short_id(name)} answers {share[high]:.0f} % with {runs[high]}, {share[low]:.0f} % with {runs[low]}"
    )
