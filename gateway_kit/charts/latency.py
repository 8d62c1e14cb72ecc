"""Latency: by model, its distribution, and over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gateway_kit.charts.measures import amount, axis_label
from gateway_kit.charts.parts import (
    grid,
    group_names,
    label_bars,
    legend_below,
    line_of,
    named,
    room_for_labels,
    set_headline,
)
from gateway_kit.charts.picture import Picture, empty_picture, new_figure, picture_of
from gateway_kit.charts.theme import LIGHT, LINES, MARKERS, Theme
from gateway_kit.charts.times import moment, seconds_of, time_axis
from gateway_kit.metrics import latency_distribution, latency_percentiles, nice_width, normalize_calls

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PERCENTILES = (50, 95, 99)
# More groups than this nobody compares; those with the fewest calls are left out, and the title says so.
_MOST_BARS, _MOST_LINES = 8, 6


def latency_by(
    calls: pd.DataFrame,
    by: str = "model",
    *,
    measure: str = "latency_s",
    title: str = "",
    theme: Theme = LIGHT,
) -> Picture:
    """Three bars per model (or deployment, key, …): the 50th, 95th and 99th percentile of a measure.

    `calls` is what `metrics.normalize_calls` takes: the call record, the spend log or traces. `measure` is latency_s,
    ttft_s or overhead_ms. Failed calls are left out, and of many groups those with the fewest calls.
    """
    table = latency_percentiles(calls, by, measure=measure, percentiles=_PERCENTILES)
    figure, (axes,) = new_figure(height=1.7 + 0.8 * max(min(len(table), _MOST_BARS), 1), theme=theme)
    if table.empty:
        return empty_picture(figure, "No answered call yet")
    found = draw_percentiles(axes, table, measure=measure)
    legend_below(axes, columns=3)
    set_headline(axes, title or found)
    return figure


def latency_ecdf(
    calls: pd.DataFrame,
    by: str = "model",
    *,
    measure: str = "latency_s",
    title: str = "",
    theme: Theme = LIGHT,
) -> Picture:
    """A line per model: which share of its calls had ended after so many seconds (the distribution, ECDF).

    The further to the left, the faster; the flatter at the top, the longer the slowest take. The slowest percent of
    the slowest model is beyond the right edge. Arguments as in `latency_by`.
    """
    table = latency_distribution(calls, by, measure=measure)
    figure, (axes,) = new_figure(height=4.4, theme=theme)
    if table.empty:
        return empty_picture(figure, "No answered call yet")
    groups = int(table["share"].eq(0).sum())
    firsts = table[table["share"].eq(0)].head(_MOST_LINES)
    names, shown = group_names(firsts[by]), len(firsts)
    # Every group has the same number of rows, one group after the other.
    share = table["share"].to_numpy("float64")[: len(table) // groups]
    values = table[measure].to_numpy("float64").reshape(groups, -1)[:shown]
    for index, (name, n) in enumerate(zip(names, firsts["calls"], strict=True)):
        label = named(name, n, theme).replace("\n", " ")
        axes.plot(values[index], share * 100, label=label, markevery=25, **line_of(theme, index))
    p95, p99 = (values[:, int(percent / 100 * (len(share) - 1))] for percent in (95, 99))
    axes.set_xlim(0, max(float(p99.max()), 1e-9))
    axes.set_ylim(0, 103)
    axes.set_yticks(range(0, 101, 25))
    axes.set_xlabel(axis_label(measure))
    axes.set_ylabel("share of calls in percent")
    grid(axes, "both")
    legend_below(axes, columns=3)
    slowest = int(p95.argmax())
    found = f"95 of 100 calls of {names[slowest]} end within {amount(float(p95[slowest]), measure)}"
    set_headline(axes, title or found + left_out(groups, _MOST_LINES))
    return figure


def latency_over_time(
    calls: pd.DataFrame,
    *,
    over: timedelta | str | None = None,
    measure: str = "latency_s",
    percentiles: Sequence[float] = _PERCENTILES,
    title: str = "",
    theme: Theme = LIGHT,
) -> Picture:
    """A line per percentile of a measure, interval by interval; the intervals' length is `over`.

    A gap is an interval without an answered call. `over` is by default a usual length that makes at most 60 intervals;
    other arguments as in `latency_by`.
    """
    calls = normalize_calls(calls)
    width = over or nice_width(calls["started"])
    table = latency_percentiles(calls, None, measure=measure, percentiles=percentiles, over=width)
    figure, (axes,) = new_figure(height=3.8, theme=theme)
    if not table["calls"].sum():
        return empty_picture(figure, "No answered call yet")
    found = draw_percentiles_over_time(axes, table, width, measure=measure)
    legend_below(axes, columns=3)
    set_headline(axes, title or found)
    return figure


def draw_percentiles(
    axes: Axes,
    table: pd.DataFrame,
    *,
    measure: str = "latency_s",
    most: int = _MOST_BARS,
    short: bool = False,
) -> str:
    """Bars of `latency_percentiles`, a group of them per row, the first row on top; returns the headline.

    `short` is for little room: names in two lines, and a number at the last bar of each group only.
    """
    theme, shown = picture_of(axes).theme, table.head(most)
    columns = _percentile_columns(shown)
    height = 0.84 / len(columns)
    for index, column in enumerate(columns):
        places = np.arange(len(shown)) + (index - (len(columns) - 1) / 2) * height
        colour = _shade(theme, index, len(columns))
        bars = axes.barh(places, shown[column], height=height, color=colour, label=_percentile_of(column))
        if not short or column == columns[-1]:
            label_bars(axes, bars, [amount(value, measure) for value in shown[column]])
    names = group_names(shown.iloc[:, 0])
    axes.set_yticks(
        range(len(shown)),
        [named(name, n, theme, short=short) for name, n in zip(names, shown["calls"], strict=True)],
    )
    axes.invert_yaxis()
    longest = float(shown[columns].to_numpy("float64").max())
    room_for_labels(axes, [longest], [amount(longest, measure)])
    axes.set_xlabel(axis_label(measure))
    return _slowest(shown, columns, names, measure) + left_out(len(table), most)


def draw_percentiles_over_time(
    axes: Axes, table: pd.DataFrame, width: timedelta | str, *, measure: str = "latency_s"
) -> str:
    """Lines of `latency_percentiles` with `over`, a percentile a line, from zero; returns the headline."""
    theme, width_s = picture_of(axes).theme, pd.Timedelta(width).total_seconds()
    columns = _percentile_columns(table)
    middle_s = seconds_of(table["time"]) + width_s / 2
    for index, column in enumerate(columns):
        axes.plot(
            middle_s,
            table[column],
            color=_shade(theme, index, len(columns)),
            ls=LINES[index % len(LINES)],
            marker=MARKERS[index % len(MARKERS)],
            ms=4 if len(table) <= 40 else 2.5,
            lw=2,
            label=_percentile_of(column),
        )
    time_axis(axes, middle_s[0] - width_s / 2, middle_s[-1] + width_s / 2)
    axes.set_ylim(0, max(float(np.nanmax(table[columns].to_numpy("float64"))), 1e-9) * 1.08)
    axes.set_ylabel(axis_label(measure))
    grid(axes)
    worst = int(table[columns[-1]].argmax())
    value = amount(table[columns[-1]].iloc[worst], measure)
    when, n = moment(table["time"].iloc[worst], table["time"]), int(table["calls"].sum())
    return f"Slowest at {when}: {_percentile_of(columns[-1])} is {value} (n={n:,})"


def _slowest(shown: pd.DataFrame, columns: list[str], names: list[str], measure: str) -> str:
    """The headline of percentiles: who is slowest by the highest one for which each group has calls enough."""
    several = shown["calls"] > 1
    for column in reversed(columns):
        # Of fewer calls than this, the percentile is the slowest call and nothing more.
        enough = shown["calls"] * (100 - float(_percentile_of(column)[1:])) >= 100
        if several.any() and enough[several].all():
            at = int(shown[column].where(several).argmax())
            return f"{names[at]} is slowest: {_percentile_of(column)} is {amount(shown[column].iloc[at], measure)}"
    return "Too few calls to tell who is slowest"


def left_out(groups: int, shown: int) -> str:
    """What a title says of groups that there was no room for."""
    return f"; {groups - shown} more not shown" if groups > shown else ""


def _shade(theme: Theme, index: int, of: int) -> str:
    """Of fewer than three the strongest ones."""
    return theme.shades[(max(3 - of, 0) + index) % 3]


def _percentile_columns(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table.columns if "_p" in str(name)]


def _percentile_of(column: str) -> str:
    """The percentile's name: "p95" of "latency_p95_s"."""
    return "p" + column.rpartition("_p")[2].partition("_")[0]
