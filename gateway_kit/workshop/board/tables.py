"""The board as a table, and as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gateway_kit.common.tables import TIME, Column, Table
from gateway_kit.workshop.board.board import Row, Snapshot
from gateway_kit.workshop.board.progress import Tries
from gateway_kit.workshop.kept_results import plain_cell

if TYPE_CHECKING:
    import pandas as pd

BOARD = Table(
    Column("seat", "string", "its name, or its number where names are hidden"),
    Column("lesson", "string", 'the lesson\'s number, such as "01"'),
    Column("exercise", "string", 'the exercise, such as "01.2"'),
    Column("state", "string", '"passed", "tried" or "not begun"'),
    Column("tries", "Int64", "how often it was checked"),
    Column("passed_at", TIME, "when it was first passed; missing if it was not"),
    Column("passed_at_try", "Int64", "the number of that check; missing if it was not passed"),
    Column(
        "solution_shown",
        "boolean",
        "whether the solution had been shown before; missing if it was not passed",
    ),
    Column("last_try", TIME, "when it was last checked; missing before the first check"),
    Column("missing", "string", "what the last check missed, separated by semicolons"),
)


def board_frame(snapshot: Snapshot) -> pd.DataFrame:
    """One row per seat and exercise, with the columns of `BOARD`."""
    return BOARD.frame(_rows(snapshot))


def board_csv(snapshot: Snapshot) -> str:
    """The same as CSV. No cell is a formula to a spreadsheet."""
    frame = board_frame(snapshot)
    frame["missing"] = frame["missing"].map(plain_cell, na_action="ignore")
    return str(frame.to_csv(index=False))


def _rows(snapshot: Snapshot) -> Iterator[dict[str, Any]]:
    for row in snapshot.rows:
        for lesson in snapshot.lessons:
            for exercise in lesson.exercises:
                named = {"seat": row.label, "lesson": lesson.number, "exercise": exercise}
                yield {**named, **_facts(row, exercise)}


def _facts(row: Row, exercise: str) -> dict[str, Any]:
    tries = row.tries.get(exercise)
    if tries is None:
        return {"state": "not begun", "tries": 0}
    return {
        "state": "passed" if tries.passed else "tried",
        "tries": tries.count,
        "last_try": tries.last.at,
        "missing": "; ".join(tries.last.missing) or None,
        **_pass(tries),
    }


def _pass(tries: Tries) -> dict[str, Any]:
    first = tries.first_pass
    if first is None:
        return {}
    return {"passed_at": first.at, "passed_at_try": first.attempt, "solution_shown": first.solution_shown}
