"""A time axis with round ticks in UTC, and times in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gateway_kit.charts.figure import figure_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400
# Round steps, from a second to a year.
_STEPS_S = (
    1, 2, 5, 10, 15, 30,
    *(_MINUTE_S * n for n in (1, 2, 5, 10, 15, 30)),
    *(_HOUR_S * n for n in (1, 2, 3, 6, 12)),
    *(_DAY_S * n for n in (1, 2, 5, 10, 20, 50, 100, 200, 400)),
)  # fmt: skip


def epoch_seconds(times: pd.Series[pd.Timestamp]) -> NDArray[np.float64]:
    """Seconds since 1970, the unit of these time axes."""
    return times.to_numpy("datetime64[ns]").view("int64") / 1e9


def set_time_axis(axes: Axes, first_s: float, last_s: float) -> None:
    """Round ticks between two times, in seconds since 1970, and a label with the day.

    Not matplotlib's ticks, which would take a third of the drawing time.
    """
    figure = figure_of(axes)
    # A label needs about an inch.
    most = max(int(figure.theme.width_in / figure.columns), 2)
    span_s = max(last_s - first_s, 1e-3)
    step_s = next((step for step in _STEPS_S if span_s / step <= most), _STEPS_S[-1])
    ticks_s = np.arange(np.ceil(first_s / step_s), np.floor(last_s / step_s) + 1) * step_s
    if not len(ticks_s):
        ticks_s = np.array([first_s])
    axes.set_xticks(ticks_s, [_label(tick_s, step_s) for tick_s in ticks_s])
    axes.set_xlim(first_s, first_s + span_s)
    begin, end = (datetime.fromtimestamp(moment_s, UTC) for moment_s in (first_s, last_s))
    days = f"{begin:%d %b %Y}" if begin.date() == end.date() else f"{begin:%d %b} to {end:%d %b %Y}"
    axes.set_xlabel(f"time in UTC, {days}")


def _label(moment_s: float, step_s: float) -> str:
    moment = datetime.fromtimestamp(moment_s, UTC)
    if step_s >= _DAY_S or (moment.hour == moment.minute == moment.second == 0):
        return f"{moment:%d %b}"
    return f"{moment:%H:%M:%S}" if step_s < _MINUTE_S else f"{moment:%H:%M}"


def time_text(time: pd.Timestamp, times: pd.Series[pd.Timestamp]) -> str:
    """A time for a headline: the time of day, with the day if the times span several days."""
    if times.min().date() == times.max().date():
        return f"{time:%H:%M:%S}" if time.second else f"{time:%H:%M}"
    return f"{time:%d %b}" if time.hour == time.minute == 0 else f"{time:%d %b, %H:%M}"


def duration_text(width_s: float) -> str:
    """A duration after "per": "hour", "5 minutes", "1.5 hours"."""
    for unit, unit_s in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        if width_s >= unit_s:
            count = width_s / unit_s
            return unit if count == 1 else f"{count:g} {unit}s"
    return f"{width_s:g} seconds"
