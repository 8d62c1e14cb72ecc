"""The last failure of each model that this process has met, for the message of a later cooldown. Internal."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

# Models remembered, the last ones that failed.
_MOST = 1000


class Called(NamedTuple):
    """What was asked: a gateway's host and port, and a model's name."""

    gateway: str
    model: str


NOBODY = Called("", "")


@dataclass(frozen=True)
class Failure:
    """LiteLLM's message of a failure, and how many seconds ago it came."""

    message: str
    seconds_ago: float


class FailureMemory:
    """The last failure per gateway and model; any thread may add to it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[Called, tuple[str, float]] = OrderedDict()

    def remember(self, called: Called, message: str) -> None:
        """Keep a failure instead of the model's earlier one."""
        with self._lock:
            self._known[called] = (message, self._clock())
            self._known.move_to_end(called)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)

    def recall(self, called: Called) -> Failure | None:
        """The model's last failure, None if this process has met none."""
        with self._lock:
            known = self._known.get(called)
        return Failure(known[0], self._clock() - known[1]) if known else None
