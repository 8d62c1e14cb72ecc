"""The board: takes reports as they come, and says at any time how every seat stands."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway_kit.workshop.board.lessons import Lesson, all_lessons
from gateway_kit.workshop.board.missing import Fact, Missing
from gateway_kit.workshop.board.progress import Progress, Tries
from gateway_kit.workshop.board.standing import STUCK_AFTER, Kind, Standing, standing
from gateway_kit.workshop.record import Workshop
from gateway_kit.workshop.verified import Verified


@dataclass(frozen=True)
class Row:
    """One seat at one moment.

    label  what it is called on the board
    heard  when it was last heard of; None if it never was
    tries  by exercise
    """

    seat: str
    label: str
    standing: Standing
    heard: datetime | None
    tries: dict[str, Tries]
    spent_usd: float
    calls: int
    failed: int

    @property
    def passed(self) -> int:
        """How many exercises it has passed."""
        return sum(tries.passed for tries in self.tries.values())


@dataclass(frozen=True)
class Note:
    """One exercise: how many seats passed it, how many tried and have not, and the facts most often missing."""

    exercise: str
    passed: int
    tried: int
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Forgery:
    """How many scores were stored in the name of `label` that it has not signed; `known`: the workshop has the seat."""

    label: str
    count: int
    known: bool


@dataclass(frozen=True)
class Snapshot:
    """The whole board at one moment.

    names_hidden  whether rows are called by numbers that do not give the seat away, and stand in their order
    trouble       why the board may be out of date, in a sentence; empty if it is not
    """

    workshop: str
    at: datetime
    closed: datetime | None
    lessons: tuple[Lesson, ...]
    rows: tuple[Row, ...]
    notes: tuple[Note, ...]
    forgeries: tuple[Forgery, ...]
    stuck_after: timedelta
    names_hidden: bool
    trouble: str

    def of_kind(self, kind: Kind) -> list[Row]:
        """The rows of a kind, those that have waited longest first."""
        rows = [row for row in self.rows if row.standing.kind is kind]
        return sorted(rows, key=lambda row: row.standing.since or self.at)


class Board:
    """A workshop's board. Each report may be added once only; the order does not matter."""

    def __init__(
        self,
        workshop: Workshop,
        lessons: Sequence[Lesson] | None = None,
        *,
        stuck_after: timedelta = STUCK_AFTER,
    ) -> None:
        self.workshop = workshop
        self.lessons = all_lessons() if lessons is None else tuple(lessons)
        self._stuck_after = stuck_after
        self._exercises = [name for lesson in self.lessons for name in lesson.exercises]
        self._seats = {seat.name: Progress(seat.name) for seat in workshop.seats}
        self._missing = {name: Missing() for name in self._exercises}
        self._forged: Counter[str] = Counter()

    def add(self, found: Verified, now: datetime, *, live: bool = False) -> None:
        """Count what the store had. `live`: it has arrived just now, whatever the time on the seat's own clock."""
        for result in found.results:
            if result.exercise in self._missing:
                progress = self._seats[result.seat]
                progress.add_result(result)
                progress.add_sign_of_life(now if live else min(result.at, now))
                self._missing[result.exercise].add(result)
        for state in found.states:
            progress = self._seats[state.seat]
            progress.add_state(state)
            progress.add_sign_of_life(now if live else min(state.at, now))
        self._forged.update(forged.seat for forged in found.forged)

    def snapshot(self, now: datetime, *, names_hidden: bool = False, trouble: str = "") -> Snapshot:
        """Everything as it is now, or as it was when the workshop was closed."""
        if self.workshop.closed is not None:
            now = min(now, self.workshop.closed)
        labels = _labels(self.workshop, names_hidden)
        return Snapshot(
            self.workshop.name,
            now,
            self.workshop.closed,
            self.lessons,
            tuple(self._row(seat, label, now) for seat, label in labels.items()),
            tuple(self._note(exercise) for exercise in self._exercises),
            tuple(
                _forgery(seat, count, labels, names_hidden) for seat, count in sorted(self._forged.items())
            ),
            self._stuck_after,
            names_hidden,
            trouble,
        )

    def _row(self, seat: str, label: str, now: datetime) -> Row:
        progress = self._seats[seat]
        return Row(
            seat,
            label,
            standing(progress, self.lessons, now, self._stuck_after),
            progress.heard,
            dict(progress.tries),
            progress.spent_usd,
            progress.calls,
            progress.failed,
        )

    def _note(self, exercise: str) -> Note:
        tries = {seat: one.tries[exercise] for seat, one in self._seats.items() if exercise in one.tries}
        passed = sum(one.passed for one in tries.values())
        return Note(exercise, passed, len(tries) - passed, self._missing[exercise].facts(tries))


def _labels(workshop: Workshop, hidden: bool) -> dict[str, str]:
    """What each seat is called, in the order of the rows.

    The number in a seat's name would say as much as the name, so hidden seats are numbered in an order that only the
    workshop's secret gives; it stays the same for the whole workshop.
    """
    names = [seat.name for seat in workshop.seats]
    if not hidden:
        return {name: name for name in names}
    secret = bytes.fromhex(workshop.secret)
    names.sort(key=lambda name: hmac.digest(secret, f"order of {name}".encode(), "sha256"))
    return {name: str(number) for number, name in enumerate(names, 1)}


def _forgery(seat: str, count: int, labels: dict[str, str], hidden: bool) -> Forgery:
    known = seat in labels
    return Forgery(labels[seat] if known else "" if hidden else seat[:40], count, known)
