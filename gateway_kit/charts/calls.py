"""Latency and cost of calls: bars per model, and a bar per stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway_kit.charts.parts import (
    bar_of,
    draw_bars,
    label_bars,
    legend_below,
    named,
    room_for_labels,
    set_headline,
)
from gateway_kit.charts.picture import Picture, empty_picture, new_figure
from gateway_kit.charts.theme import LIGHT, Theme

if TYPE_CHECKING:
    import pandas as pd


def latency_and_cost(
    calls: pd.DataFrame, by: str = "model", *, percentile: float = 50, theme: Theme = LIGHT
) -> Picture:
    """Two bars per model side by side: a percentile of the latency (seconds) and the mean cost (USD per 1,000 calls).

    `calls` is the call record; `by` one of its columns, or one that you added. Slowest on top; failed calls are left
    out.
    """
    good = calls[calls["error"].isna()]
    figure, (left, right) = new_figure(ncols=2, height=_height(good[by].nunique()), theme=theme)
    if good.empty:
        return empty_picture(figure, "No successful call yet")
    groups = good.groupby(by, sort=False)
    latency_s = groups["latency_s"].quantile(percentile / 100).sort_values(ascending=False)
    cost = (groups["cost_usd"].mean() * 1000).reindex(latency_s.index)
    names = [named(name, groups.size()[name], theme) for name in latency_s.index]
    label = "median latency" if percentile == 50 else f"p{percentile:g} of the latency"
    draw_bars(left, names, list(latency_s), f"{label} in seconds", "{:.2f} s")
    draw_bars(right, names, list(cost), "USD per 1,000 such calls", "{:.3f}")
    if figure.columns > 1:
        right.set_yticklabels([])  # the names are there already
    set_headline(left, f"{latency_s.index[-1]} is fastest")
    set_headline(right, f"{cost.idxmax()} costs most")
    return figure


def time_to_first_token(calls: pd.DataFrame, *, title: str = "", theme: Theme = LIGHT) -> Picture:
    """A bar per streamed call, in seconds: the wait for the first piece of text, and the rest of the answer."""
    streams = calls[calls["error"].isna() & calls["ttft_s"].notna()].sort_values("latency_s", ascending=False)
    figure, (axes,) = new_figure(height=_height(len(streams)) + 0.5, theme=theme)
    if streams.empty:
        return empty_picture(figure, "No stream yet")
    places = range(len(streams))
    waits_s = list(streams["ttft_s"])
    rests_s = list(streams["latency_s"] - streams["ttft_s"])
    axes.barh(places, waits_s, label="until the first piece of text", **bar_of(theme, 1))
    rest = axes.barh(places, rests_s, left=waits_s, label="until the last", **bar_of(theme, 0))
    labels = [f"{total:.2f} s" for total in streams["latency_s"]]
    label_bars(axes, rest, labels)
    axes.set_yticks(places, list(streams["model"]))
    room_for_labels(axes, list(streams["latency_s"]), labels)
    axes.set_xlabel("seconds since the request")
    legend_below(axes)
    share = streams["ttft_s"].sum() / streams["latency_s"].sum() * 100
    set_headline(axes, title or f"The first words are there after {share:.0f} % of the time")
    return figure


def _height(bars: int) -> float:
    return 1.4 + 0.42 * max(bars, 3)
