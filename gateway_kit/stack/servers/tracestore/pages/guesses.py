"""How often a wrong password may be tried."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable


class Guesses:
    """At most `limit` wrong guesses in `window_s` seconds, from all clients together.

    Together, because behind a port forward every client has the address 127.0.0.1.
    """

    def __init__(
        self, limit: int = 10, window_s: float = 60.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limit, self.window_s, self._clock = limit, window_s, clock
        self._wrong: deque[float] = deque(maxlen=limit)

    def wait_s(self) -> int:
        """Whole seconds until the next guess is heard; 0: now."""
        if len(self._wrong) < self.limit:
            return 0
        return max(0, math.ceil(self._wrong[0] + self.window_s - self._clock()))

    def was_wrong(self) -> None:
        """Count a wrong guess."""
        self._wrong.append(self._clock())

    def was_right(self) -> None:
        """Forget the wrong ones."""
        self._wrong.clear()
