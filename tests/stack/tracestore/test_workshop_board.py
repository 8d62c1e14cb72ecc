"""The board on the real store: live, while the store is away, and from the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from query_engine.database_server import free_port
from workshop_class import EXERCISES
from workshop_made import made_result, made_state, made_workshop

from gateway_kit.cli import main
from gateway_kit.common.polling import poll_until
from gateway_kit.workshop.board.board import Row
from gateway_kit.workshop.board.feed import Feed
from gateway_kit.workshop.board.standing import Kind
from gateway_kit.workshop.membership import membership, save_membership
from gateway_kit.workshop.record import Store, save
from gateway_kit.workshop.results import Report, sign
from gateway_kit.workshop.store import StoreClient

from .store_program import StoreProgram

CLI = Path(sys.executable).parent / "gateway-kit"


@pytest.fixture
def own_store(empty_store: StoreProgram, tmp_path: Path) -> Iterator[StoreProgram]:
    """A store that a test may end: another program over the same database."""
    program = StoreProgram(empty_store.database_url, free_port(), tmp_path / "log")
    program.start()
    yield program
    program.close()


class Room:
    """A workshop whose seats write to a store, and its record."""

    def __init__(self, store: StoreProgram, folder: Path) -> None:
        self.folder = folder
        self.workshop = made_workshop(store=Store(store.url, store.public_key, store.secret_key))
        save(self.workshop, folder)
        self.environ = {"GATEWAY_WORKSHOP": str(folder), "GATEWAY_HOME": str(folder / "home")}

    def write(self, report: Report, by: str | None = None) -> None:
        with StoreClient(self.workshop.store) as client:
            client.write(report, sign(report, self.workshop.seat_secret(by or report.seat)))

    def result(
        self, exercise: str = "01.1", seat: str = "seat-01", by: str | None = None, **fields: Any
    ) -> None:
        self.write(made_result(self.workshop, seat, exercise, at=datetime.now(UTC), **fields), by)


def test_a_store_that_is_away_for_a_while(own_store: StoreProgram, tmp_path: Path) -> None:
    room = Room(own_store, tmp_path / "workshop")
    feed = Feed(room.folder)
    room.result()
    room.write(made_state(room.workshop, at=datetime.now(UTC), calls=5, failed=2))
    feed.poll()
    snapshot = feed.snapshot()
    assert (snapshot.trouble, snapshot.rows[0].passed, snapshot.rows[0].failed) == ("", 1, 2)
    own_store.end(signal.SIGKILL)
    feed.poll()
    assert f"The store at {own_store.url} has not answered since" in feed.snapshot().trouble
    assert feed.snapshot().rows[0].passed == 1
    own_store.start()
    room.result("01.2")
    room.result("02.1", "seat-02", by="seat-03")
    feed.poll()
    snapshot = feed.snapshot()
    assert (snapshot.trouble, [row.passed for row in snapshot.rows]) == ("", [2, 0, 0])
    assert [(one.label, one.count) for one in snapshot.forgeries] == [("seat-02", 1)]
    feed.close()


def test_the_command_prints_and_writes_files(empty_store: StoreProgram, tmp_path: Path) -> None:
    room = Room(empty_store, tmp_path / "workshop")
    room.result()
    files = tmp_path / "board.csv", tmp_path / "board.html"
    words = ["workshop", "board", "--once", "--csv", str(files[0]), "--html", str(files[1])]
    done = CliRunner().invoke(main, words, env=room.environ)
    assert done.exit_code == 0, done.output
    assert f"1 of 3 seats joined · 1 of {3 * len(EXERCISES)} exercises passed" in done.output
    assert all(f"Written to {path}" in done.output for path in files)
    assert "seat-01,01,01.1,passed,1," in files[0].read_text()
    assert "seat-01" in files[1].read_text()
    hidden = CliRunner().invoke(main, [*words[:3], "--hide-names"], env=room.environ)
    assert "seat-01" not in hidden.output


def test_the_command_writes_no_board_of_a_store_that_does_not_answer(tmp_path: Path) -> None:
    workshop = made_workshop(store=Store("http://127.0.0.1:9", "pk", "sk"))
    save(workshop, tmp_path / "workshop")
    path = tmp_path / "board.csv"
    environ = {"GATEWAY_WORKSHOP": str(tmp_path / "workshop"), "GATEWAY_HOME": str(tmp_path)}
    done = CliRunner().invoke(main, ["workshop", "board", "--csv", str(path)], env=environ)
    assert done.exit_code == 1
    assert "The store at http://127.0.0.1:9 has not answered since" in done.output
    assert "gateway-kit up" in done.output
    assert not path.exists()
    environ["GATEWAY_WORKSHOP"] = str(tmp_path / "none")
    done = CliRunner().invoke(main, ["workshop", "board"], env=environ)
    assert "There is no workshop in" in done.output
    assert "gateway-kit workshop serve" in done.output


def test_the_command_serves_a_page_that_shows_a_new_result_and_ends_with_ctrl_c(
    empty_store: StoreProgram, tmp_path: Path
) -> None:
    room, port = Room(empty_store, tmp_path / "workshop"), free_port()
    program = subprocess.Popen(
        [str(CLI), "workshop", "board", "--port", str(port)],
        env={**os.environ, **room.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert program.stdout is not None
        assert program.stdout.readline() == f"The board: http://127.0.0.1:{port}/  (Ctrl-C ends it)\n"
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as http:
            assert "✓</span></td>" not in http.get("/").text
            room.result()
            part, shown = poll_until(
                lambda: http.get("/part").text,
                lambda text: "✓</span></td>" in text,
                timeout_s=60,
                pause_s=0.1,
            )
            assert shown, part
    finally:
        program.send_signal(signal.SIGINT)
        rest, _ = program.communicate(timeout=60)
    assert (program.returncode, rest) == (0, "")


def test_a_learners_check_shows_on_the_board(empty_store: StoreProgram, tmp_path: Path) -> None:
    room = Room(empty_store, tmp_path / "workshop")
    home = tmp_path / "seat"
    save_membership(membership(room.workshop, "seat-02"), home)
    code = "from gateway_kit import check; check('01.1', {}); check('01.1', {}); input()"
    environ = {**os.environ, "GATEWAY_HOME": str(home), "JPY_SESSION_NAME": "01_routing.ipynb"}
    learner = subprocess.Popen([sys.executable, "-c", code], env=environ, stdin=subprocess.PIPE)
    feed = Feed(room.folder)
    try:

        def look() -> Row:
            feed.poll()
            return feed.snapshot().rows[1]

        row, shown = poll_until(
            look,
            lambda row: (
                "01.1" in row.tries and row.tries["01.1"].count == 2 and row.standing.opened is not None
            ),
            timeout_s=60,
        )
        assert shown, row
        assert (row.label, row.standing.kind, row.standing.lesson) == ("seat-02", Kind.WORKING, "01")
        (note,) = [note for note in feed.snapshot().notes if note.exercise == "01.1"]
        assert note.tried == 1
        assert all((fact.seats, fact.still) == (1, 1) for fact in note.facts)
        assert any("is set" in fact.text or "is a function" in fact.text for fact in note.facts)
        assert feed.snapshot().forgeries == ()
    finally:
        learner.communicate(b"\n", timeout=60)
        feed.close()
