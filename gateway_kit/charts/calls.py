"""Latency and cost of calls: bars per model, and a bar per stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway_kit.charts.elements import (
    bar_colours,
    bar_style,
    draw_bars,
    group_names,
    label_bars,
    label_with_n,
    legend_below,
    reserve_label_space,
    set_headline,
)
from gateway_kit.charts.figure import ChartFigure, empty_figure, new_figure
from gateway_kit.charts.headlines import enough, failures_note, too_few
from gateway_kit.metrics.cost import cost_by
from gateway_kit.metrics.percentiles import latency_percentiles
from gateway_kit.metrics.rates import failures_by

if TYPE_CHECKING:
    import pandas as pd


def latency_and_cost(calls: pd.DataFrame, by: str = "model", *, percentile: float = 50) -> ChartFigure:
    """Two bars per model: a percentile of the latency in seconds, and the mean cost in USD per 1,000 calls.

    Args:
        calls: The call record. Bars are of the answered calls; the headline names the failed ones.
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
    groups = group_names(table[by])
    names = [label_with_n(name, n) for name, n in zip(groups, table["calls"], strict=True)]
    label = "median latency" if percentile == 50 else f"p{percentile:g} of the latency"
    cost_usd, fill = table["cost_per_call_usd"] * 1000, bar_colours(groups, by)
    draw_bars(left, names, list(table[column]), f"{label} in seconds", "{:.2f} s", fill=fill)
    draw_bars(right, names, list(cost_usd), "USD per 1,000 such calls", "{:.3f}", fill=fill)
    right.set_yticklabels([])  # as on the left
    failures = failures_by(calls, by)
    note = failures_note(group_names(failures[by]), list(failures["calls"]), list(failures["failed"]))
    set_headline(left, _fastest(groups, table["calls"], percentile) + note)
    set_headline(right, _dearest(groups, table["calls"], list(cost_usd)))
    return figure


def _fastest(groups: list[str], calls: pd.Series[int], percentile: float) -> str:
    """Which group is fastest; the groups are sorted, the slowest first."""
    if len(groups) == 1:
        return f"{groups[0]} (n={calls.iloc[0]:,})"
    return (
        f"{groups[-1]} is fastest" if enough(percentile, calls) else too_few("which is fastest", percentile)
    )


def _dearest(groups: list[str], calls: pd.Series[int], cost_usd: list[float]) -> str:
    if not any(cost > 0 for cost in cost_usd):
        return "Nothing was charged"
    if len(groups) == 1:
        return "What it costs"
    # The mean cost of a few calls depends on how long their answers happened to be, as their median latency does.
    dearest = groups[
        max(range(len(groups)), key=lambda at: cost_usd[at] if cost_usd[at] == cost_usd[at] else -1.0)
    ]
    return f"{dearest} costs most" if enough(50, calls) else "Too few calls to tell which costs most"


def time_to_first_token(calls: pd.DataFrame, *, title: str = "") -> ChartFigure:
    """A bar per streamed call, in seconds: the wait for the first token, and the rest of the answer.

    Args:
        calls: The call record. Calls without a stream are left out; the headline names failed streams.
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
    broken = int((calls["error"].notna() & calls["stream"]).sum())
    note = failures_note(["streams"], [len(streams) + broken], [broken])
    set_headline(axes, title or f"The first token arrives after {share:.0f} % of the time{note}")
    return figure


def _height(bars: int) -> float:
    return 1.4 + 0.42 * max(bars, 3)
