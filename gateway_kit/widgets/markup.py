"""HTML elements of panels, live and in stored notebooks. Pure functions; all text is escaped.

They need no style sheet and no script, since converted notebooks have neither.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from gateway_kit.charts.theme import DARK_STYLE, IMAGE_CLASS


class Html(str):
    """Text that is safe HTML already."""


CELL = "text-align:left;padding:2px 10px;vertical-align:top"
WRAP = "white-space:pre-wrap;overflow-wrap:anywhere"
# As wide as the panel, without making it wider: the rest is scrolled.
SCROLLS = "overflow-x:auto;width:0;min-width:100%"


def status_html(status: str, error: str, *, quiet: bool = False) -> str:
    """The status line: the status, then the error. Screen readers read changes aloud, unless `quiet`."""
    live = "off" if quiet else "polite"
    line = f'<div class="gk-status" role="status" aria-live="{live}" style="{WRAP}">{escape(status)}</div>'
    if not error:
        return line
    # An alert is read aloud although it is new on the page.
    return f'{line}<div class="gk-error" role="alert" style="{WRAP}"><b>Error:</b> {escape(error)}</div>'


def picture_html(png: bytes, alt: str) -> str:
    """A figure with its text alternative, dark in a dark JupyterLab; empty without a figure."""
    if not png:
        return ""
    data = base64.b64encode(png).decode()
    # A minimum width, since on a phone its letters would be too small to read.
    image = (
        f'{DARK_STYLE}<img class="{IMAGE_CLASS}" alt="{escape(alt)}" style="max-width:100%;min-width:34em" '
        f'src="data:image/png;base64,{data}">'
    )
    return f'<div tabindex="0" role="group" aria-label="figure" style="{SCROLLS}">{image}</div>'


def table_html(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with a caption, which scrolls on a narrow page; the first cell of a row is its heading."""
    head = "".join(f'<th scope="col" style="{CELL}">{escape(name)}</th>' for name in columns)
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows)
    return (
        f'<div tabindex="0" style="{SCROLLS}">'
        f'<table style="min-width:34em"><caption style="text-align:left">{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def text_html(text: str, label: str) -> str:
    """Lines of a log in a box that scrolls and begins at their end."""
    box = "max-height:20em;overflow:auto;display:flex;flex-direction:column-reverse"
    return (
        f'<div tabindex="0" role="region" aria-label="{escape(label)}" style="{box}">'
        f'<pre style="margin:0;{WRAP}">{escape(text)}</pre></div>'
    )


def heading_html(text: str) -> str:
    """A panel's heading, which screen readers can jump to."""
    return f'<h3 class="gk-heading" style="margin:0 0 8px">{escape(text)}</h3>'


def shortened(value: Any, limit: int) -> str:
    """A text of at most `limit` characters, with the number of those left out; other values as JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1, default=str)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit:,} more characters)"


def link_html(url: str, text: str) -> Html:
    """A link that opens in a new tab; an address that is not HTTP stays text."""
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
