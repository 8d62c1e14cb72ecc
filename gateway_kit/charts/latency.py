"""The distribution of a latency."""

from __future__ import annotations

import pandas as pd

from gateway_kit.charts.elements import (
    add_grid,
    group_labels,
    label_with_n,
    legend_below,
    line_style,
    omitted_note,
    series_looks,
    set_headline,
)
from gateway_kit.charts.figure import ChartFigure, empty_figure, new_figure
from gateway_kit.charts.headlines import enough, failures_note, too_few
from gateway_kit.charts.units import axis_label, format_value
from gateway_kit.metrics.percentiles import latency_distribution
from gateway_kit.metrics.rates import failures_by

# More lines than this cannot be told apart.
_MOST_LINES = 6


def latency_ecdf(
    calls: pd.DataFrame, by: str = "model", *, measure: str = "latency_s", title: str = ""
) -> ChartFigure:
    """A line per model: the share of its calls that took at most so many seconds (ECDF).

    The further left a line is, the faster the model; the flatter its top, the longer its slowest calls. The slowest
    percent of the slowest model lies beyond the right edge.

    Args:
        calls: Whatever `metrics.normalize_calls` takes. Lines are of the answered calls; the headline names the failed
            ones.
        by: The column that separates the lines. Of many groups those with the most calls are drawn.
        measure: latency_s, ttft_s or overhead_ms.
        title: Replaces the headline.
    """
    table = latency_distribution(calls, by, measure=measure)
    figure, (axes,) = new_figure(height=4.4)
    if table.empty:
        return empty_figure(figure, "No answered call yet")
    groups = int(table["share"].eq(0).sum())
    firsts = table[table["share"].eq(0)].head(_MOST_LINES)
    names, shown = group_labels(firsts[by]), len(firsts)
    # Every group has the same number of rows, one group after the other.
    share = table["share"].to_numpy("float64")[: len(table) // groups]
    values = table[measure].to_numpy("float64").reshape(groups, -1)[:shown]
    lines = zip(names, firsts["calls"], series_looks(names, by), strict=True)
    for index, (name, n, look) in enumerate(lines):
        label = label_with_n(name, n).replace("\n", " ")
        axes.plot(values[index], share * 100, label=label, markevery=25, **line_style(look))
    p95, p99 = (values[:, int(percent / 100 * (len(share) - 1))] for percent in (95, 99))
    axes.set_xlim(0, max(float(p99.max()), 1e-9))
    axes.set_ylim(0, 103)
    axes.set_yticks(range(0, 101, 25))
    axes.set_xlabel(axis_label(measure))
    axes.set_ylabel("share of calls in percent")
    add_grid(axes, "both")
    legend_below(axes, columns=3)
    slowest = int(p95.argmax())
    headline = f"95 of 100 calls of {names[slowest]} end within {format_value(float(p95[slowest]), measure)}"
    if not enough(95, firsts["calls"]):
        headline = too_few("which is slowest" if shown > 1 else "how slow the slowest are", 95)
    failures = failures_by(calls, by)
    note = failures_note(group_labels(failures[by]), list(failures["calls"]), list(failures["failed"]))
    set_headline(axes, title or headline + note + omitted_note(groups, _MOST_LINES))
    return figure
