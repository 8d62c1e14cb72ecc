"""What the board knows of one seat. Whatever the order in which reports come, the outcome is the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway_kit.workshop.results import Result, SeatState


@dataclass(frozen=True)
class Tries:
    """A seat's tries at one exercise.

    arrived         how many results have arrived
    numbered        the highest number that the seat gave a check
    first_at        when it was first checked
    last            the newest result
    first_pass      the first result that passed; None if none has
    """

    arrived: int
    numbered: int
    first_at: datetime
    last: Result
    first_pass: Result | None

    @property
    def count(self) -> int:
        """How often it was checked; the seat counts too, and its number is higher if a result was lost on the way."""
        return max(self.arrived, self.numbered)

    @property
    def passed(self) -> bool:
        """Whether it was passed at least once."""
        return self.first_pass is not None

    def with_result(self, result: Result) -> Tries:
        """These tries and one more."""
        first = self.first_pass
        if result.passed and (first is None or _order(result) < _order(first)):
            first = result
        return Tries(
            self.arrived + 1,
            max(self.numbered, result.attempt),
            min(self.first_at, result.at),
            max(self.last, result, key=_order),
            first,
        )


def first_try(result: Result) -> Tries:
    """The tries after one result."""
    return Tries(1, result.attempt, result.at, result, result if result.passed else None)


class Progress:
    """One seat: its tries by exercise, the newest state of each of its kernels, and when it was last heard of."""

    def __init__(self, seat: str) -> None:
        self.seat = seat
        self.tries: dict[str, Tries] = {}
        self.heard: datetime | None = None
        self._states: dict[str, SeatState] = {}

    def add_result(self, result: Result) -> None:
        """Count a result."""
        known = self.tries.get(result.exercise)
        self.tries[result.exercise] = first_try(result) if known is None else known.with_result(result)

    def add_state(self, state: SeatState) -> None:
        """Keep a state, if it is its kernel's newest."""
        known = self._states.get(state.kernel)
        if known is None or state.at > known.at:
            self._states[state.kernel] = state

    def add_sign_of_life(self, at: datetime) -> None:
        """Something was heard of the seat at that time."""
        self.heard = at if self.heard is None else max(self.heard, at)

    @property
    def state(self) -> SeatState | None:
        """The newest state that names a lesson; None without one."""
        naming = [state for state in self._states.values() if state.lesson]
        return max(naming, key=lambda state: (state.at, state.kernel), default=None)

    def opened(self, within: timedelta) -> datetime | None:
        """When it opened the lesson of its newest state. A kernel that is started anew goes on in its lesson.

        It does so if no more than `within` has passed since the seat's kernel before was heard of.
        """
        newest = self.state
        if newest is None:
            return None
        opened = newest.since
        earlier = sorted((s for s in self._states.values() if s.lesson), key=lambda s: (s.at, s.kernel))
        for state in reversed(earlier[:-1]):
            if state.lesson != newest.lesson or opened - state.at > within:
                break
            opened = min(opened, state.since)
        return opened

    @property
    def last_result(self) -> Result | None:
        """The newest result; None without one."""
        return max((tries.last for tries in self.tries.values()), key=_order, default=None)

    @property
    def spent_usd(self) -> float:
        """What the calls of all its kernels have cost."""
        return sum(state.spent_usd for state in self._states.values())

    @property
    def calls(self) -> int:
        """How many calls all its kernels have made."""
        return sum(state.calls for state in self._states.values())

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return sum(state.failed for state in self._states.values())


def _order(result: Result) -> tuple[datetime, int, str]:
    """By time; the rest decides between results of one moment the same way each time."""
    return result.at, result.attempt, result.id
