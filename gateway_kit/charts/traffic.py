"""Tokens in and out, and what the cache answered, over time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gateway_kit.charts.money import length
from gateway_kit.charts.parts import (
    bar_of,
    grid,
    group_names,
    label_bars,
    legend_below,
    named,
    room_for_labels,
    set_headline,
)
from gateway_kit.charts.picture import Picture, empty_picture, new_figure, picture_of
from gateway_kit.charts.theme import LIGHT, Theme
from gateway_kit.charts.times import moment, seconds_of, time_axis
from gateway_kit.metrics import nice_width, normalize_calls, outcome_rates, traffic_rates

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_BARS = 12
_KINDS = {
    "prompt_tokens": "in (prompts)",
    "completion_tokens": "out (answers)",
    "cached_tokens": "from the cache, at no cost",
}


def tokens_in_and_out(
    calls: pd.DataFrame, by: str = "model", *, title: str = "", theme: Theme = LIGHT
) -> Picture:
    """A bar per model (or key, team, …): tokens that providers read and wrote, and those out of the cache.

    `calls` is what `metrics.normalize_calls` takes; `by` is what `metrics.traffic_rates` takes.
    """
    table = traffic_rates(calls, by)
    table = table.assign(tokens=table[list(_KINDS)].sum(axis=1)).sort_values(
        "tokens", ascending=False, kind="stable", ignore_index=True
    )
    shown = table.head(_MOST_BARS)
    figure, (axes,) = new_figure(height=1.7 + 0.45 * max(len(shown), 2), theme=theme)
    if not shown["tokens"].sum():
        return empty_picture(figure, "No tokens yet")
    left = np.zeros(len(shown))
    for index, (kind, label) in enumerate(_KINDS.items()):
        if shown[kind].any():
            bars = axes.barh(range(len(shown)), shown[kind], left=left, label=label, **bar_of(theme, index))
            left += shown[kind].to_numpy()
    labels = [f"{total:,.0f}" for total in left]
    label_bars(axes, bars, labels)
    names = group_names(shown[by])
    axes.set_yticks(
        range(len(shown)), [named(name, n, theme) for name, n in zip(names, shown["calls"], strict=True)]
    )
    axes.invert_yaxis()
    room_for_labels(axes, list(left), labels)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.locator_params(axis="x", nbins=4 if theme.is_narrow else 7)
    axes.set_xlabel("tokens (n: calls)")
    legend_below(axes, columns=3)
    paid = table[["prompt_tokens", "completion_tokens"]].sum()
    part = paid["completion_tokens"] / max(paid.sum(), 1)
    set_headline(axes, title or f"{part:.0%} of the tokens that are paid for are answers")
    return figure


def tokens_over_time(
    calls: pd.DataFrame, *, over: timedelta | str | None = None, title: str = "", theme: Theme = LIGHT
) -> Picture:
    """Bars up for tokens in (prompts) and down for tokens out (answers), interval by interval; tokens a second.

    What the cache answered does not count. `over` is the intervals' length, by default a usual one that makes at most
    60.
    """
    calls = normalize_calls(calls)
    width = over or nice_width(calls["started"])
    table = traffic_rates(calls, over=width)
    figure, (axes,) = new_figure(height=3.8, theme=theme)
    if not table[["prompt_tokens", "completion_tokens"]].sum(axis=None):
        return empty_picture(figure, "No tokens yet")
    width_s = pd.Timedelta(width).total_seconds()
    begins_s = seconds_of(table["time"])
    for index, (kind, sign) in enumerate((("prompt_tokens", 1), ("completion_tokens", -1))):
        look = bar_of(theme, index) | ({"hatch": "", "lw": 0} if len(table) > 30 else {})
        axes.bar(
            begins_s, sign * table[kind] / width_s, width=width_s, align="edge", label=_KINDS[kind], **look
        )
    axes.axhline(0, color=theme.ink, lw=1)
    time_axis(axes, begins_s[0], begins_s[-1] + width_s)
    axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):,g}")  # down is a direction, not a debt
    axes.set_ylabel("tokens a second")
    grid(axes)
    legend_below(axes, columns=2)
    busiest = int(table["tokens_per_s"].argmax())
    when, n = moment(table["time"].iloc[busiest], table["time"]), int(table["calls"].sum())
    found = f"Most at {when}: {table['tokens_per_s'].iloc[busiest]:,.0f} tokens a second (n={n:,} calls)"
    set_headline(axes, title or found)
    return figure


def hit_rate_over_time(
    calls: pd.DataFrame, *, over: timedelta | str | None = None, title: str = "", theme: Theme = LIGHT
) -> Picture:
    """A line: which share of the answered calls the cache answered, interval by interval, in percent.

    The size of a dot is the number of calls. A gap is an interval without an answered call. `over` is the intervals'
    length, by default a usual one that makes at most 60. How the rate of a short series of calls settles shows
    `hit_rate_over_calls`.
    """
    calls = normalize_calls(calls)
    width = over or nice_width(calls["started"])
    table = outcome_rates(calls, over=width)
    figure, (axes,) = new_figure(height=3.6, theme=theme)
    if not (table["calls"] - table["failed"]).sum():
        return empty_picture(figure, "No answered call yet")
    found = draw_hit_rate_over_time(axes, table, width)
    set_headline(axes, title or found)
    return figure


def draw_hit_rate_over_time(axes: Axes, table: pd.DataFrame, width: timedelta | str) -> str:
    """The line of `outcome_rates` with `over`; returns the headline."""
    theme, width_s = picture_of(axes).theme, pd.Timedelta(width).total_seconds()
    middle_s = seconds_of(table["time"]) + width_s / 2
    answered = (table["calls"] - table["failed"]).to_numpy("float64")
    axes.plot(middle_s, table["hit_rate"] * 100, color=theme.series[0], lw=2)
    axes.scatter(
        middle_s, table["hit_rate"] * 100, s=6 + 40 * answered / max(answered.max(), 1), color=theme.series[0]
    )
    mean = float(table["hits"].sum() / answered.sum())
    axes.axhline(mean * 100, color=theme.faint, lw=1.2, ls="--")
    time_axis(axes, middle_s[0] - width_s / 2, middle_s[-1] + width_s / 2)
    axes.set_ylim(0, 103)
    axes.set_yticks(range(0, 101, 25))
    axes.set_ylabel(f"from the cache, percent\nper {length(width_s)}")
    grid(axes)
    return f"The cache answered {mean:.0%} of {int(answered.sum()):,} calls"
