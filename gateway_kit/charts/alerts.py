"""The values that an alert rule saw, and when it would have fired."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gateway_kit.charts.elements import add_grid, legend_below, set_headline
from gateway_kit.charts.figure import ChartFigure, empty_figure, new_figure
from gateway_kit.charts.theme import THEME
from gateway_kit.charts.times import duration_text, epoch_seconds, set_time_axis, time_text
from gateway_kit.charts.units import axis_label, format_value
from gateway_kit.metrics.alerts import AlertRule, alert_times, alert_values


def alert_history(calls: pd.DataFrame, rule: AlertRule, *, title: str = "") -> ChartFigure:
    """The rule's measure at each evaluation, its threshold, and, shaded, when it would have fired.

    Args:
        calls: Whatever `metrics.normalize_calls` takes.
        rule: The rule to evaluate.
        title: Replaces the headline.
    """
    values, firings = alert_values(calls, rule), alert_times(calls, rule)
    figure, (axes,) = new_figure(height=3.8)
    if not values["value"].notna().any():
        return empty_figure(figure, "No call that the rule measures yet")
    times_s = epoch_seconds(values["time"])
    last_s = times_s[-1]
    step_s = pd.Timedelta(rule.every or rule.window).total_seconds()
    begins_s = epoch_seconds(firings["fired"])
    ends_s = np.where(firings["ended"].notna(), epoch_seconds(firings["ended"]), last_s + step_s)
    for number, (begin_s, end_s) in enumerate(zip(begins_s, ends_s, strict=True)):
        label = "fires" if number == 0 else "_"
        axes.axvspan(begin_s, end_s, color=THEME.series[1], alpha=0.22, lw=0, label=label)
    name = axis_label(rule.measure).partition(" in ")[0]
    marker = "o" if len(values) <= 60 else ""
    axes.plot(times_s, values["value"], color=THEME.series[0], lw=2, marker=marker, ms=4, label=name)
    threshold = f"threshold, {format_value(rule.above, rule.measure)}"
    axes.axhline(rule.above, color=THEME.text, lw=1.5, ls="--", label=threshold)
    set_time_axis(axes, times_s[0], max(last_s + step_s, float(ends_s.max(initial=0))))
    axes.set_ylim(0, max(float(values["value"].max()), rule.above, 1e-12) * 1.1)
    window = duration_text(pd.Timedelta(rule.window).total_seconds())
    axes.set_ylabel(f"{axis_label(rule.measure)}\nof the last {window}")
    add_grid(axes)
    legend_below(axes, columns=3)
    set_headline(axes, title or _headline(values, firings))
    return figure


def _headline(values: pd.DataFrame, firings: pd.DataFrame) -> str:
    n = f"(n={len(values):,} evaluations)"
    if firings.empty:
        return f"It would never have fired {n}"
    times = "once" if len(firings) == 1 else f"{len(firings)} times"
    first = time_text(firings["fired"].iloc[0], values["time"])
    return f"It would have fired {times}, {'at' if len(firings) == 1 else 'first at'} {first} {n}"
