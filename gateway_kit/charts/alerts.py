"""What an alert rule saw, and when it would have fired."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gateway_kit.charts.measures import amount, axis_label
from gateway_kit.charts.money import length
from gateway_kit.charts.parts import grid, legend_below, set_headline
from gateway_kit.charts.picture import Picture, empty_picture, new_figure
from gateway_kit.charts.theme import LIGHT, Theme
from gateway_kit.charts.times import moment, seconds_of, time_axis
from gateway_kit.metrics import AlertRule, alert_times, alert_values


def alert_history(calls: pd.DataFrame, rule: AlertRule, *, title: str = "", theme: Theme = LIGHT) -> Picture:
    """A line: the rule's measure at each look; its threshold; and, shaded, when it would have fired.

    `calls` is what `metrics.normalize_calls` takes.
    """
    seen, fired = alert_values(calls, rule), alert_times(calls, rule)
    figure, (axes,) = new_figure(height=3.8, theme=theme)
    if not seen["value"].notna().any():
        return empty_picture(figure, "No call that the rule looks at yet")
    looks_s = seconds_of(seen["time"])
    last_s = looks_s[-1]
    step_s = pd.Timedelta(rule.every or rule.window).total_seconds()
    begins_s = seconds_of(fired["fired"])
    ends_s = np.where(fired["ended"].notna(), seconds_of(fired["ended"]), last_s + step_s)
    for number, (begin_s, end_s) in enumerate(zip(begins_s, ends_s, strict=True)):
        said = "fires" if number == 0 else "_"
        axes.axvspan(begin_s, end_s, color=theme.series[1], alpha=0.22, lw=0, label=said)
    label = axis_label(rule.measure).partition(" in ")[0]
    marker = "o" if len(seen) <= 60 else ""
    axes.plot(looks_s, seen["value"], color=theme.series[0], lw=2, marker=marker, ms=4, label=label)
    axes.axhline(
        rule.above, color=theme.ink, lw=1.5, ls="--", label=f"threshold, {amount(rule.above, rule.measure)}"
    )
    time_axis(axes, looks_s[0], max(last_s + step_s, float(ends_s.max(initial=0))))
    axes.set_ylim(0, max(float(seen["value"].max()), rule.above, 1e-12) * 1.1)
    window = length(pd.Timedelta(rule.window).total_seconds())
    axes.set_ylabel(f"{axis_label(rule.measure)}\nof the last {window}")
    grid(axes)
    legend_below(axes, columns=3)
    set_headline(axes, title or _found(seen, fired))
    return figure


def _found(seen: pd.DataFrame, fired: pd.DataFrame) -> str:
    n = f"(n={len(seen):,} looks)"
    if fired.empty:
        return f"It would never have fired {n}"
    times = "once" if len(fired) == 1 else f"{len(fired)} times"
    first = moment(fired["fired"].iloc[0], seen["time"])
    return f"It would have fired {times}, {'at' if len(fired) == 1 else 'first at'} {first} {n}"
