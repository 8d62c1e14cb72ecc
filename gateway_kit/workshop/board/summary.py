"""The board as lines of text, for a terminal."""

from __future__ import annotations

from gateway_kit.workshop.board.board import Snapshot
from gateway_kit.workshop.board.standing import Kind
from gateway_kit.workshop.board.words import forgeries_text, place_text, stuck_text, totals_text


def summary_text(snapshot: Snapshot) -> str:
    """The totals, a line per seat, who is stuck, and what does not count."""
    exercises = sum(len(lesson.exercises) for lesson in snapshot.lessons)
    width = max(len(row.label) for row in snapshot.rows)
    seats = [
        f"{row.label:<{width}}  {row.passed:>2} of {exercises}  {place_text(row, snapshot)}"
        for row in snapshot.rows
    ]
    stuck = [f"Stuck: {row.label} {stuck_text(row)}" for row in snapshot.of_kind(Kind.STUCK)]
    lines = [f"{snapshot.workshop}: {totals_text(snapshot)}", *seats, *stuck, forgeries_text(snapshot)]
    return "\n".join(line for line in lines if line)
