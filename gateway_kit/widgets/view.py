"""The live view of a panel: widgets that follow its model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from gateway_kit.widgets.markup import heading_html, picture_html, status_html

if TYPE_CHECKING:
    from gateway_kit.widgets.panel import PanelModel

Begin = Callable[[Callable[[], object]], None]


class View:
    """Creates the widgets of one panel. `begin` runs the method of a button.

    Every widget has a CSS class that begins with `gk-`.
    """

    def __init__(self, model: PanelModel, begin: Begin) -> None:
        self._model = model
        self._begin = begin
        self._links: list[traitlets.link | traitlets.directional_link] = []
        self.root: ipywidgets.VBox = ipywidgets.VBox()

    def show(self, heading: str, css_class: str, parts: Sequence[ipywidgets.Widget]) -> None:
        """Show the widgets between heading and status line."""
        status = html_part("gk-status-line")
        for name in ("status", "error"):
            self.follow(name, status, "value", lambda _: self._status_html())
        self.root.children = (html_part("gk-heading-line", heading_html(heading)), *parts, status)
        _keep_within(self.root)
        self.root.add_class("gk-panel").add_class(css_class)

    def button(
        self, description: str, method: Callable[[], object], css_class: str, *, tooltip: str, icon: str = ""
    ) -> ipywidgets.Button:
        """A button that calls a method in the panel's thread; disabled while the panel is busy."""
        made = ipywidgets.Button(description=description, tooltip=tooltip, icon=icon).add_class(css_class)
        made.on_click(lambda _: self._begin(method))
        self.follow("busy", made, "disabled")
        return made

    def bind(self, name: str, control: ipywidgets.Widget, css_class: str) -> ipywidgets.Widget:
        """Link a control's value and a trait of the model."""
        self._links.append(traitlets.link((self._model, name), (control, "value")))
        return control.add_class(css_class)

    def bind_item(
        self, name: str, key: str, control: ipywidgets.Widget, css_class: str, *, default: Any = 0
    ) -> ipywidgets.Widget:
        """Link a control's value and one item of a trait that is a dict."""

        def into(value: Any) -> dict[str, Any]:
            return {**getattr(self._model, name), key: value}

        to_option = (lambda items: items.get(key, default), into)
        self._links.append(traitlets.link((self._model, name), (control, "value"), transform=to_option))
        return control.add_class(css_class)

    def follow(
        self,
        name: str,
        target: ipywidgets.Widget,
        trait: str,
        made_of: Callable[[Any], Any] = lambda value: value,
    ) -> None:
        """Let a widget's trait follow one of the model's."""
        self._links.append(traitlets.dlink((self._model, name), (target, trait), made_of))

    def text(self, name: str, made_of: Callable[[Any], str], css_class: str) -> ipywidgets.HTML:
        """HTML that is made from a trait of the model."""
        made = html_part(css_class)
        self.follow(name, made, "value", made_of)
        return made

    def picture(self) -> ipywidgets.HTML:
        """The model's figure with its text alternative, which ipywidgets.Image cannot have."""
        return self.text("png", lambda png: picture_html(png, self._model.alt), "gk-picture")

    def _status_html(self) -> str:
        model = self._model
        return status_html(model.status, model.error, quiet=model.quiet)

    def close(self) -> None:
        """Remove all widgets from the page."""
        for link in self._links:
            link.unlink()
        self._links.clear()
        close_all(self.root)


def html_part(css_class: str, html: str = "") -> ipywidgets.HTML:
    """HTML as a widget."""
    return ipywidgets.HTML(value=html).add_class(css_class)


def row(*parts: ipywidgets.Widget) -> ipywidgets.HBox:
    """Widgets side by side, or below each other on a narrow page."""
    return ipywidgets.HBox(parts, layout=ipywidgets.Layout(flex_flow="row wrap"))


def _keep_within(widget: ipywidgets.Widget) -> None:
    """Let no control be wider than the panel: their default is 300 pixels, on a phone too."""
    children = getattr(widget, "children", ())
    for child in children:
        _keep_within(child)
    if not children:
        widget.layout.max_width = "calc(100% - 4px)"  # ipywidgets puts 2 pixels on each side


def close_all(widget: ipywidgets.Widget) -> None:
    """Close a widget with its children, layouts and styles, which `Widget.close` leaves open."""
    for child in getattr(widget, "children", ()):
        close_all(child)
    for name in ("layout", "style"):
        if isinstance(owned := getattr(widget, name, None), ipywidgets.Widget):
            owned.close()
    widget.close()
