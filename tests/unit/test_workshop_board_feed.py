"""How the board is fed: what is read, how often, and what happens while the store is away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from workshop_made import made_result, made_state, made_workshop
from workshop_shelf import Shelf

from gateway_kit.common.polling import poll_until
from gateway_kit.workshop.board.feed import Feed
from gateway_kit.workshop.board.standing import Kind
from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.kept_results import keep_results
from gateway_kit.workshop.record import FILE, Store, more_seats, save
from gateway_kit.workshop.store import StoreRefusesError, StoreUnreachableError
from gateway_kit.workshop.verified import Verified


class Room:
    """A workshop with its record, its store and a clock that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now = folder, datetime.now().astimezone()
        self.begin = self.now
        self.workshop = made_workshop()
        save(self.workshop, folder)
        self.shelf = Shelf()
        self.stores: list[Store] = []
        self.feed = Feed(folder, clock=lambda: self.now, client=self._client)

    def _client(self, store: Store) -> Any:
        self.stores.append(store)
        return self.shelf

    def after(self, seconds: float) -> datetime:
        return self.begin + timedelta(seconds=seconds)

    def result(self, seconds: float, exercise: str = "01.1", by: str | None = None, **fields: Any) -> None:
        at = fields.pop("at", self.after(seconds))
        self.shelf.take(
            self.workshop,
            made_result(self.workshop, exercise=exercise, at=at, **fields),
            self.after(seconds),
            by,
        )

    def poll(self, seconds: float) -> Any:
        self.now = self.after(seconds)
        self.feed.poll()
        return self.feed.snapshot()


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path / "workshop")


def test_a_result_shows_at_the_next_poll_and_is_counted_once(room: Room) -> None:
    assert "not complete yet" in room.feed.snapshot().trouble
    assert room.poll(0).trouble == ""
    room.result(1, passed=False)
    version = room.feed.version
    assert room.poll(2).rows[0].tries["01.1"].count == 1
    assert room.feed.version > version
    version = room.feed.version
    assert room.poll(3).rows[0].tries["01.1"].count == 1
    assert room.feed.version == version, "nothing new, nothing to draw"


def test_only_what_is_new_is_read_with_an_overlap_by_the_stores_own_clock(room: Room) -> None:
    room.poll(0)
    assert room.shelf.results_asked() == [room.workshop.created - timedelta(hours=1)]
    room.result(-500)  # the store's clock is behind
    room.poll(1)
    room.poll(2)
    assert room.shelf.results_asked()[-1] == room.after(-530)
    room.result(-510, "01.2")  # became visible late
    assert room.poll(3).rows[0].passed == 2


def test_a_result_that_was_handed_in_late_is_new_and_its_seat_is_not_away(room: Room) -> None:
    room.poll(0)
    room.result(10, at=room.after(-7200))
    row = room.poll(11).rows[0]
    assert row.tries["01.1"].first_pass.at == room.after(-7200)
    assert row.standing.kind is not Kind.AWAY


def test_states_are_read_whole_and_less_often(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = 100.0
    monkeypatch.setattr("gateway_kit.workshop.board.feed.time.monotonic", lambda: ticks)
    room.shelf.take(room.workshop, made_state(room.workshop, calls=3, at=room.begin), room.after(-9999))
    assert room.poll(0).rows[0].calls == 3
    room.shelf.scores_kept = []
    room.shelf.take(room.workshop, made_state(room.workshop, calls=4, at=room.after(1)), room.after(-9999))
    assert room.poll(1).rows[0].calls == 3
    ticks += 5
    assert room.poll(6).rows[0].calls == 4
    assert [(since, session) for since, names, session in room.shelf.asked if names == ("seat",)] == [
        (None, "team-a"), (None, "team-a"),
    ]  # fmt: skip


def test_forged_scores_are_counted_once_and_never_as_results(room: Room) -> None:
    room.result(1, by="seat-02")
    room.poll(2)
    snapshot = room.poll(3)
    assert [(one.label, one.count) for one in snapshot.forgeries] == [("seat-01", 1)]
    assert snapshot.rows[0].tries == {}


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (StoreUnreachableError("gone"), "The store at http://127.0.0.1:3001 has not answered since "),
        (
            StoreRefusesError("no"),
            "The store at http://127.0.0.1:3001 has refused the workshop's keys since ",
        ),
    ],
)
def test_five_minutes_without_the_store(room: Room, error: Exception, says: str) -> None:
    room.result(0)
    room.poll(1)
    room.shelf.breaks = error
    for seconds in (60, 120, 240, 359):
        snapshot = room.poll(seconds)
        assert snapshot.rows[0].passed == 1, "what was known is shown"
        assert snapshot.trouble.startswith(f"{says}{room.after(60):%H:%M}. ")
    room.shelf.breaks = None
    room.result(100, "01.2")
    room.result(350, "02.1")
    snapshot = room.poll(361)
    assert (snapshot.trouble, snapshot.rows[0].passed) == ("", 3)


def test_a_read_that_breaks_off_is_repeated_whole(room: Room) -> None:
    for seconds in range(5):
        room.result(seconds * 100, "01.1", attempt=seconds + 1)
    room.shelf.breaks, room.shelf.breaks_after = StoreUnreachableError("gone"), 2
    assert "has not answered" in room.poll(500).trouble
    room.shelf.breaks = None
    assert room.poll(501).rows[0].tries["01.1"].arrived == 5


def test_a_record_that_gets_more_seats_or_is_closed_shows_by_itself(room: Room) -> None:
    room.result(1)
    room.poll(2)
    save(more_seats(room.workshop, 5), room.folder)
    snapshot = room.poll(3)
    assert (len(snapshot.rows), snapshot.rows[0].passed) == (5, 1)
    version, stores = room.feed.version, len(room.stores)
    closed = replace(room.feed._board.workshop, closed=room.after(5))
    save(closed, room.folder)
    assert room.poll(6).closed == room.after(5)
    assert room.feed.version > version
    assert len(room.stores) == stores, "the results are not read anew"


def test_a_record_that_is_damaged_meanwhile_is_said_and_what_is_known_stays(room: Room) -> None:
    room.result(1)
    room.poll(2)
    (room.folder / FILE).write_text("{")
    snapshot = room.poll(3)
    assert "is damaged" in snapshot.trouble
    assert snapshot.rows[0].passed == 1
    save(room.workshop, room.folder)
    assert room.poll(4).trouble == ""


def test_a_closed_workshop_whose_store_has_ended_shows_what_was_kept(room: Room) -> None:
    room.result(1)
    room.poll(2)
    room.shelf.breaks = StoreUnreachableError("gone")
    save(replace(room.workshop, closed=room.after(60)), room.folder)
    assert "has not answered" in room.poll(61).trouble, "nothing was kept yet"
    results = [made_result(room.workshop, exercise=name, at=room.after(50)) for name in ("01.1", "01.2")]
    keep_results(room.folder, "team-a", Verified(results, [], []))
    for seconds in (62, 99_999):
        snapshot = room.poll(seconds)
        assert (snapshot.trouble, snapshot.rows[0].passed) == ("", 2)
        assert snapshot.rows[0].tries["01.1"].arrived == 1
        assert (snapshot.at, snapshot.rows[0].standing.kind) == (room.after(60), Kind.WORKING)
    version = room.feed.version
    room.poll(99_999)
    assert room.feed.version == version, "nothing can come, nothing to draw"


def test_no_record_no_board(tmp_path: Path) -> None:
    with pytest.raises(WorkshopError, match="There is no workshop in"):
        Feed(tmp_path)


def test_the_thread_polls_until_it_is_closed(room: Room) -> None:
    asked = threading.Event()
    scores = room.shelf.scores

    def told(*args: Any, **options: Any) -> Iterator[dict[str, Any]]:
        asked.set()
        return scores(*args, **options)

    room.shelf.scores = told  # type: ignore[method-assign]
    room.feed.start()
    room.feed.start()
    assert asked.wait(60)
    room.feed.close()
    room.feed.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "gateway-kit board"]


def test_an_error_of_the_boards_own_is_shown_and_does_not_end_it(room: Room) -> None:
    room.shelf.breaks = RuntimeError("a bug")
    room.feed.start()
    told, seen = poll_until(
        lambda: room.feed.trouble, lambda trouble: "a bug" in trouble, timeout_s=60, pause_s=0.01
    )
    room.feed.close()
    assert seen, told
