"""The rehearsal panel: choose a configuration and a log, rehearse, watch, and compare the runs side by side."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets

from gateway_kit.errors import KitError
from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.run_folder import Progress
from gateway_kit.widgets.panel import Panel, error_text
from gateway_kit.widgets.rehearsal_controls import controls
from gateway_kit.widgets.rehearsal_files import rehearsals_in
from gateway_kit.widgets.rehearsal_model import AS_LOGGED, FILES, RehearsalPanelModel, speed_of
from gateway_kit.widgets.rehearsal_view import (
    comparison_html,
    pictures_of,
    progress_text,
    rehearsals_html,
    report_html,
    result_html,
    side_by_side_html,
)
from gateway_kit.widgets.view import View

if TYPE_CHECKING:
    from gateway_kit.rehearsal.report.content import Picture
    from gateway_kit.rehearsal.result import Rehearsal

# Rehearsals in the table that compares them.
_COMPARED = 4


class RehearsalPanel(Panel):
    """A configuration and a log to choose, a button that rehearses them, and the runs side by side.

    Args:
        config: The configuration to rehearse.
        traffic: The log.
        against: A configuration to compare with, such as the one that production has.
        story: A YAML file of trouble at given times.
        speed: How many times as fast as the log, or "max"; by default as the log has it.
        folder: Where files are looked for.
        out: The folder that gets a folder for each rehearsal.
        options: What else `rehearse` takes, such as `keys`, `mapped` or `limit`.

    Example:
        >>> panel = RehearsalPanel("config.yaml", "calls.jsonl")     # the last line of a cell shows it
        >>> panel.model.speed = "60"
        >>> rehearsal = panel.rehearse()                             # the same as its button
        >>> panel.close()

    `stop()`, its button and `close()` end a rehearsal within seconds: it shows what was made until then. An error of
    `rehearse` is raised; a button shows it in the status line.
    """

    heading: ClassVar[str] = "Rehearsal"
    css_class: ClassVar[str] = "gk-rehearsal"
    model: RehearsalPanelModel

    def __init__(
        self,
        config: str | Path = "",
        traffic: str | Path = "",
        *,
        against: str | Path = "",
        story: str | Path = "",
        speed: float | str = AS_LOGGED,
        folder: str | Path = ".",
        out: str | Path = "out",
        **options: Any,
    ) -> None:
        super().__init__(
            RehearsalPanelModel(
                folder=str(folder), config=str(config), traffic=str(traffic), against=str(against),
                story=str(story), speed=f"{speed:g}" if isinstance(speed, int | float) else speed,
            )
        )  # fmt: skip
        self._out, self._options = Path(out), options
        self._stop = threading.Event()
        self._made: list[Rehearsal] = []
        self._rehearsal: Rehearsal | None = None
        self._pictures: dict[str, Picture] = {}
        self.model.known = [str(path) for path in rehearsals_in(self._out)]
        self.model.status = "Choose a configuration and a log, then rehearse."
        self.model.observe(self._chosen, ["shown", "chart", "by"])

    def rehearse(self) -> Rehearsal:
        """Rehearse what is chosen, and show what came out; returns it."""
        if self.closed:
            raise KitError("This panel was closed. Make a new one.")
        model = self.model
        for name, words in (("config", "a configuration"), ("traffic", "a log of calls")):
            if not getattr(model, name).strip():
                raise RehearsalError(f"Choose {words} first")
        arguments = {
            "speed": speed_of(model.speed),
            "against": [model.against.strip()] if model.against.strip() else (),
            "story": model.story.strip() or None,
            **self._options,
        }
        self._stop.clear()
        with self._reporting("Starting a gateway for the rehearsal…"):
            model.quiet = True  # the status changes every second
            try:
                rehearsal = self._run(arguments)
            finally:
                model.progress, model.quiet = None, False
            self._made = [*self._made, rehearsal][-_COMPARED:]
            model.rehearsals = rehearsals_html(self._made)
            self._show(rehearsal)
            model.known = list(dict.fromkeys([str(rehearsal.folder), *model.known]))
            model.shown = str(rehearsal.folder)
        return rehearsal

    def stop(self) -> None:
        """End the rehearsal that runs; its report has what was made until then."""
        if self.model.busy:
            self._stop.set()
            self.model.status = "Stopping: what was made until now is kept…"

    def open(self, folder: str | Path) -> Rehearsal:
        """Show a rehearsal that was made before; returns it."""
        from gateway_kit.rehearsal.result import Rehearsal

        with self._reporting(f"Reading {folder}…"):
            rehearsal = Rehearsal.read(folder)
            self._show(rehearsal)
            self.model.known = list(dict.fromkeys([*self.model.known, str(folder)]))
            self.model.shown = str(folder)
        return rehearsal

    def toggle_report(self) -> None:
        """Open the report in the panel, or close it."""
        if self._rehearsal is None:
            raise RehearsalError("There is no report yet. Rehearse first")
        opened = bool(self.model.report)
        self.model.report = "" if opened else report_html(self._rehearsal.folder)
        self.model.error = ""

    def close(self) -> None:
        """Stop a rehearsal that runs, and remove the controls from the page. Can be called twice."""
        self._stop.set()
        if not self.closed:  # unobserving twice raises
            self.model.unobserve(self._chosen, ["shown", "chart", "by"])
        super().close()

    def _run(self, arguments: dict[str, Any]) -> Rehearsal:
        from gateway_kit.rehearsal import rehearse

        name = f"rehearsal-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
        names = (name, *(f"{name}-{number}" for number in range(2, 100)))  # two may begin in a second
        folder = next(path for path in map(self._out.joinpath, names) if not path.exists())
        try:
            return rehearse(
                self.model.config.strip(), self.model.traffic.strip(), out=folder, progress=self._follow, **arguments
            )  # fmt: skip
        except KeyboardInterrupt as exc:
            raise RehearsalError(
                "The rehearsal was stopped before its first call, so nothing came out"
            ) from exc

    def _follow(self, progress: Progress) -> None:
        if self._stop.is_set():
            raise KeyboardInterrupt  # as the notebook's Stop button does
        self.model.progress = progress
        self.model.status = progress_text(progress)

    def _show(self, rehearsal: Rehearsal) -> None:
        """Show a rehearsal in all parts of the view."""
        model = self.model
        self._rehearsal, self._pictures = rehearsal, pictures_of(rehearsal)
        model.report = ""
        wanted = model.chart if model.chart in self._pictures else next(iter(self._pictures), "")
        model.charts = list(self._pictures)  # a list of options chooses its first by itself
        model.chart = wanted
        model.result = result_html(rehearsal)
        model.comparison = comparison_html(rehearsal)
        self._draw()
        ended = {run.facts.ended for run in rehearsal.runs.values()}
        whole = "" if ended == {"complete"} else ", which was broken off: it shows what was made until then"
        model.status = (
            f"{rehearsal.folder.name} is shown{whole}. Its report: {rehearsal.folder / 'report.html'}"
        )

    def _draw(self) -> None:
        """The chart and the table that are chosen."""
        model, rehearsal = self.model, self._rehearsal
        if rehearsal is None:
            return
        model.groups = side_by_side_html(list(rehearsal.runs.values()), model.by)
        if model.chart in self._pictures:
            figure = self._pictures[model.chart].draw()
            model.alt, model.png = figure.alt, figure.png()

    def _chosen(self, change: Any) -> None:
        """Follow a choice of the rehearsal, the chart or the table."""
        if change["name"] == "shown":
            current = "" if self._rehearsal is None else str(self._rehearsal.folder)
            if change["new"] and change["new"] != current:
                self._begin(lambda: self.open(change["new"]))
            return
        try:
            self._draw()
        except Exception as exc:  # an exception in a callback is not seen: show it
            self.model.error = error_text(exc)

    def _static_html(self) -> str:
        model = self.model
        chosen = [f"{name}: {value}" for name in (*FILES, "speed") if (value := getattr(model, name))]
        asked = f"<p>{escape(' · '.join(chosen))}</p>" if chosen else ""
        return (
            asked + model.result + self._picture_html() + model.comparison + model.groups + model.rehearsals
        )

    def _parts(self, view: View) -> Sequence[ipywidgets.Widget]:
        return controls(view, self.model, self.rehearse, self.stop, self.toggle_report)
