"""Latency and cost of calls: bars per model, and a bar per stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway_kit.charts.elements import (
    bar_style,
    draw_bars,
    label_bars,
    label_with_n,
    legend_below,
    reserve_label_space,
    set_headline,
)
from gateway_kit.charts.figure import ChartFigure, empty_figure, new_figure
from gateway_kit.metrics.cost import cost_by
from gateway_kit.metrics.percentiles import latency_percentiles

if TYPE_CHECKING:
    import pandas as pd


def latency_and_cost(calls: pd.DataFrame, by: str = "model", *, percentile: float = 50) -> ChartFigure:
    """Two bars per model: a percentile of the latency in seconds, and the mean cost in USD per 1,000 calls.

    Args:
        calls: The call record. Failed calls are left out.
        by: A column of the record, or one that you added. The slowest group is at the top.
        percentile: Of the latency, 0 to 100.
    """
    answered = calls[calls["error"].isna()]
    figure, (left, right) = new_figure(ncols=2, height=_height(answered[by].nunique()))
    if answered.empty:
        return empty_figure(figure, "No successful call yet")
    column = f"latency_p{percentile:g}_s"
    table = latency_percentiles(answered, by, percentiles=(percentile,)).merge(
        cost_by(answered, by)[[by, "cost_per_call_usd"]]
    )
    table = table.sort_values(column, ascending=False, ignore_index=True)
    names = [label_with_n(name, n) for name, n in zip(table[by], table["calls"], strict=True)]
    label = "median latency" if percentile == 50 else f"p{percentile:g} of the latency"
    cost_usd = table["cost_per_call_usd"] * 1000
    draw_bars(left, names, list(table[column]), f"{label} in seconds", "{:.2f} s")
    draw_bars(right, names, list(cost_usd), "USD per 1,000 such calls", "{:.3f}")
    right.set_yticklabels([])  # as on the left
    set_headline(left, f"{table[by].iloc[-1]} is fastest")
    set_headline(right, f"{table[by].iloc[int(cost_usd.argmax())]} costs most")
    return figure


def time_to_first_token(calls: pd.DataFrame, *, title: str = "") -> ChartFigure:
    """A bar per streamed call, in seconds: the wait for the first token, and the rest of the answer.

    Args:
        calls: The call record. Failed calls and calls without a stream are left out.
        title: Replaces the headline.
    """
    streams = calls[calls["error"].isna() & calls["ttft_s"].notna()].sort_values("latency_s", ascending=False)
    figure, (axes,) = new_figure(height=_height(len(streams)) + 0.5)
    if streams.empty:
        return empty_figure(figure, "No stream yet")
    places = range(len(streams))
    waits_s = list(streams["ttft_s"])
    rests_s = list(streams["latency_s"] - streams["ttft_s"])
    axes.barh(places, waits_s, label="until the first token", **bar_style(1))
    rest = axes.barh(places, rests_s, left=waits_s, label="until the last token", **bar_style(0))
    labels = [f"{total:.2f} s" for total in streams["latency_s"]]
    label_bars(axes, rest, labels)
    axes.set_yticks(places, list(streams["model"]))
    reserve_label_space(axes, list(streams["latency_s"]), labels)
    axes.set_xlabel("seconds since the request")
    legend_below(axes)
    share = streams["ttft_s"].sum() / streams["latency_s"].sum() * 100
    set_headline(axes, title or f"The first token arrives after {share:.0f} % of the time")
    return figure


def _height(bars: int) -> float:
    return 1.4 + 0.42 * max(bars, 3)
