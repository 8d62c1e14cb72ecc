"""Wrong codes, counted: after a few of them a seat, or an address, has to wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

# A person mistypes a code two or three times. A room behind one router shares an address.
FREE_FOR_SEAT, FREE_FOR_ADDRESS = 4, 20
LONGEST_WAIT_S = 30.0
FORGOTTEN_AFTER_S = 600.0


@dataclass
class _Count:
    wrong: int = 0
    last: float = 0.0


class Tries:
    """How often a code was wrong of late, for each seat and each address. A right one clears the seat's count.

    With codes of eight letters and digits the longest wait of half a minute is enough: guessing one takes some
    hundred thousand years.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: dict[str, _Count] = {}

    def wait_s(self, seat: str, address: str) -> float:
        """Seconds until this address may try this seat again; 0 if it may now."""
        now = self._clock()
        return max(self._wait(f"seat {seat}", FREE_FOR_SEAT, now), self._wait(address, FREE_FOR_ADDRESS, now))

    def wrong(self, seat: str, address: str) -> None:
        """Note a wrong code."""
        now = self._clock()
        self._counts = {key: c for key, c in self._counts.items() if now - c.last < FORGOTTEN_AFTER_S}
        for key in (f"seat {seat}", address):
            count = self._counts.setdefault(key, _Count())
            count.wrong, count.last = count.wrong + 1, now

    def right(self, seat: str) -> None:
        """Note a right code."""
        self._counts.pop(f"seat {seat}", None)

    def _wait(self, key: str, free: int, now: float) -> float:
        count = self._counts.get(key)
        if count is None or count.wrong < free or now - count.last >= FORGOTTEN_AFTER_S:
            return 0.0
        wait = min(LONGEST_WAIT_S, 2.0 ** (count.wrong - free + 1))
        return max(0.0, count.last + wait - now)
