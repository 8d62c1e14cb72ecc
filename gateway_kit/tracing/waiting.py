"""Polling until something shows: a trace is there seconds after the call, not at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# The first pause, its growth, and the longest.
FIRST_PAUSE_S = 0.05
GROWTH = 1.5
LONGEST_PAUSE_S = 2.0


def wait_until(
    look: Callable[[], T],
    enough: Callable[[T], bool],
    *,
    timeout_s: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[T, bool]:
    """What `look` saw last, and whether it is enough; the pauses grow from 50 ms to 2 s."""
    end = clock() + timeout_s
    pause_s = FIRST_PAUSE_S
    while True:
        seen = look()
        left_s = end - clock()
        if enough(seen):
            return seen, True
        if left_s <= 0:
            return seen, False
        sleep(min(pause_s, left_s))
        pause_s = min(pause_s * GROWTH, LONGEST_PAUSE_S)
