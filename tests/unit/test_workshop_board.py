"""The board: how each seat stands, whatever the order of the reports."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest
from workshop_class import EXERCISES, as_verified, class_reports
from workshop_made import BEGIN, made_result, made_state, made_workshop

from gateway_kit.lessons.registry import EXERCISES as REGISTERED
from gateway_kit.workshop.board.board import Board, Row, Snapshot
from gateway_kit.workshop.board.lessons import all_lessons
from gateway_kit.workshop.board.standing import Kind
from gateway_kit.workshop.results import Report, Result, SeatState
from gateway_kit.workshop.verified import Forged

WORKSHOP = made_workshop()


def after(minutes: float) -> datetime:
    return BEGIN + timedelta(minutes=minutes)


def failed(minute: float, exercise: str = "01.1", attempt: int = 1, **fields: object) -> Result:
    given = {"missing": ("`steady` is a function",), **fields}
    return made_result(WORKSHOP, exercise=exercise, attempt=attempt, at=after(minute), passed=False, **given)


def passed(minute: float, exercise: str = "01.1", attempt: int = 1, **fields: object) -> Result:
    return made_result(WORKSHOP, exercise=exercise, attempt=attempt, at=after(minute), **fields)


def opened(
    minute: float, lesson: str = "01_routing", heard: float | None = None, **fields: object
) -> SeatState:
    at = after(minute if heard is None else heard)
    return made_state(WORKSHOP, lesson=lesson, since=after(minute), at=at, **fields)


def board_at(minute: float, *made: Report, **options: object) -> Snapshot:
    board = Board(WORKSHOP, **options)
    board.add(as_verified(list(made)), after(minute))
    return board.snapshot(after(minute))


def row_at(minute: float, *made: Report) -> Row:
    return board_at(minute, *made).rows[0]


def test_the_columns_are_the_lessons_exercises() -> None:
    lessons = all_lessons()
    assert [name for lesson in lessons for name in lesson.exercises] == list(REGISTERED)
    assert [(lesson.number, lesson.title) for lesson in lessons[:2]] == [
        ("00", "start here"),
        ("01", "routing"),
    ]
    assert all(lesson.title for lesson in lessons)


def test_tries_are_counted_and_the_first_pass_stays() -> None:
    first = passed(9, attempt=3, solution_shown=True)
    row = row_at(20, failed(3), failed(5, attempt=2), first, passed(11, attempt=4), failed(12, "01.2"))
    tries = row.tries["01.1"]
    assert (tries.count, tries.first_pass, tries.passed, tries.last.attempt) == (4, first, True, 4)
    assert not row.tries["01.2"].passed
    assert row.passed == 1
    assert "02.1" not in row.tries


def test_a_result_that_was_lost_on_the_way_counts_as_a_try() -> None:
    assert row_at(9, failed(3, attempt=4)).tries["01.1"].count == 4
    assert row_at(9, failed(3, attempt=1), failed(4, attempt=5)).tries["01.1"].count == 5


def test_spent_and_errors_are_the_sum_of_all_kernels_newest_states() -> None:
    row = row_at(
        30,
        opened(1, kernel="a", heard=5, calls=9, failed=2, spent_usd=0.2),
        opened(1, kernel="a", heard=4, calls=8, failed=9, spent_usd=0.1),
        opened(8, kernel="b", lesson="", calls=1, failed=1, spent_usd=0.5),
    )
    assert (row.calls, row.failed, row.spent_usd) == (10, 3, pytest.approx(0.7))
    assert row.standing.lesson == "01", "a kernel without a lesson does not say where the seat is"


@pytest.mark.parametrize("seed", range(5))
def test_the_order_in_which_reports_come_makes_no_difference(seed: int) -> None:
    made = class_reports(WORKSHOP, after(0), seed)
    in_order, shuffled = Board(WORKSHOP), Board(WORKSHOP)
    in_order.add(as_verified(made), after(0))
    random.Random(seed).shuffle(made)
    for report in made:
        shuffled.add(as_verified([report]), after(0))
    assert shuffled.snapshot(after(1)) == in_order.snapshot(after(1))


NOW = 40.0
STANDINGS = {
    "nothing was heard of it": ([], Kind.ABSENT, "", None),
    "it has opened a lesson": ([opened(35)], Kind.WORKING, "01.1", 35),
    "it is in a lesson and has not tried anything for long": ([opened(25, heard=39)], Kind.STUCK, "01.1", 25),
    "exactly ten minutes are not more than ten": ([opened(30, heard=39)], Kind.WORKING, "01.1", 30),
    "it has tried again and again": (
        [opened(20), failed(28), failed(39, attempt=2)], Kind.STUCK, "01.1", 20,
    ),
    "it has passed one lately": ([opened(10), passed(31)], Kind.WORKING, "01.2", 31),
    "it has passed one long ago and calls": ([opened(10, heard=39), passed(29)], Kind.STUCK, "01.2", 29),
    "another exercise was checked lately": (
        [opened(10), failed(12, "01.2"), failed(35), failed(39, "01.2", 2)], Kind.WORKING, "01.2", 35,
    ),
    "it checked a passed exercise again": ([opened(10), passed(12), passed(38, attempt=2)], Kind.WORKING, "01.2", 38),
    "it went on to another lesson": (
        [opened(10), failed(20), opened(32, "02_virtual_keys", 39, kernel="b")], Kind.WORKING, "02.1", 32,
    ),
    "it went back to the one that it left": (
        [opened(5, heard=39), opened(20, "02_virtual_keys", 30, kernel="b")], Kind.STUCK, "01.1", 5,
    ),
    "it has no state, only results": ([failed(25), failed(38, attempt=2)], Kind.STUCK, "01.1", 25),
    "its lesson is done": ([opened(5, heard=39), passed(12), passed(14, "01.2")], Kind.WORKING, "", 14),
    "it went silent": ([opened(20), failed(29)], Kind.AWAY, "01.1", 20),
    "it went silent after it was stuck": ([opened(0), failed(29)], Kind.AWAY, "01.1", 0),
    "it has passed all, and gone": (
        [passed(n, name) for n, name in enumerate(EXERCISES)], Kind.DONE, "", len(EXERCISES) - 1,
    ),
    "its clock is ahead": ([opened(55)], Kind.WORKING, "01.1", NOW),
}  # fmt: skip


@pytest.mark.parametrize(("made", "kind", "exercise", "since"), STANDINGS.values(), ids=STANDINGS)
def test_where_a_seat_stands(made: list[Report], kind: Kind, exercise: str, since: float | None) -> None:
    standing = row_at(NOW, *made).standing
    assert (standing.kind, standing.exercise) == (kind, exercise)
    assert standing.since == (None if since is None else after(since))


@pytest.mark.parametrize(
    ("made", "since"),
    [
        ([opened(0, heard=8), opened(9, kernel="b", heard=14)], 0),
        ([opened(0, heard=3), opened(4, kernel="b", heard=6), opened(9, kernel="c", heard=14)], 0),
        ([opened(0, heard=3), opened(14, kernel="b", heard=14)], 14),
        ([opened(0, heard=8), opened(9, "02_virtual_keys", 10, kernel="b"), opened(11, kernel="c")], 11),
    ],
    ids=["a restart", "two restarts", "after a break", "after another lesson"],
)
def test_a_restarted_kernel_goes_on_with_its_lesson(made: list[Report], since: float) -> None:
    assert row_at(14, *made).standing.since == after(since)
    assert row_at(14, *reversed(made)).standing.opened == after(since)


def test_what_comes_while_one_looks_was_heard_now_whatever_the_seats_clock_says() -> None:
    board = Board(WORKSHOP)
    board.add(as_verified([opened(0, heard=1)]), after(NOW), live=True)
    assert board.snapshot(after(NOW)).rows[0].heard == after(NOW)
    assert board.snapshot(after(NOW)).rows[0].standing.kind is Kind.STUCK
    assert board.snapshot(after(NOW + 11)).rows[0].standing.kind is Kind.AWAY


def test_a_clock_that_is_ahead_does_not_keep_a_seat_from_being_away() -> None:
    for report in (failed(NOW + 60), opened(NOW + 60)):
        board = Board(WORKSHOP)
        board.add(as_verified([report]), after(NOW))
        assert board.snapshot(after(NOW + 11)).rows[0].standing.kind is Kind.AWAY


def test_stuck_after_other_minutes() -> None:
    made = [opened(20, heard=39)]
    assert board_at(NOW, *made, stuck_after=timedelta(minutes=25)).of_kind(Kind.STUCK) == []
    assert len(board_at(NOW, *made, stuck_after=timedelta(minutes=15)).of_kind(Kind.STUCK)) == 1


def test_the_facts_that_most_seats_miss_still_come_first() -> None:
    def of(seat: str, minute: float, attempt: int, *missing: str) -> Result:
        return made_result(
            WORKSHOP, seat, at=after(minute), attempt=attempt, passed=not missing, missing=missing
        )

    made = [
        of("seat-01", 1, 1, "seldom", "often"), of("seat-01", 2, 2, "often"), of("seat-01", 3, 3),
        of("seat-02", 1, 1, "often"), of("seat-02", 2, 2, "often\n again   and again"), of("seat-02", 3, 3, "often"),
        of("seat-03", 1, 1, "seldom", "now"), of("seat-01", 2.5, 4, "often again and again"),
    ]  # fmt: skip
    (note,) = [note for note in board_at(9, *made).notes if note.exercise == "01.1"]
    assert (note.passed, note.tried) == (1, 2)
    assert [(fact.text, fact.seats, fact.still) for fact in note.facts] == [
        ("often", 2, 1), ("seldom", 2, 1), ("now", 1, 1), ("often again and again", 2, 0),
    ]  # fmt: skip


def test_a_seat_cannot_flood_the_notes() -> None:
    made = [failed(n, attempt=n, missing=(f"{n} " + "x" * 5000,)) for n in range(1, 300)]
    board = Board(WORKSHOP)
    board.add(as_verified(made), after(0))
    notes = board.snapshot(after(0)).notes
    assert max(len(fact.text) for note in notes for fact in note.facts) == 300
    assert len(board._missing["01.1"]._seats) == 100


def test_an_exercise_of_another_version_is_left_out() -> None:
    snapshot = board_at(5, made_result(WORKSHOP, exercise="99.1", at=after(4)))
    assert snapshot.rows[0].tries == {}
    assert snapshot.rows[0].standing.kind is Kind.ABSENT


def test_forgeries_are_counted_by_the_name_that_they_bear_and_nothing_else_is() -> None:
    board = Board(WORKSHOP)
    forged = [
        Forged(str(n), "exercise-01.1", seat) for n, seat in enumerate(["seat-02", "seat-02", "seat-77"])
    ]
    board.add(as_verified([], *forged), after(0))
    snapshot = board.snapshot(after(0))
    assert [(one.label, one.count, one.known) for one in snapshot.forgeries] == [
        ("seat-02", 2, True), ("seat-77", 1, False),
    ]  # fmt: skip
    assert [row.standing.kind for row in snapshot.rows] == [Kind.ABSENT] * 3
    assert [(note.passed, note.tried) for note in snapshot.notes] == [(0, 0)] * len(EXERCISES)


def test_hidden_names_are_numbers_in_an_order_of_their_own_that_stays() -> None:
    workshop = made_workshop(40)
    board = Board(workshop)
    shown = board.snapshot(after(0), names_hidden=True)
    assert [row.label for row in shown.rows] == [str(number) for number in range(1, 41)]
    order = [row.seat for row in shown.rows]
    assert order != [seat.name for seat in workshop.seats]
    assert sorted(order) == [seat.name for seat in workshop.seats]
    assert [row.seat for row in Board(workshop).snapshot(after(9), names_hidden=True).rows] == order
    other = Board(made_workshop(40)).snapshot(after(0), names_hidden=True)
    assert [row.seat for row in other.rows] != order, "only the workshop's secret gives the order"
