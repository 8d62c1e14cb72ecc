"""The widgets of the rehearsal panel, from top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ipywidgets

from gateway_kit.widgets.rehearsal_files import choices_in
from gateway_kit.widgets.rehearsal_model import SPEEDS, RehearsalPanelModel
from gateway_kit.widgets.rehearsal_view import GROUPS, progress_html
from gateway_kit.widgets.view import View, row

_WIDE = {"description_width": "110px"}
# Field → its description, and what its tooltip says.
_FIELDS = {
    "config": ("Configuration", "The config.yaml to rehearse: choose one, or type a path"),
    "against": ("Against", "A configuration to compare with, such as production's; empty is none"),
    "traffic": ("Traffic", "The log of calls: choose one, or type a path"),
    "story": ("Story", "A YAML file of trouble at given times; empty is none"),
}


def controls(
    view: View,
    model: RehearsalPanelModel,
    rehearse: Callable[[], object],
    stop: Callable[[], object],
    toggle_report: Callable[[], object],
) -> Sequence[ipywidgets.Widget]:
    """New widgets for the live view."""
    return (
        row(_folder(view), *_files(view, model), _speed(view)),
        row(
            view.button("Rehearse", rehearse, "gk-rehearse", tooltip="Rehearse what is chosen"),
            _stop_button(view, stop),
        ),
        view.text("progress", progress_html, "gk-progress"),
        _chooser(view, model, "shown", "known", "Rehearsal", "Show a rehearsal that was made before", _folder_name),
        view.text("result", str, "gk-result"),
        _chooser(view, model, "chart", "charts", "Chart", "Choose what is drawn", str),
        view.picture(),
        view.text("comparison", str, "gk-comparison"),
        view.bind("by", _dropdown("Calls by", "Group the calls of each run", GROUPS), "gk-by"),
        view.text("groups", str, "gk-groups"),
        view.text("rehearsals", str, "gk-rehearsals"),
        _report_button(view, toggle_report),
        view.text("report", str, "gk-report"),
    )  # fmt: skip


def _folder(view: View) -> ipywidgets.Widget:
    field = ipywidgets.Text(
        description="Folder", tooltip="Where files are looked for", style=_WIDE, continuous_update=False
    )
    return _while_idle(view, view.bind("folder", _wide(field), "gk-folder"))


def _files(view: View, model: RehearsalPanelModel) -> list[ipywidgets.Widget]:
    """A field for each file, which offers those of the folder."""
    fields = {
        name: ipywidgets.Combobox(description=text, tooltip=tooltip, style=_WIDE, continuous_update=False)
        for name, (text, tooltip) in _FIELDS.items()
    }

    def offer(_: Any = None) -> None:
        found = choices_in(model.folder)
        for name, files in (
            ("config", found.configs), ("against", found.configs), ("traffic", found.traffic),
            ("story", found.stories),
        ):  # fmt: skip
            fields[name].options = files

    offer()
    for name in ("folder", "known"):  # a rehearsal's end may have brought new files
        view.follow(name, fields["config"], "placeholder", lambda _: _offered(offer))
    return [_while_idle(view, view.bind(name, _wide(field), f"gk-{name}")) for name, field in fields.items()]


def _offered(offer: Callable[[], None]) -> str:
    offer()
    return "choose or type a path"


def _speed(view: View) -> ipywidgets.Widget:
    field = ipywidgets.Combobox(
        description="Speed", options=SPEEDS, style=_WIDE, continuous_update=False,
        tooltip="How many times as fast as the log, or max for as fast as it goes",
    )  # fmt: skip
    return _while_idle(view, view.bind("speed", field, "gk-speed"))


def _stop_button(view: View, stop: Callable[[], object]) -> ipywidgets.Button:
    """Not in the panel's thread, which is busy with the rehearsal."""
    made = ipywidgets.Button(
        description="Stop", tooltip="End the rehearsal; what was made until then is kept", disabled=True
    ).add_class("gk-stop")
    made.on_click(lambda _: stop())
    view.follow("busy", made, "disabled", lambda busy: not busy)
    return made


def _report_button(view: View, toggle_report: Callable[[], object]) -> ipywidgets.Button:
    made = view.button(
        "Open the report", toggle_report, "gk-open-report", tooltip="Show report.html here, or no more"
    )
    view.follow("report", made, "description", lambda report: f"{'Close' if report else 'Open'} the report")
    return made


def _chooser(
    view: View,
    model: RehearsalPanelModel,
    name: str,
    options: str,
    description: str,
    tooltip: str,
    words: Callable[[str], str],
) -> ipywidgets.Dropdown:
    """A list whose options change; it begins with none of them, since new options choose their first by themselves."""
    made = _dropdown(description, tooltip, ())
    view.follow(
        options, made, "options", lambda listed: [("", ""), *((words(each), each) for each in listed)]
    )

    def chosen() -> str:
        current = str(getattr(model, name))
        return current if current in getattr(model, options) else ""

    for trait in (options, name):
        view.follow(trait, made, "value", lambda _: chosen())

    def picked(change: Any) -> None:
        if change["new"]:
            setattr(model, name, change["new"])

    made.observe(picked, "value")
    return made.add_class(f"gk-{name}")


def _dropdown(description: str, tooltip: str, options: Sequence[Any]) -> ipywidgets.Dropdown:
    return _wide(ipywidgets.Dropdown(description=description, tooltip=tooltip, options=options, style=_WIDE))


def _wide(control: ipywidgets.Widget) -> ipywidgets.Widget:
    """Wide enough for a path."""
    control.layout.width = "min(600px, 98%)"
    return control


def _folder_name(path: str) -> str:
    return Path(path).name


def _while_idle(view: View, control: ipywidgets.Widget) -> ipywidgets.Widget:
    """A control that is disabled while the panel is busy."""
    view.follow("busy", control, "disabled")
    return control
