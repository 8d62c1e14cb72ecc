"""Pieces of HTML that panels show: alive, and as they stand in a stored notebook. Pure functions; all text is escaped.

They need no style sheet and no script, since neither reaches a page on the web or a converted notebook.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any


class Html(str):
    """Text that is HTML already, and safe."""


CELL = "text-align:left;padding:2px 10px;vertical-align:top"
WRAP = "white-space:pre-wrap;overflow-wrap:anywhere"
# As wide as there is room, and no reason for the panel to be wider: what does not fit is scrolled.
SCROLLS = "overflow-x:auto;width:0;min-width:100%"


def status_html(status: str, error: str, *, quiet: bool = False) -> str:
    """The status line: what goes on, then what went wrong. Screen readers read out what changes; not where `quiet`."""
    live = "off" if quiet else "polite"
    said = f'<div class="gk-status" role="status" aria-live="{live}" style="{WRAP}">{escape(status)}</div>'
    if not error:
        return said
    # An alert is read out also where it is put into the page only now, as here.
    return f'{said}<div class="gk-error" role="alert" style="{WRAP}"><b>Error:</b> {escape(error)}</div>'


def picture_html(png: bytes, alt: str) -> str:
    """A picture with its text for who does not see it; nothing where there is none."""
    if not png:
        return ""
    data = base64.b64encode(png).decode()
    # On a phone its letters would be a pixel or two high if all of it had to be on the screen.
    image = (
        f'<img alt="{escape(alt)}" style="max-width:100%;min-width:34em" src="data:image/png;base64,{data}">'
    )
    return f'<div tabindex="0" role="group" aria-label="picture" style="{SCROLLS}">{image}</div>'


def table_html(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with a caption, which scrolls where the page is narrow; each row's first cell is its heading."""
    head = "".join(f'<th scope="col" style="{CELL}">{escape(name)}</th>' for name in columns)
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows)
    return (
        f'<div tabindex="0" style="{SCROLLS}">'
        f'<table style="min-width:34em"><caption style="text-align:left">{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def text_html(text: str, label: str) -> str:
    """Lines as they are, in a box that the keyboard can scroll; it begins at their end, as one reads a log."""
    box = "max-height:20em;overflow:auto;display:flex;flex-direction:column-reverse"
    return (
        f'<div tabindex="0" role="region" aria-label="{escape(label)}" style="{box}">'
        f'<pre style="margin:0;{WRAP}">{escape(text)}</pre></div>'
    )


def heading_html(text: str) -> str:
    """A panel's heading, so that a screen reader can jump to it."""
    return f'<h3 class="gk-heading" style="margin:0 0 8px">{escape(text)}</h3>'


def shortened(value: Any, limit: int) -> str:
    """A text of at most `limit` characters and what was left out; other values than text as JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1, default=str)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit:,} more characters)"


def link_html(url: str, text: str) -> Html:
    """A link that opens beside the notebook; other addresses than a web page's stay text."""
    if not url.startswith(("http://", "https://")):
        return Html(escape(text))
    line = "text-decoration:underline"
    return Html(f'<a href="{escape(url)}" target="_blank" rel="noopener" style="{line}">{escape(text)}</a>')


def _cells(row: Sequence[str]) -> str:
    first, *others = row
    rest = "".join(f'<td style="{CELL}">{_escaped(text)}</td>' for text in others)
    return f'<th scope="row" style="{CELL}">{_escaped(first)}</th>{rest}'


def _escaped(text: str) -> str:
    return text if isinstance(text, Html) else escape(text)
