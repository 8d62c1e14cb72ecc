"""Ticks of axes and their labels: round steps, in one unit and with the same number of digits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

Tick = tuple[float, str]  # (value, label)

_SECOND, _MINUTE, _HOUR, _DAY = 1000.0, 60_000.0, 3_600_000.0, 86_400_000.0
# In milliseconds; without 20 s, which would be odd on a scale of minutes.
_DURATIONS = (
    *(power * digit for power in (0.001, 0.01, 0.1, 1, 10, 100, 1000) for digit in (1, 2, 5)),
    *(_SECOND * number for number in (10, 15, 30)),
    *(_MINUTE * number for number in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * number for number in (1, 2, 3, 6, 12)),
)
_TIMES = tuple(
    timedelta(minutes=minutes)
    for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 10080, 20160, 43200, 86400, 525600)
)  # fmt: skip
_ORIGIN = datetime(2000, 1, 3, tzinfo=UTC)  # a Monday


def round_step(length: float, most: int) -> float:
    """The smallest of 1, 2, 5, 10, … (0.5, 0.2, …) of which at most `most` fit into `length`."""
    if length <= 0:
        return 1.0
    for exponent in count(math.floor(math.log10(length / most)) - 1):
        for digit in (1, 2, 5):
            step = float(f"{digit}e{exponent}")
            if length / step <= most * 1.000001:
                return step
    raise AssertionError("never: steps grow for ever")


def number_ticks(length: float, most: int = 5) -> list[Tick]:
    """Whole numbers from 0 to at least `length`."""
    step = max(round_step(length, most), 1.0)
    return [(value, f"{value:,.0f}") for value in _steps(step, length)]


def usd_ticks(length: float, most: int = 5) -> list[Tick]:
    """US dollars from 0 to at least `length`."""
    step = round_step(length, most)
    digits = max(0, -math.floor(math.log10(step)))
    if digits == 1:
        digits = 2  # cents have two digits
    return [(value, f"${value:,.{digits}f}" if value else "$0") for value in _steps(step, length)]


def duration_ticks(length_ms: float, most: int = 5) -> list[Tick]:
    """Milliseconds from 0 to at least `length_ms`, labelled in the largest unit that fits the steps."""
    length_ms = max(length_ms, 1.0)
    step = next(
        (step for step in _DURATIONS if length_ms / step <= most), _DAY * round_step(length_ms / _DAY, most)
    )
    if step < _SECOND and length_ms < _SECOND:
        size, unit = 1.0, "ms"
    elif step < _MINUTE:
        size, unit = _SECOND, "s"
    else:
        size, unit = (_MINUTE, "min") if step < _HOUR else (_HOUR, "h") if step < _DAY else (_DAY, "d")
    digits = max(0, -math.floor(math.log10(step / size) + 1e-9))
    return [
        (value, f"{value / size:,.{digits}f} {unit}" if value else f"0 {unit}")
        for value in _steps(step, length_ms)
    ]


def _steps(step: float, length: float) -> list[float]:
    number = max(1, math.ceil(length / step - 1e-6))
    return [round(step * place, 12) for place in range(number + 1)]


def time_labels(times: Sequence[datetime], step: timedelta, most: int = 8) -> dict[int, str]:
    """Labels by the index of their time: at full hours and midnights instead of every n steps from the first."""
    if not times:
        return {}
    wanted = (times[-1] - times[0]) / most
    every = next((size for size in _TIMES if size >= wanted and not size % step), step)
    labels = {}
    for place, moment in enumerate(times):
        if not (moment - _ORIGIN) % every:
            is_midnight = moment.hour == moment.minute == 0
            labels[place] = (
                f"{moment:%d %b}" if is_midnight or step >= timedelta(days=1) else f"{moment:%H:%M}"
            )
    return labels
