"""Where a seat is in the lessons, and whether it needs somebody. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from gateway_kit.workshop.board.lessons import Lesson, lesson_number
from gateway_kit.workshop.board.progress import Progress

# A seat of which nothing was heard for so long is away: nobody knows whether it is stuck.
AWAY_AFTER = timedelta(minutes=10)
STUCK_AFTER = timedelta(minutes=10)


class Kind(Enum):
    """Whether a seat needs somebody.

    ABSENT   nothing was ever heard of it
    WORKING  it is in a lesson, and has got on with it lately
    STUCK    it has been in the same exercise for more than ten minutes without passing it, and is active
    AWAY     nothing was heard of it for more than ten minutes
    DONE     it has passed every exercise
    """

    ABSENT = "not joined"
    WORKING = "working"
    STUCK = "stuck"
    AWAY = "away"
    DONE = "done"


@dataclass(frozen=True)
class Standing:
    """Where a seat is, and whether it needs somebody.

    lesson    the number of its lesson; empty if nothing says so
    opened    when it opened the lesson; None if nothing says so
    exercise  the exercise it is in; empty after the lesson's last one
    since     when it came to this exercise, or passed the last one; None before it has joined
    """

    kind: Kind
    lesson: str = ""
    opened: datetime | None = None
    exercise: str = ""
    since: datetime | None = None


def standing(
    progress: Progress, lessons: Sequence[Lesson], now: datetime, stuck_after: timedelta = STUCK_AFTER
) -> Standing:
    """Where a seat is.

    Its lesson is the one that it opened or checked an exercise of last. Its exercise is the one that it checked last,
    if that is in this lesson and not passed; else the next of this lesson that it has not passed, tried or not.
    It has been in this exercise since it opened the lesson or last checked another exercise, passed or not, whichever
    was later; a kernel that is started anew goes on with its lesson.

    It is stuck if that is more than `stuck_after` ago and something (a check, a call) was heard of it in the last ten
    minutes. If nothing was, it is away, whatever it did before: it may have left, or sit before the screen and read.
    """
    if progress.heard is None:
        return Standing(Kind.ABSENT)
    lesson, opened = _lesson(progress)
    exercises = next((one.exercises for one in lessons if one.number == lesson), ())
    exercise = _exercise(progress, exercises)
    since = min(_since(progress, exercise, opened) or progress.heard, now)
    if all(_passed(progress, name) for one in lessons for name in one.exercises):
        return Standing(Kind.DONE, lesson, opened, exercise, since)
    if now - progress.heard > AWAY_AFTER:
        return Standing(Kind.AWAY, lesson, opened, exercise, since)
    stuck = bool(exercise) and now - since > stuck_after
    return Standing(Kind.STUCK if stuck else Kind.WORKING, lesson, opened, exercise, since)


def _lesson(progress: Progress) -> tuple[str, datetime | None]:
    """The number of the seat's lesson, and when it opened it, if it said so."""
    state, last = progress.state, progress.last_result
    if state is not None and (last is None or state.at >= last.at):
        return lesson_number(state.lesson), progress.opened(AWAY_AFTER)
    if last is None:
        return "", None
    lesson = lesson_number(last.exercise)
    same = state is not None and lesson_number(state.lesson) == lesson
    return lesson, progress.opened(AWAY_AFTER) if same else None


def _exercise(progress: Progress, exercises: Sequence[str]) -> str:
    left = [name for name in exercises if not _passed(progress, name)]
    last = progress.last_result
    if last is None or last.exercise not in exercises:
        return left[0] if left else ""
    if last.exercise in left:
        return last.exercise
    after = [name for name in left if exercises.index(name) > exercises.index(last.exercise)]
    return next(iter([*after, *left]), "")


def _since(progress: Progress, exercise: str, opened: datetime | None) -> datetime | None:
    """When the seat came to its exercise. Without a word of when it opened the lesson, its first check says so."""
    others = [tries.last.at for name, tries in progress.tries.items() if name != exercise]
    known = [*others, *([] if opened is None else [opened])]
    if not known and exercise in progress.tries:
        return progress.tries[exercise].first_at
    return max(known, default=None)


def _passed(progress: Progress, exercise: str) -> bool:
    tries = progress.tries.get(exercise)
    return tries is not None and tries.passed
