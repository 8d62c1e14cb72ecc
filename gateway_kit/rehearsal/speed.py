"""How fast a rehearsal goes through its log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.job import Speed

# A log that spans no more is rehearsed as it was, if nobody says otherwise.
AS_IT_WAS_S = 600.0
_CHOICES = (10.0, 60.0, 600.0, 3600.0)


def resolve_speed(wanted: Speed, summary: Mapping[str, Any]) -> float | None:
    """How many times as fast as the log; None for as fast as it goes.

    Raises RehearsalError for a number that is no speed, and without one for a log that would take long.
    """
    span_s: float | None = summary.get("span_s")
    if wanted == "max":
        return None
    if wanted is not None:
        if not 0 < wanted < float("inf"):
            raise RehearsalError(f"--speed {wanted:g} is no speed: give a number above 0, or max")
        if span_s is None:
            raise RehearsalError(
                f"--speed {wanted:g} needs the calls' times, and {summary.get('name', 'the traffic')} has none. "
                "Leave it out: then the calls are made as fast as they go"
            )
        return float(wanted)
    if span_s is None:
        return None
    if span_s <= AS_IT_WAS_S:
        return 1.0
    choices = ", ".join(f"--speed {n:g} takes {_length(span_s / n)}" for n in _useful(span_s))
    raise RehearsalError(
        f"The calls of {summary.get('name', 'the traffic')} span {_length(span_s)}. Say how fast they are to be made: "
        f"{choices}, --speed 1 takes {_length(span_s)}, --speed max as long as the gateway needs "
        "(then no times are kept: limits per minute, cooldowns and cache lifetimes mean nothing)"
    )


def _useful(span_s: float) -> list[float]:
    """Two speeds that give a time to wait for."""
    fitting = [n for n in _CHOICES if 10 <= span_s / n <= 3600]
    return fitting[:2] or [_CHOICES[-1]]


def _length(seconds: float) -> str:
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.0f} s"
