"""An axis of time with round ticks in UTC, and values over it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gateway_kit.charts.picture import picture_of

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


def seconds_of(times: pd.Series[pd.Timestamp]) -> NDArray[np.float64]:
    """Seconds since 1970, as the axes here count them."""
    return times.to_numpy("datetime64[ns]").view("int64") / 1e9


def time_axis(axes: Axes, first_s: float, last_s: float) -> None:
    """Ticks at round moments from the first to the last, seconds since 1970, and a label that says the day.

    Ticks of its own, since matplotlib's take a third of the time that the whole picture has.
    """
    figure = picture_of(axes)
    # A label needs about an inch.
    most = max(int(figure.theme.width_in / figure.columns / (0.8 if figure.theme.is_narrow else 1.0)), 2)
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


def moment(time: pd.Timestamp, times: pd.Series[pd.Timestamp]) -> str:
    """A moment for a title: the hour within a day, with the day where the times are of several."""
    if times.min().date() == times.max().date():
        return f"{time:%H:%M:%S}" if time.second else f"{time:%H:%M}"
    return f"{time:%d %b}" if time.hour == time.minute == 0 else f"{time:%d %b, %H:%M}"
