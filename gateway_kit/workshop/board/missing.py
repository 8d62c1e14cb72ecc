"""Which facts are missing most often at an exercise: what the facilitator should explain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway_kit.workshop.board.progress import Tries
from gateway_kit.workshop.results import Result

# A seat can write what it likes: no exercise has so many criteria, nor any criterion so many characters.
_MOST_FACTS = 100
_LONGEST = 300


@dataclass(frozen=True)
class Fact:
    """A criterion, the number of seats that missed it at some check, and of those that miss it still."""

    text: str
    seats: int
    still: int


class Missing:
    """The criteria of one exercise that were not met, by seat."""

    def __init__(self) -> None:
        self._seats: dict[str, set[str]] = {}

    def add(self, result: Result) -> None:
        """Count what a result misses."""
        for text in result.missing:
            fact = shortened(text)
            if fact in self._seats or len(self._seats) < _MOST_FACTS:
                self._seats.setdefault(fact, set()).add(result.seat)

    def facts(self, tries: Mapping[str, Tries], most: int = 5) -> tuple[Fact, ...]:
        """The criteria that most seats miss still, then those that most missed; `tries` are this exercise's by seat."""
        still = {seat: _still(one) for seat, one in tries.items()}
        found = [
            Fact(text, len(seats), sum(text in still.get(seat, ()) for seat in seats))
            for text, seats in self._seats.items()
        ]
        return tuple(sorted(found, key=lambda fact: (-fact.still, -fact.seats, fact.text))[:most])


def shortened(text: str) -> str:
    """A criterion as it is shown: on one line, and not endless."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _still(tries: Tries) -> Iterable[str]:
    return () if tries.passed else {shortened(text) for text in tries.last.missing}
