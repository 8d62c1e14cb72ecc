"""The four charts of the dashboard, each drawn into given axes; each returns its headline."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gateway_kit.charts.elements import (
    add_grid,
    group_labels,
    label_bars,
    label_with_n,
    omitted_note,
    reserve_label_space,
)
from gateway_kit.charts.headlines import enough, failures_note
from gateway_kit.charts.theme import LINES, MARKERS, THEME
from gateway_kit.charts.times import duration_text, epoch_seconds, set_time_axis, time_text
from gateway_kit.charts.units import axis_label, format_usd, format_value, set_money_axis
from gateway_kit.metrics.percentiles import least_calls

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MEASURE = "latency_s"
_MOST_GROUPS = 5


def draw_latency_by_group(axes: Axes, table: pd.DataFrame, failures: pd.DataFrame) -> str:
    """Bars of `latency_percentiles`, one set per row, the first row at the top; `failures` as by `failures_by`."""
    shown = table.head(_MOST_GROUPS)
    columns = _percentile_columns(shown)
    height = 0.84 / len(columns)
    for index, column in enumerate(columns):
        places = np.arange(len(shown)) + (index - (len(columns) - 1) / 2) * height
        bars = axes.barh(
            places,
            shown[column],
            height=height,
            color=_shade(index, len(columns)),
            label=_percentile_of(column),
        )
        if column == columns[-1]:  # there is no room for more labels
            label_bars(axes, bars, [format_value(value, _MEASURE) for value in shown[column]])
    names = group_labels(shown.iloc[:, 0])
    axes.set_yticks(
        range(len(shown)),
        [label_with_n(name, n, short=True) for name, n in zip(names, shown["calls"], strict=True)],
    )
    axes.invert_yaxis()
    longest = float(shown[columns].to_numpy("float64").max())
    reserve_label_space(axes, [longest], [format_value(longest, _MEASURE)])
    axes.set_xlabel(axis_label(_MEASURE))
    lost = failures_note(group_labels(failures.iloc[:, 0]), list(failures["calls"]), list(failures["failed"]))
    return _slowest(shown, columns, names) + lost + omitted_note(len(table), _MOST_GROUPS)


def draw_latency_over_time(axes: Axes, table: pd.DataFrame, interval: timedelta) -> str:
    """A line per percentile of `latency_percentiles` with `over`, from zero."""
    width_s = interval.total_seconds()
    columns = _percentile_columns(table)
    middle_s = epoch_seconds(table["time"]) + width_s / 2
    for index, column in enumerate(columns):
        axes.plot(
            middle_s,
            table[column],
            color=_shade(index, len(columns)),
            ls=LINES[index % len(LINES)],
            marker=MARKERS[index % len(MARKERS)],
            ms=4 if len(table) <= 40 else 2.5,
            lw=2,
            label=_percentile_of(column),
        )
    set_time_axis(axes, middle_s[0] - width_s / 2, middle_s[-1] + width_s / 2)
    axes.set_ylim(0, max(float(np.nanmax(table[columns].to_numpy("float64"))), 1e-9) * 1.08)
    axes.set_ylabel(axis_label(_MEASURE))
    add_grid(axes)
    return _slowest_time(table, columns)


def draw_cost_over_time(axes: Axes, table: pd.DataFrame, interval: timedelta) -> str:
    """A bar per row of `cost_by` with `over`."""
    width_s = interval.total_seconds()
    begins_s, cost_usd = epoch_seconds(table["time"]), table["cost_usd"].to_numpy("float64")
    edges_s = np.append(begins_s, begins_s[-1] + width_s)
    # One shape for all bars: separate ones take ten times as long.
    axes.stairs(cost_usd, edges_s, fill=True, color=THEME.series[0], edgecolor=THEME.background, lw=0.8)
    set_time_axis(axes, begins_s[0], begins_s[-1] + width_s)
    axes.set_ylim(0, max(float(cost_usd.max()), 1e-12) * 1.08)
    axes.set_ylabel(f"{set_money_axis(axes.yaxis, float(cost_usd.max()))}\nper {duration_text(width_s)}")
    add_grid(axes)
    total_usd, n = float(cost_usd.sum()), int(table["calls"].sum())
    if not total_usd:
        return f"Nothing was charged (n={n:,})"
    dearest = int(cost_usd.argmax())
    when = time_text(table["time"].iloc[dearest], table["time"])
    return f"{format_usd(total_usd)} in all, most at {when}: {format_usd(cost_usd[dearest])} (n={n:,})"


def draw_hit_rate_over_time(axes: Axes, table: pd.DataFrame, interval: timedelta) -> str:
    """The hit rate of `outcome_rates` with `over`, in percent; a dot's size is the number of calls."""
    width_s = interval.total_seconds()
    middle_s = epoch_seconds(table["time"]) + width_s / 2
    answered = (table["calls"] - table["failed"]).to_numpy("float64")
    axes.plot(middle_s, table["hit_rate"] * 100, color=THEME.series[0], lw=2)
    axes.scatter(
        middle_s, table["hit_rate"] * 100, s=6 + 40 * answered / max(answered.max(), 1), color=THEME.series[0]
    )
    mean = float(table["hits"].sum() / answered.sum())
    axes.axhline(mean * 100, color=THEME.muted, lw=1.2, ls="--")
    set_time_axis(axes, middle_s[0] - width_s / 2, middle_s[-1] + width_s / 2)
    axes.set_ylim(0, 103)
    axes.set_yticks(range(0, 101, 25))
    axes.set_ylabel(f"from the cache, percent\nper {duration_text(width_s)}")
    add_grid(axes)
    return f"The cache answered {mean:.0%} of {int(answered.sum()):,} calls"


def _slowest_time(table: pd.DataFrame, columns: list[str]) -> str:
    """The slowest interval by the highest percentile for which an interval has enough calls; others do not count."""
    n = int(table["calls"].sum())
    for column in reversed(columns):
        known = table[column].where(table["calls"] >= least_calls(float(_percentile_of(column)[1:])))
        if known.notna().any():
            worst = int(known.argmax())
            when, value = (
                time_text(table["time"].iloc[worst], table["time"]),
                format_value(known.iloc[worst], _MEASURE),
            )
            return f"Slowest at {when}: {_percentile_of(column)} is {value} (n={table['calls'].iloc[worst]:,} of {n:,})"
    return f"Too few calls to tell when it was slowest (n={n:,})"


def _slowest(shown: pd.DataFrame, columns: list[str], names: list[str]) -> str:
    """The slowest group by the highest percentile for which every group has enough calls for a median has enough."""
    compared = shown["calls"] >= least_calls(50)
    for column in reversed(columns):
        if not compared.any() or not enough(float(_percentile_of(column)[1:]), shown["calls"][compared]):
            continue
        at = int(shown[column].where(compared).argmax())
        value = f"{_percentile_of(column)} is {format_value(shown[column].iloc[at], _MEASURE)}"
        if len(shown) == 1:
            return f"{names[at]}: {value}"
        if compared.all():
            return f"{names[at]} is slowest: {value}"
        if compared.sum() > 1:
            return f"{names[at]} is slowest of the {compared.sum()} with enough calls: {value}"
    return "Too few calls to tell which is slowest"


def _shade(index: int, of: int) -> str:
    """The strongest shades if there are fewer than three lines."""
    return THEME.shades[(max(3 - of, 0) + index) % 3]


def _percentile_columns(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table.columns if "_p" in str(name)]


def _percentile_of(column: str) -> str:
    """The percentile of a column: "p95" for "latency_p95_s"."""
    return "p" + column.rpartition("_p")[2].partition("_")[0]
