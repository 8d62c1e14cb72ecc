"""How tests look at a panel: its parts by their class, and its HTML by its tags."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

import ipywidgets


def parts_of(widget: ipywidgets.Widget) -> Iterator[ipywidgets.Widget]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from parts_of(child)


def find(widget: ipywidgets.Widget, css_class: str) -> ipywidgets.Widget:
    """The part of a view that has this class."""
    found = [part for part in parts_of(widget) if css_class in part._dom_classes]
    assert len(found) == 1, f"{len(found)} parts have the class {css_class}"
    return found[0]


class Tags(HTMLParser):
    """The tags of a piece of HTML with their attributes, the words in it, and the cells of its tables."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.rows: list[list[str]] = []
        self._open: list[str] = []
        self.deepest = 0
        self.feed(html)
        self.close()
        assert self._open == [], f"not closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag in ("img", "br", "input"):
            return
        self._open.append(tag)
        self.deepest = max(self.deepest, self._open.count("ul"))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.words += data
        if self.rows and {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data

    def names(self) -> set[str]:
        return {name for name, _ in self.found}

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.found if name == tag]
