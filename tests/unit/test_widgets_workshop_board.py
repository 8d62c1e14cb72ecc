"""The workshop's board as a panel, over a store in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from ipywidgets.widgets.widget import _instances
from workshop_class import EXERCISES
from workshop_made import made_result, made_workshop
from workshop_shelf import Shelf

from gateway_kit.common.polling import poll_until
from gateway_kit.widgets import WorkshopBoard
from gateway_kit.widgets import workshop_board as module
from gateway_kit.workshop.board.feed import Feed
from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.record import save
from gateway_kit.workshop.store import StoreUnreachableError
from tests.unit.widget_parts import Tags, find

WORKSHOP = made_workshop()


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    made = Shelf()
    monkeypatch.setattr(module, "Feed", partial(Feed, client=lambda _: made))
    return made


@pytest.fixture
def panel(shelf: Shelf, tmp_path: Path) -> Iterator[WorkshopBoard]:
    save(WORKSHOP, tmp_path)
    before = set(_instances)
    with WorkshopBoard(tmp_path) as made:
        yield made
    assert set(_instances) == before
    assert not [t for t in threading.enumerate() if t.name.startswith(("gateway-kit", "WorkshopBoard"))]


def take(shelf: Shelf, seat: str = "seat-02") -> None:
    shelf.take(WORKSHOP, made_result(WORKSHOP, seat, at=datetime.now(UTC)), datetime.now(UTC))


def test_the_panel_shows_the_same_board_live_and_still(panel: WorkshopBoard, shelf: Shelf) -> None:
    take(shelf)
    panel.refresh()
    assert panel.model.status.startswith(
        f"team-a: 1 of 3 seats joined · 1 of {3 * len(EXERCISES)} exercises passed"
    )
    assert "✓</span></td>" in panel.model.grid
    still = Tags(panel._repr_html_())
    assert "seat-02" in still.words
    assert "Nobody is stuck." in still.words
    assert find(panel.widget, "gk-grid").value == panel.model.grid
    assert find(panel.widget, "gk-people").value == panel.model.people
    assert "1 of 3 seats joined" in repr(panel)


def test_a_new_result_shows_by_itself_once_the_panel_is_on_a_page(panel: WorkshopBoard, shelf: Shelf) -> None:
    grid = find(panel.widget, "gk-grid")
    take(shelf)
    shown, seen = poll_until(
        lambda: grid.value, lambda html: "✓</span></td>" in html, timeout_s=60, pause_s=0.02
    )
    assert seen, shown


def test_the_button_hides_the_names(panel: WorkshopBoard, shelf: Shelf) -> None:
    take(shelf)
    panel.refresh()
    find(panel.widget, "gk-names").value = True
    assert panel.model.names_hidden
    assert "seat-" not in Tags(panel.model.people + panel.model.grid).words
    assert set(panel.frame()["seat"]) == {"1", "2", "3"}
    find(panel.widget, "gk-names").value = False
    assert "seat-02" in panel.model.grid


def test_a_store_that_does_not_answer_is_said_on_the_board(panel: WorkshopBoard, shelf: Shelf) -> None:
    take(shelf)
    panel.refresh()
    shelf.breaks = StoreUnreachableError("gone")
    panel.refresh()
    assert "has not answered since" in panel.model.people
    assert "✓</span></td>" in panel.model.grid
    shelf.breaks = None
    panel.refresh()
    assert "has not answered" not in panel.model.people


def test_two_boards_on_a_page_have_no_id_in_common(
    panel: WorkshopBoard, shelf: Shelf, tmp_path: Path
) -> None:
    def ids(board: WorkshopBoard) -> set[str | None]:
        return {attributes["id"] for _, attributes in Tags(board._repr_html_()).found if "id" in attributes}

    with WorkshopBoard(tmp_path, names_hidden=True) as other:
        assert ids(panel)
        assert not ids(panel) & ids(other)


def test_no_workshop_no_panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_WORKSHOP", str(tmp_path / "none"))
    with pytest.raises(WorkshopError, match=r"There is no workshop in .*none"):
        WorkshopBoard()
