"""One way to wait for something that takes its time: ask again and again, up to a deadline. Internal."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from gateway_kit.settings import patience

T = TypeVar("T")


def patient_s(timeout_s: float) -> float:
    """How long `poll_until` waits for it, in seconds: GATEWAY_PATIENCE times as long. For messages."""
    return timeout_s * patience()


def poll_until(
    look: Callable[[], T],
    enough: Callable[[T], bool] = bool,
    *,
    timeout_s: float,
    exactly: bool = False,
    pause_s: float = 0.2,
    growth: float = 1.0,
    longest_pause_s: float = 2.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[T, bool]:
    """The last result of `look`, and whether it is enough; it is asked at least once, and once more at the deadline.

    Each pause is `growth` times the one before, at most `longest_pause_s`. With GATEWAY_PATIENCE, `timeout_s` is so
    many times as long, but not `exactly`, for a time that is a choice of the user's.
    """
    end = clock() + (timeout_s if exactly else patient_s(timeout_s))
    while True:
        result = look()
        if enough(result):
            return result, True
        left_s = end - clock()
        if left_s <= 0:
            return result, False
        sleep(min(pause_s, left_s))
        pause_s = min(pause_s * growth, longest_pause_s)
