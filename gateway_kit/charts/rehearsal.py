"""A rehearsal: how calls ended over time, and what cost, latency and refusals are with each configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from gateway_kit.charts.elements import (
    add_grid,
    bar_style,
    label_bars,
    legend_below,
    line_style,
    reserve_label_space,
    set_headline,
    shorten_middle,
)
from gateway_kit.charts.figure import ChartFigure, empty_figure, new_figure
from gateway_kit.charts.headlines import enough, too_few
from gateway_kit.charts.palette import Look
from gateway_kit.charts.theme import THEME
from gateway_kit.charts.units import format_money, format_usd, format_value, set_money_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Column of the timeline → its words, and its look: colour and pattern; a failed call is black, as everywhere.
_OUTCOMES = {
    "answered": ("answered", Look(0, 0)),
    "cached": ("answered by the cache", Look(2, 2)),
    "rescued": ("answered after a retry or fallback", Look(4, 1)),
}
# Each run's colour in all charts of a report.
_RUNS = {"the log": 0, "candidate": 1, "baseline": 2}
_MOST_BARS, _LONGEST = 10, 34
# Names of troubles in the chart; the table has them all.
_MOST_NAMES = 4


def outcomes_over_time(
    timeline: pd.DataFrame, troubles: pd.DataFrame | None = None, *, title: str = ""
) -> ChartFigure:
    """A bar per interval, divided by how its calls ended; the story's troubles are shaded.

    Args:
        timeline: `Run.timeline` of a rehearsal: at_s, seconds, answered, cached, rescued, failed.
        troubles: `Run.troubles`: subject, begin_s, end_s.
        title: Replaces the headline.
    """
    figure, (axes,) = new_figure(height=3.9)
    counts = [*_OUTCOMES, "failed"]
    if timeline.empty or not timeline[counts].to_numpy().sum():
        return empty_figure(figure, "No call yet")
    unit_s, unit = _time_unit(float(timeline["at_s"].iloc[-1] + timeline["seconds"].iloc[-1]))
    left = timeline["at_s"].to_numpy() / unit_s
    width = float(timeline["seconds"].iloc[0]) / unit_s
    bottom = np.zeros(len(timeline))
    for column, (label, look) in _OUTCOMES.items():
        values = timeline[column].to_numpy()
        if values.any():
            axes.bar(left, values, width, bottom, align="edge", label=label, **bar_style(look))
        bottom = bottom + values
    failed = timeline["failed"].to_numpy()
    if failed.any():
        axes.bar(left, failed, width, bottom, align="edge", color=THEME.text, label="failed")
    end = float(left[-1]) + width
    top = float((bottom + failed).max())
    axes.set_xlim(0, end)
    shaded = _shade(axes, troubles, unit_s, end, top * 1.25) if troubles is not None else 0
    # Room above the bars for the troubles' names.
    axes.set_ylim(0, top * (1.25 if shaded else 1.02))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel(f"calls in {float(timeline['seconds'].iloc[0]):g} s")
    axes.set_xlabel(f"{unit} since the first call")
    add_grid(axes)
    legend_below(axes, columns=3)
    calls, lost = int(timeline[counts].to_numpy().sum()), int(failed.sum())
    headline = f"{lost:,} of {calls:,} calls failed" if lost else f"All {calls:,} calls were answered"
    if rescued := int(timeline["rescued"].sum()):
        headline += f", {rescued:,} were answered after a retry or a fallback"
    if shaded:
        headline += f"; troubles are shaded ({shaded})"
    set_headline(axes, title or headline)
    return figure


def cost_of_runs(costs: Mapping[str, pd.Series[float]], *, title: str = "") -> ChartFigure:
    """A group of bars per model, one bar per run: US dollars, the dearest model at the top.

    Args:
        costs: Name of the run → US dollars by model. All runs should have made the same calls.
        title: Replaces the headline.
    """
    table = pd.DataFrame({name: cost.groupby(level=0).sum() for name, cost in costs.items()})
    table = table.loc[table.max(axis=1).sort_values(ascending=False).index] if len(table) else table
    shown = table.head(_MOST_BARS)
    figure, (axes,) = new_figure(height=_height(shown))
    if table.empty:
        return empty_figure(figure, "No call with a known cost")
    top_usd = float(np.nanmax(shown.to_numpy(), initial=0.0))
    amounts = {name: [_money(value, top_usd) for value in shown[name]] for name in shown.columns}
    _draw_groups(axes, shown, amounts)
    axes.set_xlabel(f"{set_money_axis(axes.xaxis, top_usd)}, all calls of the model")
    sums = "; ".join(f"{name} {format_usd(float(total))}" for name, total in table.sum().items())
    more = f"; {len(table) - len(shown)} models not shown" if len(table) > len(shown) else ""
    set_headline(axes, title or f"In all: {sums}{more}")
    return figure


def latency_of_runs(latencies_s: Mapping[str, Sequence[float]], *, title: str = "") -> ChartFigure:
    """A line per run: the share of its answers that took at most so many seconds (ECDF).

    Args:
        latencies_s: Name of the run, such as `the log` → seconds of its answers. The slowest percent of the slowest run
            lies beyond the right edge.
        title: Replaces the headline.
    """
    values = {name: np.asarray(seconds, dtype="float64") for name, seconds in latencies_s.items()}
    known = {name: seconds[~np.isnan(seconds)] for name, seconds in values.items()}
    known = {name: seconds for name, seconds in known.items() if len(seconds)}
    figure, (axes,) = new_figure(height=4.2)
    if not known:
        return empty_figure(figure, "No answer with a known latency")
    share = np.linspace(0, 1, 201)
    for place, (name, seconds) in enumerate(known.items()):
        label = f"{name} (n={len(seconds):,})"
        axes.plot(
            np.quantile(seconds, share),
            share * 100,
            label=label,
            markevery=25,
            **line_style(_RUNS.get(name, place)),
        )
    right = max(float(np.quantile(seconds, 0.99)) for seconds in known.values())
    axes.set_xlim(0, max(right, 1e-9) * 1.02)
    axes.set_ylim(0, 103)
    axes.set_yticks(range(0, 101, 25))
    axes.set_xlabel("latency in seconds")
    axes.set_ylabel("share of answers in percent")
    add_grid(axes, "both")
    legend_below(axes, columns=3)
    p95 = {name: float(np.quantile(seconds, 0.95)) for name, seconds in known.items()}
    headline = "95 of 100 answers within " + ", ".join(
        f"{format_value(value, 'latency_s')} ({name})" for name, value in p95.items()
    )
    if not enough(95, [len(seconds) for seconds in known.values()]):
        headline = too_few("how slow the slowest are", 95)
    set_headline(axes, title or headline)
    return figure


def refusals_by_cause(refusals: Mapping[str, pd.Series[int]], *, title: str = "") -> ChartFigure:
    """A group of bars per cause of failed calls, one bar per run; the most frequent cause at the top.

    Args:
        refusals: Name of the run → failed calls by cause.
        title: Replaces the headline.
    """
    table = pd.DataFrame(dict(refusals)).fillna(0).astype("int64")
    table = table[table.sum(axis=1) > 0]
    table = table.loc[table.max(axis=1).sort_values(ascending=False, kind="stable").index]
    shown = table.head(_MOST_BARS)
    figure, (axes,) = new_figure(height=_height(shown))
    if table.empty:
        return empty_figure(figure, "No call failed")
    _draw_groups(axes, shown, {name: [f"{count:,}" for count in shown[name]] for name in shown.columns})
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("failed calls")
    sums = "; ".join(f"{name} {total:,}" for name, total in table.sum().items())
    more = f"; {len(table) - len(shown)} causes not shown" if len(table) > len(shown) else ""
    set_headline(axes, title or f"Failed calls: {sums}{more}")
    return figure


def _draw_groups(axes: Axes, table: pd.DataFrame, labels: Mapping[str, Sequence[str]]) -> None:
    """Horizontal bars, a group per row of the table and in it a bar per column, the first at the top."""
    places, thick = np.arange(len(table)), 0.8 / max(len(table.columns), 1)
    for at, name in enumerate(table.columns):
        values = table[name].to_numpy("float64")
        middle = places + (at - (len(table.columns) - 1) / 2) * thick
        bars = axes.barh(middle, np.nan_to_num(values), thick, label=name, **bar_style(_RUNS.get(name, at)))
        label_bars(axes, bars, list(labels[name]))
    axes.set_yticks(places, [shorten_middle(str(name), _LONGEST) for name in table.index])
    for label in axes.get_yticklabels():
        label.set_parse_math(False)  # a name may hold dollar signs
    axes.invert_yaxis()
    texts = [text for listed in labels.values() for text in listed]
    reserve_label_space(axes, list(np.nan_to_num(table.to_numpy("float64")).ravel()), texts)
    if len(table.columns) > 1:
        legend_below(axes, columns=3)


def _shade(axes: Axes, troubles: pd.DataFrame, unit_s: float, end: float, top: float) -> int:
    """Shade each trouble that lies in the chart, and name the first ones; returns how many."""
    drawn = 0
    columns = (troubles[name].tolist() for name in ("subject", "begin_s", "end_s"))
    for subject, begin_s, end_s in zip(*columns, strict=True):
        begin, until = begin_s / unit_s, end if end_s != end_s else end_s / unit_s
        if begin >= end or until <= 0:
            continue
        axes.axvspan(max(begin, 0.0), min(until, end), color=THEME.muted, alpha=0.3, lw=0, zorder=0)
        for edge in (begin, until):
            axes.axvline(edge, color=THEME.text, lw=1, ls=":", zorder=3)
        if drawn < _MOST_NAMES:
            axes.annotate(
                shorten_middle(str(subject), 18), (max(begin, 0.0), top), xytext=(3, -3 - 16 * (drawn % 2)),
                textcoords="offset points", va="top", fontsize=THEME.small_pt, color=THEME.text,
                bbox={"facecolor": THEME.background, "edgecolor": "none", "pad": 1.5}, parse_math=False,
            )  # fmt: skip
        drawn += 1
    return drawn


def _money(value_usd: float, top_usd: float) -> str:
    return "not called" if value_usd != value_usd else format_money(value_usd, top_usd)


def _height(table: pd.DataFrame) -> float:
    return 1.9 + 0.27 * max(table.size, 3) + 0.12 * len(table)


def _time_unit(span_s: float) -> tuple[float, str]:
    return next(
        (unit_s, unit)
        for least_s, unit_s, unit in (
            (2 * 86400, 86400.0, "days"), (2 * 3600, 3600.0, "hours"), (120, 60.0, "minutes"), (0, 1.0, "seconds")
        )
        if span_s >= least_s
    )  # fmt: skip
