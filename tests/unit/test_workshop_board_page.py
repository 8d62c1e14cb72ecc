"""The board as HTML, CSV and text: what each sign says to eyes and to screen readers."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from workshop_class import EXERCISES, LESSONS, as_verified, class_reports
from workshop_made import BEGIN, made_result, made_state, made_workshop

from gateway_kit.workshop.board.board import Board, Snapshot
from gateway_kit.workshop.board.page import board_html, content_security_policy, live_page, static_page
from gateway_kit.workshop.board.summary import summary_text
from gateway_kit.workshop.board.tables import BOARD, board_csv, board_frame
from gateway_kit.workshop.board.words import minutes, usd
from gateway_kit.workshop.record import Workshop
from gateway_kit.workshop.results import Report
from gateway_kit.workshop.verified import Forged
from tests.unit.widget_parts import Tags

HOSTILE = "<script>alert(1)</script>\"'&"
NOW = BEGIN + timedelta(minutes=40)


def snapshot_of(
    *made: Report, seats: int = 3, hidden: bool = False, workshop: Workshop | None = None
) -> Snapshot:
    board = Board(workshop or made_workshop(seats))
    board.add(as_verified(list(made)), NOW)
    return board.snapshot(NOW, names_hidden=hidden)


WORKSHOP = made_workshop()


def failed(
    minute: float, exercise: str = "01.1", seat: str = "seat-01", attempt: int = 1, **fields: object
) -> Report:
    at = BEGIN + timedelta(minutes=minute)
    return made_result(WORKSHOP, seat, exercise, attempt=attempt, at=at, passed=False, **fields)


def passed(minute: float, exercise: str, seat: str = "seat-01", attempt: int = 1, **fields: object) -> Report:
    at = BEGIN + timedelta(minutes=minute)
    return made_result(WORKSHOP, seat, exercise, attempt=attempt, at=at, **fields)


def at(minute: float) -> str:
    return f"{(BEGIN + timedelta(minutes=minute)).astimezone():%H:%M}"


CLASS = (
    passed(5, "00.1"), passed(9, "01.1", attempt=2, solution_shown=True),
    failed(20, "01.2"), failed(39, "01.2", attempt=2, missing=("`a` is set",)),
    made_state(WORKSHOP, "seat-02", since=BEGIN + timedelta(minutes=33), at=NOW, calls=9, failed=4),
)  # fmt: skip


def test_each_cell_has_a_sign_and_says_it_in_words() -> None:
    html = board_html(snapshot_of(*CLASS, workshop=WORKSHOP))
    tags = Tags(html)
    first, second, third = (row for row in tags.rows if row[0].startswith("seat-"))
    assert first[:7] == ["seat-01", "! 01.2, 31 min in 01 routing", "2", "✓", "(✓)", "2!", "·"]
    assert second[:5] == ["seat-02", f"01.1, 7 min in 01 routing since {at(33)}", "0", "·", "·"]
    assert second[-2:] == ["$0.001", "4"]
    assert tags.rows[-1][:6] == ["all", "seats that passed it", "2", "1", "1", "0"]
    assert tags.rows[-1][-2:] == ["$0.001", "4"]
    assert third == ["seat-03", "not joined", "0", *["·"] * len(EXERCISES), "·", "·"]
    said = [attributes["title"] for attributes in tags.attributes("span") if attributes.get("role") == "img"]
    assert len(said) == 3 * len(EXERCISES)
    assert said[:4] == [
        f"passed at check 1, {at(5)}", f"passed after the solution was shown at check 2, {at(9)}",
        f"tried 2 times, last at {at(39)}, stuck here", "not begun",
    ]  # fmt: skip
    assert said[len(EXERCISES) + 1] == "not begun, is here"


def test_the_grid_is_a_table_with_headers_and_a_caption_and_is_not_read_aloud_as_it_changes() -> None:
    tags = Tags(board_html(snapshot_of(*CLASS, workshop=WORKSHOP)))
    (caption,) = re.findall("<caption>(.*?)</caption>", board_html(snapshot_of(workshop=WORKSHOP)))
    assert caption == "Seats seat-01 to seat-03: what each has passed, and where it is now"
    scopes = [attributes["scope"] for attributes in tags.attributes("th")]
    assert scopes.count("row") == 3 + 1
    assert scopes.count("colgroup") == len(LESSONS)
    assert scopes.count("col") == 5 + len(EXERCISES)
    links = [attributes["aria-label"] for attributes in tags.attributes("a")]
    assert links == EXERCISES
    ids = [attributes["id"] for _, attributes in tags.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {attributes["href"] for attributes in tags.attributes("a")} <= {f"#{name}" for name in ids}
    assert {attributes["aria-describedby"] for attributes in tags.attributes("a")} <= set(ids)
    live = {attributes["aria-live"] for _, attributes in tags.found if "aria-live" in attributes}
    assert live == {"polite", "assertive"}
    assert not re.search("<table.*aria-live", board_html(snapshot_of(*CLASS, workshop=WORKSHOP)))


def test_who_is_stuck_is_said_in_words_that_stay_the_same_while_they_are() -> None:
    made = [*CLASS, failed(12, "02.1", seat="seat-03"), failed(38, "02.1", seat="seat-03", attempt=2)]
    board = Board(WORKSHOP)
    board.add(as_verified(made), NOW)
    now, later = (board_html(board.snapshot(NOW + timedelta(minutes=more))) for more in (0, 1))
    lists = [re.findall('<div aria-live="polite">(.*?)</div>', html)[0] for html in (now, later)]
    assert lists[0] == lists[1]
    assert (
        Tags(lists[0]).words
        == f"seat-01 01.2, tried 2 times, since {at(9)}seat-03 02.1, tried 2 times, since {at(12)}"
    )
    assert "Stuck for more than 10 minutes: 2" in now
    away = board_html(board.snapshot(NOW + timedelta(minutes=15)))
    assert "Nobody is stuck." in away
    assert f"<b>Away:</b> seat-01 since {at(39)}, seat-03 since {at(38)}, seat-02 since {at(40)}" in away


def test_a_note_says_what_is_missing_and_how_many_miss_it() -> None:
    made = [failed(1, missing=("`a` is set", "x < 3")), failed(2, seat="seat-02", missing=("`a` is set",))]
    html = board_html(snapshot_of(*made, passed(3, "01.1", attempt=2), workshop=WORKSHOP))
    assert "<li><code>a</code> is set (2 seats, 1 still)</li><li>x &lt; 3 (1 seat)</li>" in html
    assert "<h3>01.1</h3><p>1 seat passed, 1 seat has tried and not passed</p>" in html
    assert "<h3>01.2</h3>" not in html


def test_more_than_a_screen_of_seats_stand_in_two_tables() -> None:
    html = board_html(snapshot_of(seats=60))
    captions = re.findall("<caption>(.*?):", html)
    assert captions == ["Seats seat-01 to seat-30", "Seats seat-31 to seat-60"]
    assert html.count("<tbody>") == 2
    assert "--rows:30" in html
    ids = [attributes["id"] for _, attributes in Tags(html).found if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert "--rows:25" in board_html(snapshot_of(seats=25))


def test_hidden_names_are_nowhere_in_the_page() -> None:
    workshop = made_workshop(30)
    board = Board(workshop)
    board.add(
        as_verified(
            class_reports(workshop, NOW), Forged("x", "seat", "seat-03"), Forged("y", "seat", "seat-99")
        ),
        NOW,
    )
    hidden = board.snapshot(NOW, names_hidden=True)
    for text in (
        live_page(hidden, may_change_names=True),
        static_page(hidden),
        board_csv(hidden),
        summary_text(hidden),
    ):
        assert not re.search(r"seat-\d", text)
    assert "2 scores are not signed" in board_html(hidden)
    assert "seat-03 (1), seat-99 (1, no such seat)" in board_html(board.snapshot(NOW))


def test_what_a_seat_writes_is_shown_as_text() -> None:
    workshop = made_workshop()
    board = Board(workshop)
    made = [failed(1, missing=(HOSTILE,)), made_state(workshop, lesson=HOSTILE, at=NOW)]
    board.add(as_verified(made, Forged("x", HOSTILE, HOSTILE)), NOW)
    html = board_html(board.snapshot(NOW, trouble=HOSTILE))
    assert "script" not in Tags(html).names()
    assert HOSTILE in Tags(html).words


def test_the_pages_ask_no_other_host_and_the_static_one_has_no_script() -> None:
    snapshot = snapshot_of(*CLASS, workshop=WORKSHOP)
    live, still = live_page(snapshot, may_change_names=True), static_page(snapshot)
    for html in (live, still):
        assert not re.search(r"https?://|@import|url\(", html)
        assert html.startswith('<!doctype html><html lang="en"')
        assert "✓" in html
    assert "<script" not in still
    assert "<button" not in still
    assert "As of 30 November 2026" in still
    assert 'id="names"' in live
    assert 'id="names"' not in live_page(snapshot, may_change_names=False)
    assert "connect-src 'self'" in content_security_policy()


def test_the_table_has_a_row_per_seat_and_exercise() -> None:
    frame = board_frame(snapshot_of(*CLASS, workshop=WORKSHOP))
    assert len(frame) == 3 * len(EXERCISES)
    rows = frame.set_index(["seat", "exercise"])
    assert rows.loc[("seat-01", "01.1"), ["lesson", "state", "tries", "passed_at_try", "solution_shown"]].tolist() == [
        "01", "passed", 2, 2, True,
    ]  # fmt: skip
    assert rows.loc[("seat-01", "01.2"), ["state", "tries", "missing"]].tolist() == ["tried", 2, "`a` is set"]
    assert rows.loc[("seat-03", "01.2"), ["state", "tries"]].tolist() == ["not begun", 0]
    assert rows.loc[("seat-01", "00.1"), "passed_at"] == BEGIN + timedelta(minutes=5)
    assert rows["passed_at"].notna().sum() == 2
    assert board_frame(snapshot_of(seats=1)).dtypes.astype(str).to_dict() == BOARD.dtypes


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_cell_of_the_csv_is_a_formula(formula: str) -> None:
    text = board_csv(snapshot_of(failed(1, missing=(formula,)), workshop=WORKSHOP))
    cells = {row["missing"] for row in csv.DictReader(io.StringIO(text))}
    assert cells == {"", f"'{formula}"}


def test_the_text_for_a_terminal() -> None:
    lines = summary_text(snapshot_of(*CLASS, workshop=WORKSHOP)).splitlines()
    passed_of = f"2 of {3 * len(EXERCISES)} exercises passed"
    assert lines[0] == f"team-a: 2 of 3 seats joined · {passed_of} · $0.001 spent · 4 failed calls"
    assert lines[1:] == [
        f"seat-01   2 of {len(EXERCISES)}  01.2, 31 min",
        f"seat-02   0 of {len(EXERCISES)}  01.1, 7 min",
        f"seat-03   0 of {len(EXERCISES)}  not joined",
        f"Stuck: seat-01 01.2, tried 2 times, since {at(9)}",
    ]  # fmt: skip


def test_a_closed_workshop_says_so() -> None:
    closed = replace(WORKSHOP, closed=BEGIN + timedelta(minutes=38))
    snapshot = snapshot_of(*CLASS, workshop=closed)
    assert snapshot.at == closed.closed
    for text in (board_html(snapshot), summary_text(snapshot)):
        assert f" · closed at {at(38)}" in text
    assert f"closed at {at(38)}" not in board_html(snapshot_of(*CLASS, workshop=WORKSHOP))


def test_a_lesson_without_exercises_is_not_called_done() -> None:
    made = made_state(WORKSHOP, lesson="99_more", since=BEGIN + timedelta(minutes=33), at=NOW)
    assert f"seat-01   0 of {len(EXERCISES)}  99, 7 min" in summary_text(snapshot_of(made, workshop=WORKSHOP))
    made = passed(33, "00.1")
    assert f"seat-01   1 of {len(EXERCISES)}  00 done, 7 min" in summary_text(
        snapshot_of(made, workshop=WORKSHOP)
    )


def test_how_long_and_how_much() -> None:
    assert [minutes(NOW - timedelta(minutes=ago), NOW) for ago in (0, 59.9, 60, 125, -3)] == [
        "0 min", "59 min", "1 h 00", "2 h 05", "0 min",
    ]  # fmt: skip
    assert [usd(amount) for amount in (0, 0.0421, 1, 1234.5)] == ["$0.000", "$0.042", "$1.00", "$1,234.50"]


def test_a_long_list_of_stuck_seats_leaves_room_for_the_grid() -> None:
    workshop = made_workshop(30)
    made = [
        made_state(workshop, seat.name, since=BEGIN + timedelta(minutes=place / 10), at=NOW)
        for place, seat in enumerate(workshop.seats)
    ]
    html = board_html(snapshot_of(*made, failed(35, seat="seat-20"), workshop=workshop))
    (stuck,) = re.findall('<div aria-live="polite"><ul>(.*?)</ul>', html)
    items = re.findall("<li>(.*?)</li>", stuck)
    assert len(items) == 11
    assert items[0].startswith("<b>seat-20</b> 01.1, tried once"), "who has tried comes first"
    assert items[1].startswith("<b>seat-01</b> 01.1, not tried")
    assert items[-1] == "and 20 more seats"
    assert "--above:9.6rem" in html
