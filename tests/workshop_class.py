"""A made-up class in the middle of a workshop: what its seats have reported, for the tests of the board."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

from workshop_made import made_result, made_state

from gateway_kit.workshop.board.lessons import all_lessons
from gateway_kit.workshop.record import Workshop
from gateway_kit.workshop.results import Report, Result, SeatState
from gateway_kit.workshop.verified import Forged, Verified

FACTS = (
    "`fallbacks` names a model of another provider",
    "every one of the 20 calls of `outage` was answered",
    "the key's budget is at most 0.05 US dollars",
    "at least 90 % of the calls were answered from the cache",
)


LESSONS = [path.stem for path in sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))]
EXERCISES = [name for lesson in all_lessons() for name in lesson.exercises]


def class_reports(workshop: Workshop, now: datetime, seed: int = 1) -> list[Report]:
    """What the seats have reported until now; a few are quick, stuck or away, and every twelfth never came."""
    dice = random.Random(seed)
    came = [(place, seat.name) for place, seat in enumerate(workshop.seats) if place % 12 != 11]
    return [report for place, seat in came for report in _of_seat(workshop, seat, place, now, dice)]


def as_verified(made: list[Report], *forged: Forged) -> Verified:
    """Reports as the board gets them."""
    return Verified(
        [report for report in made if isinstance(report, Result)],
        [report for report in made if isinstance(report, SeatState)],
        list(forged),
    )


def _of_seat(workshop: Workshop, seat: str, place: int, now: datetime, dice: random.Random) -> list[Report]:
    stuck, away = place % 8 == 3, place % 10 == 7
    reached = len(EXERCISES) if place % 14 == 5 else int(4 + dice.random() * 9)
    made: list[Report] = []
    end = now - timedelta(minutes=14 + dice.random() * 15 if stuck or away else 1 + dice.random() * 8)
    for steps, exercise in enumerate(EXERCISES[:reached]):
        at = end - timedelta(minutes=(reached - 1 - steps) * 6)
        tries = 1
        while dice.random() < 0.45 and tries < 6:
            tries += 1
        for attempt in range(1, tries):
            missing = tuple(dice.sample(FACTS, dice.choice((1, 1, 2))))
            tried = at - timedelta(minutes=(tries - attempt) * 0.7)
            made.append(
                made_result(
                    workshop, seat, exercise, attempt=attempt, at=tried, passed=False, missing=missing
                )
            )
        shown = dice.random() < 0.12
        made.append(made_result(workshop, seat, exercise, attempt=tries, at=at, solution_shown=shown))
    last = EXERCISES[min(reached, len(EXERCISES) - 1)]
    tries = dice.choice((0, 2, 3, 4)) if stuck else dice.choice((0, 0, 1))
    for attempt in range(1, tries + 1 if reached < len(EXERCISES) else 1):
        tried, missing = end + timedelta(minutes=attempt / 2), (dice.choice(FACTS),)
        made.append(
            made_result(workshop, seat, last, attempt=attempt, at=tried, passed=False, missing=missing)
        )
    lesson = next(name for name in LESSONS if name.startswith(last[:2]))
    heard = now - timedelta(minutes=11) if away else now - timedelta(seconds=dice.random() * 200)
    state = made_state(
        workshop, seat, lesson=lesson, since=end - timedelta(minutes=9), at=heard, calls=dice.randrange(20, 400),
        failed=dice.choice((0, 0, 0, 1, 2, 7, 23)), spent_usd=dice.random() ** 3 * 0.4,
    )  # fmt: skip
    return [*made, state]
