"""Latency and cost of calls: bars per model, and a bar per stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway_kit.charts.picture import PALETTE, Picture, draw_bars, empty_picture, legend_below, new_figure

if TYPE_CHECKING:
    import pandas as pd


def latency_and_cost(calls: pd.DataFrame) -> Picture:
    """Two bars per model side by side: median latency (seconds) and mean cost per call (USD per 1,000 calls)."""
    good = calls[calls["error"].isna()]
    figure, (left, right) = new_figure(ncols=2)
    if good.empty:
        return empty_picture(figure, "No successful call yet")
    by_model = good.groupby("model", sort=False)
    latency_s = by_model["latency_s"].median().sort_values(ascending=False)
    cost = (by_model["cost_usd"].mean() * 1000).reindex(latency_s.index)
    names = [f"{name} (n={by_model.size()[name]})" for name in latency_s.index]
    draw_bars(left, names, list(latency_s), "median latency in seconds", "{:.2f} s")
    draw_bars(right, names, list(cost), "USD per 1,000 such calls", "{:.3f}")
    right.set_yticklabels([])
    left.set_title(f"{latency_s.index[-1]} is fastest", fontsize=11)
    right.set_title(f"{cost.idxmax()} costs most", fontsize=11)
    return figure


def time_to_first_token(calls: pd.DataFrame, *, title: str = "") -> Picture:
    """A bar per streamed call, in seconds: the wait for the first piece of text, and the rest of the answer."""
    streams = calls[calls["error"].isna() & calls["ttft_s"].notna()].sort_values("latency_s", ascending=False)
    figure, (axes,) = new_figure()
    if streams.empty:
        return empty_picture(figure, "No stream yet")
    places = range(len(streams))
    waits_s = list(streams["ttft_s"])
    rests_s = list(streams["latency_s"] - streams["ttft_s"])
    axes.barh(places, waits_s, color=PALETTE[1], label="until the first piece of text")
    rest = axes.barh(places, rests_s, left=waits_s, color=PALETTE[5], label="until the last")
    axes.bar_label(rest, [f"{total:.2f} s" for total in streams["latency_s"]], padding=4, fontsize=9)
    axes.set_yticks(places, list(streams["model"]))
    axes.set_xlim(0, streams["latency_s"].max() * 1.15)
    axes.set_xlabel("seconds since the request")
    legend_below(axes)
    share = streams["ttft_s"].sum() / streams["latency_s"].sum() * 100
    axes.set_title(title or f"The first words are there after {share:.0f} % of the time", fontsize=11)
    return figure
