"""When a panel that watches something looks closely: while things change at each tick, later now and then."""

from __future__ import annotations

import time
from collections.abc import Callable

LIVELY_S = 60.0
QUIET_EVERY_S = 30.0


class QuietWatch:
    """Spares close looks that would find nothing new.

    watch = QuietWatch()
    watch.is_due(seen)   # at each tick; `seen` is what a cheap look tells: another value than last time is a change

    A close look is due at each tick for LIVELY_S seconds after a change, which making the watch is one, and every
    QUIET_EVERY_S seconds after that.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: object = object()
        self._changed = self._looked = clock()

    def is_due(self, seen: object) -> bool:
        """Whether to look closely now."""
        now = self._clock()
        if seen != self._seen:
            self._seen, self._changed = seen, now
        if now - self._changed >= LIVELY_S and now - self._looked < QUIET_EVERY_S:
            return False
        self._looked = now
        return True
