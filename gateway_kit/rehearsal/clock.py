"""The clock of a rehearsal: where it is on the log's clock, and which share of the calls has been made."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from gateway_kit.rehearsal.moments import Moment


class Reading(NamedTuple):
    """Seconds after the first call on the log's clock, and the share of the calls that have ended, from 0 to 1."""

    at_s: float
    share: float

    def reached(self, moment: Moment, since: Reading | None = None) -> bool:
        """Whether the moment has come; with `since`, whether so much time or so many calls have passed since then."""
        at_s, share = (self.at_s - since.at_s, self.share - since.share) if since is not None else self
        if moment.share is not None:
            return share >= moment.share
        return at_s >= (moment.seconds or 0.0)


class Clock:
    """Runs from `start` on. At full speed (`speed` None) the log's clock goes by the calls that have ended.

    total   calls in all
    span_s  seconds from the log's first call to its last one; 0 if it has no times
    """

    def __init__(
        self, *, total: int, span_s: float, speed: float | None, now: Callable[[], float] = time.time
    ) -> None:
        self.total, self.span_s, self.speed = total, span_s, speed
        self.made = 0
        self._now = now
        self._began: float | None = None

    @property
    def has_begun(self) -> bool:
        """Whether calls are being made."""
        return self._began is not None

    def start(self, began: float) -> None:
        """Say when the first call was due, in seconds since 1970."""
        self._began = began

    def reading(self) -> Reading:
        """Where the rehearsal is."""
        share = min(1.0, self.made / self.total) if self.total else 1.0
        if self._began is None:
            return Reading(0.0, 0.0)
        if self.speed is None:
            return Reading(share * self.span_s, share)
        return Reading(max(0.0, self._now() - self._began) * self.speed, share)

    def at_s(self, epoch_s: float) -> float:
        """Where the log's clock was at a time since 1970; at full speed where it is now."""
        if self._began is None or self.speed is None:
            return self.reading().at_s
        return (epoch_s - self._began) * self.speed

    def remaining_s(self) -> float | None:
        """Seconds until the last call is due, or will have been made; None while that is unknown."""
        if self._began is None:
            return None
        passed_s = self._now() - self._began
        if self.speed is not None:
            return max(0.0, self.span_s / self.speed - passed_s)
        return passed_s / self.made * (self.total - self.made) if self.made else None
