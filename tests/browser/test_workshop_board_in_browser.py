"""A workshop's board on a projector, on a phone and by keyboard, over the real store."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from accessibility import check
from playwright.sync_api import Browser, Page, expect
from query_engine.database_server import free_port
from tracestore.store_program import StoreProgram
from watch import Watch
from workshop_class import as_verified, class_reports
from workshop_made import made_result, made_workshop

from gateway_kit.workshop.board.board import Board
from gateway_kit.workshop.board.page import static_page
from gateway_kit.workshop.record import Store, Workshop, save
from gateway_kit.workshop.results import Report, sign
from gateway_kit.workshop.store import StoreClient
from gateway_kit.workshop.verified import Forged

CLI = Path(sys.executable).parent / "gateway-kit"

# Where the tables end, by how much they are wider than what shows them, and the size of their letters.
FIT = """() => [...document.querySelectorAll("table")].map(table => ({
  bottom: table.getBoundingClientRect().bottom, over: table.scrollWidth - table.parentElement.clientWidth,
  letters: parseFloat(getComputedStyle(table.querySelector("tbody td.gk-now")).fontSize),
}))"""


class Room:
    """A workshop over the store, and its board as the command shows it."""

    def __init__(self, store: StoreProgram, folder: Path) -> None:
        name = f"room-{uuid.uuid4().hex[:8]}"  # the tests of a run share the store
        self.workshop: Workshop = made_workshop(
            store=Store(store.url, store.public_key, store.secret_key), name=name
        )
        save(self.workshop, folder)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        environ = {**os.environ, "GATEWAY_WORKSHOP": str(folder), "GATEWAY_HOME": str(folder / "home")}
        self.program = subprocess.Popen(
            [str(CLI), "workshop", "board", "--port", str(self.port)],
            env=environ,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.program.stdout is not None
        assert self.url in self.program.stdout.readline()

    def write(self, *reports: Report) -> None:
        with StoreClient(self.workshop.store) as client:
            for report in reports:
                client.write(report, sign(report, self.workshop.seat_secret(report.seat)))

    def result(self, exercise: str, seat: str = "seat-01", **fields: object) -> None:
        self.write(made_result(self.workshop, seat, exercise, at=datetime.now(UTC), **fields))

    def end(self) -> None:
        self.program.send_signal(signal.SIGINT)
        self.program.communicate(timeout=60)


@pytest.fixture
def room(store: StoreProgram, tmp_path: Path) -> Iterator[Room]:
    made = Room(store, tmp_path / "workshop")
    yield made
    made.end()


@pytest.fixture
def window(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    watch = Watch(context)
    yield context.new_page()
    context.close()
    assert watch.hosts <= {"127.0.0.1"}
    # That a program does not answer is the browser's to say.
    assert [text for text in watch.complaints if "ERR_CONNECTION_REFUSED" not in text] == []


def test_a_facilitator_watches_a_workshop(room: Room, window: Page) -> None:
    window.goto(room.url)
    cell = window.locator("tbody tr").nth(0).locator("td").nth(3)  # 01.1
    expect(cell).to_have_text("·")
    # A new result shows by itself; what has the focus keeps it.
    link = window.get_by_role("link", name="01.1")
    link.focus()
    room.result("01.1", passed=False, missing=("`steady` is a function",))
    expect(cell).to_have_text("1")
    expect(link).to_be_focused()
    expect(window.locator("thead .gk-tip").nth(1)).to_contain_text("steady is a function (1 seat, 1 still)")
    expect(window.locator("thead .gk-tip").nth(1)).to_be_visible()
    room.result("01.1", attempt=2)
    expect(cell.get_by_role("img", name=re.compile(r"^passed at check 2, \d\d:\d\d$"))).to_have_text("✓")
    window.keyboard.press("Escape")
    expect(window.locator("thead .gk-tip").nth(1)).to_be_hidden()
    expect(window.locator(".gk-notes")).to_contain_text("1 seat passed")
    # By key and by button: no name is left on the page.
    window.keyboard.press("n")
    expect(window.locator("tbody tr th").nth(0)).to_have_text("1")
    assert "seat-" not in window.locator("main").inner_text()
    assert "hidden=true" in (window.get_by_role("link", name="CSV").get_attribute("href") or "")
    window.get_by_role("button", name="Hide names").click()
    expect(window.locator("tbody tr th").nth(0)).to_have_text("seat-01")
    window.keyboard.press("d")
    expect(window.locator("html")).to_have_css("color-scheme", "dark")
    expect(window.locator("body")).to_have_css("background-color", "rgb(16, 21, 27)")
    window.keyboard.press("d")
    expect(window.locator("html")).to_have_css("color-scheme", "light")
    # The board's program ends: the page says so, and keeps what it shows.
    room.end()
    expect(window.locator("#link")).to_contain_text("has not answered since")
    expect(cell).to_have_text("✓")


@pytest.mark.parametrize("seats", [25, 60])
@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (390, 844)], ids=str)
def test_the_board_can_be_read_on_every_screen(
    chromium: Browser, tmp_path: Path, seats: int, size: tuple[int, int]
) -> None:
    workshop, now = made_workshop(seats), datetime.now(UTC)
    board = Board(workshop)
    board.add(as_verified(class_reports(workshop, now), Forged("x", "exercise-01.1", "seat-03")), now)
    trouble = (
        "The store has not answered since 14:03. The board shows what was known then, and goes on trying."
    )
    (tmp_path / "board.html").write_text(static_page(board.snapshot(now, trouble=trouble)), encoding="utf-8")
    page = chromium.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto((tmp_path / "board.html").as_uri())
    check(page)
    tables = page.evaluate(FIT)
    assert len(tables) == (1 if seats == 25 else 2)
    wide = size == (1920, 1080)
    for table in tables:
        assert table["letters"] >= (14 if wide else 12)
        if wide:
            assert table["bottom"] <= size[1], "all seats are on one screen"
        if size[0] > 1000:
            assert table["over"] <= 0, "no column is cut off"
    # On a phone the grid scrolls beside the seats' names.
    page.locator(".gk-scroll").first.evaluate("part => { part.scrollLeft = 300 }")
    assert page.locator("tbody th").first.evaluate("cell => cell.getBoundingClientRect().left") >= 0
    page.close()
