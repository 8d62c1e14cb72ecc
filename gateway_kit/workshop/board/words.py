"""Times, counts and places of the board, as it words them."""

from __future__ import annotations

from datetime import datetime

from gateway_kit.common.words import counted
from gateway_kit.workshop.board.board import Row, Snapshot
from gateway_kit.workshop.board.progress import Tries
from gateway_kit.workshop.board.standing import Kind


def clock(at: datetime) -> str:
    """A time of today on this machine's clock, such as 14:03."""
    return f"{at.astimezone():%H:%M}"


def minutes(since: datetime, now: datetime) -> str:
    """How long ago it was: 12 min, 1 h 05."""
    passed = max(0, int((now - since).total_seconds() // 60))
    return f"{passed} min" if passed < 60 else f"{passed // 60} h {passed % 60:02d}"


def tries_text(tries: Tries | None) -> str:
    """What a cell of the grid says in words."""
    if tries is None:
        return "not begun"
    first = tries.first_pass
    if first is None:
        return f"tried {_times(tries.count)}, last at {clock(tries.last.at)}"
    shown = " after the solution was shown" if first.solution_shown else ""
    return f"passed{shown} at check {first.attempt}, {clock(first.at)}"


def place_text(row: Row, snapshot: Snapshot) -> str:
    """Where a seat is, in a few words: its exercise, or why there is none."""
    where = row.standing
    if where.kind is Kind.ABSENT:
        return "not joined"
    if where.kind is Kind.DONE:
        return "all passed"
    if where.kind is Kind.AWAY and row.heard is not None:
        return f"away since {clock(row.heard)}"
    if where.since is None or not where.lesson:
        return "joined"
    has_exercises = any(lesson.number == where.lesson for lesson in snapshot.lessons)
    place = where.exercise or (f"{where.lesson} done" if has_exercises else where.lesson)
    return f"{place}, {minutes(where.since, snapshot.at)}"


def lesson_text(row: Row, snapshot: Snapshot) -> str:
    """Which lesson a seat is in, and since when; empty if nothing says so."""
    where = row.standing
    title = next((lesson.title for lesson in snapshot.lessons if lesson.number == where.lesson), "")
    if not where.lesson:
        return ""
    since = f" since {clock(where.opened)}" if where.opened is not None else ""
    return f"in {where.lesson} {title}".rstrip() + since


def stuck_text(row: Row) -> str:
    """How a seat is stuck: in which exercise, how often tried, since when. It does not change while the seat is."""
    where = row.standing
    tries = row.tries.get(where.exercise)
    tried = "not tried" if tries is None else f"tried {_times(tries.count)}"
    since = "" if where.since is None else f", since {clock(where.since)}"
    return f"{where.exercise}, {tried}{since}"


def totals_text(snapshot: Snapshot) -> str:
    """The whole workshop in one line."""
    rows = snapshot.rows
    exercises = sum(len(lesson.exercises) for lesson in snapshot.lessons)
    joined = sum(row.standing.kind is not Kind.ABSENT for row in rows)
    passed, failed = sum(row.passed for row in rows), sum(row.failed for row in rows)
    closed = "" if snapshot.closed is None else f" · closed at {clock(snapshot.closed)}"
    seats, spent = counted(len(rows), "seat"), usd(sum(row.spent_usd for row in rows))
    return (
        f"{joined} of {seats} joined · {passed:,} of {len(rows) * exercises:,} exercises passed · {spent} spent · "
        f"{counted(failed, 'failed call')}{closed}"
    )


def forgeries_text(snapshot: Snapshot) -> str:
    """Which scores are forged, in a sentence; empty if none is."""
    found = snapshot.forgeries
    if not found:
        return ""
    count = sum(forgery.count for forgery in found)
    named = ", ".join(
        f"{forgery.label or 'a seat'} ({forgery.count}{'' if forgery.known else ', no such seat'})"
        for forgery in found[:10]
    )
    more = f" and {counted(len(found) - 10, 'more name')}" if len(found) > 10 else ""
    was = "score is" if count == 1 else "scores are"
    return f"{count:,} {was} not signed by the seat that they name, and not counted: {named}{more}."


def usd(amount: float) -> str:
    """An amount; below one dollar with a third place, since the lessons' calls cost little: $12.30, $0.042."""
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.3f}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
