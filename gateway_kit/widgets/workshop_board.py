"""The workshop's board in a notebook: what each seat has passed, where it is, and who is stuck."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from gateway_kit.settings import load_settings
from gateway_kit.widgets.panel import Panel, PanelModel, error_text
from gateway_kit.widgets.view import View, row
from gateway_kit.workshop.board.board import Snapshot
from gateway_kit.workshop.board.feed import EVERY_S, Feed
from gateway_kit.workshop.board.grid import grid_html
from gateway_kit.workshop.board.page import explanations_html, people_html, style
from gateway_kit.workshop.board.tables import board_frame
from gateway_kit.workshop.board.words import totals_text
from gateway_kit.workshop.record import workshop_folder

if TYPE_CHECKING:
    import pandas as pd

# The minutes in it go on also if nothing arrives.
REDRAW_S = 5.0
# Below the panel's own heading.
_LEVEL = 4


class BoardModel(PanelModel):
    """What the panel shows.

    names_hidden  whether seats are numbers, in an order that does not give them away
    people        the totals, who is stuck and who is away, as HTML
    grid          seats by exercises, and what is missing, as HTML
    """

    names_hidden = traitlets.Bool(False)
    people = traitlets.Unicode("")
    grid = traitlets.Unicode("")


def people_part(snapshot: Snapshot) -> str:
    """The totals and who is stuck. A part of its own, so that screen readers hear of a change there alone."""
    return f'<div class="gk-board">{people_html(snapshot, _LEVEL)}</div>'


def grid_part(snapshot: Snapshot, uid: str) -> str:
    """The grid, what is missing and the signs, with the style sheet; `uid` begins the ids."""
    inner = grid_html(snapshot, uid) + explanations_html(snapshot, uid, _LEVEL)
    return f'<style>{style()}</style><div class="gk-board">{inner}</div>'


class WorkshopBoard(Panel):
    """Seats by exercises: passed, tried and how often, not begun; where each seat is, who is stuck, what it has spent.

    Args:
        folder: Where the workshop's record is; by default what `GATEWAY_WORKSHOP` names, or `.gateway/workshop`.
        names_hidden: Whether seats are numbers, in an order that does not give them away.
        stuck_after_min: After how many minutes in one exercise a seat is stuck.

    Example:
        >>> board = WorkshopBoard()              # the last line of a cell shows it
        >>> board.model.names_hidden = True      # the same as the button
        >>> board.frame()                        # a row per seat and exercise
        >>> board.close()

    On the page a new result shows within three seconds. While the store does not answer, the board says since when,
    and shows what was known. Raises WorkshopError if there is no workshop.
    """

    heading = "Workshop board"
    css_class = "gk-workshop-board"
    model: BoardModel

    def __init__(
        self,
        folder: str | Path | None = None,
        *,
        names_hidden: bool = False,
        stuck_after_min: float = 10,
    ) -> None:
        super().__init__(BoardModel(names_hidden=names_hidden, quiet=True))
        found = workshop_folder(os.environ, load_settings().home) if folder is None else Path(folder)
        self._feed = Feed(found, stuck_after=timedelta(minutes=stuck_after_min))
        self._uid = f"gk-{secrets.token_hex(4)}"
        # The panel's thread and the notebook's own take turns; who draws does not wait for a store that is away.
        self._reading, self._drawing = threading.Lock(), threading.Lock()
        self._drawn: tuple[int, bool] | None = None
        self._drawn_at = 0.0
        self._watch = self._new_worker("watch", tick=self._look, every_s=EVERY_S)
        self.refresh()
        self.model.observe(self._changed, names="names_hidden")

    def refresh(self) -> None:
        """Read what is new, and show it. A store that does not answer is said on the board."""
        self._read()
        self._draw()
        self.model.error = ""

    def frame(self) -> pd.DataFrame:
        """The board as a table: one row per seat and exercise.

        Columns:

        - `seat` (string): its name, or its number where names are hidden
        - `lesson` (string): the lesson's number, such as "01"
        - `exercise` (string): the exercise, such as "01.2"
        - `state` (string): "passed", "tried" or "not begun"
        - `tries` (Int64): how often it was checked
        - `passed_at` (datetime64[ns, UTC]): when it was first passed; missing if it was not
        - `passed_at_try` (Int64): the number of that check; missing if it was not passed
        - `solution_shown` (boolean): whether the solution had been shown before; missing if it was not passed
        - `last_try` (datetime64[ns, UTC]): when it was last checked; missing before the first check
        - `missing` (string): what the last check missed, separated by semicolons
        """
        return board_frame(self._feed.snapshot(names_hidden=self.model.names_hidden))

    def close(self) -> None:
        """End the thread and remove the controls from the page; the board stays. Can be called twice."""
        if not self.closed:  # unobserving twice raises
            self.model.unobserve(self._changed, names="names_hidden")
        super().close()
        self._feed.close()

    def _read(self) -> None:
        with self._reading:
            self._feed.poll()

    def _draw(self) -> None:
        with self._drawing:
            hidden = self.model.names_hidden
            self._drawn, self._drawn_at = (self._feed.version, hidden), time.monotonic()
            snapshot = self._feed.snapshot(names_hidden=hidden)
            self.model.people = people_part(snapshot)
            self.model.grid = grid_part(snapshot, self._uid)
            self.model.status = f"{snapshot.workshop}: {totals_text(snapshot)}"

    def _look(self) -> None:
        """What the thread does: read, and draw if there is something new or time has passed."""
        try:
            self._read()
            is_old = time.monotonic() - self._drawn_at >= REDRAW_S
            if is_old or self._drawn != (self._feed.version, self.model.names_hidden):
                self._draw()
            self.model.error = ""
        except Exception as exc:  # an exception in a thread is not seen: show it
            self.model.error = error_text(exc)

    def _changed(self, _: Any) -> None:
        self._draw()

    def _parts(self, view: View) -> Sequence[ipywidgets.Widget]:
        hidden = ipywidgets.ToggleButton(
            description="Hide names", tooltip="Show numbers in place of the seats' names, or the names again"
        )
        self._watch.start()
        return (
            row(view.bind("names_hidden", hidden, "gk-names")),
            view.text("people", str, "gk-people"),
            view.text("grid", str, "gk-grid"),
        )

    def _static_html(self) -> str:
        return self.model.people + self.model.grid

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        if not self._watch.alive and not self.closed:
            self._keep_error(self.refresh)  # a cell shows the board as it is when it runs
        return super()._repr_mimebundle_(**kwargs)
