"""The board as HTML: a part that pages and panels show, a page that updates itself, and one file that stays."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path

from gateway_kit.workshop.board.board import Snapshot
from gateway_kit.workshop.board.grid import grid_html
from gateway_kit.workshop.board.lists import legend_html, notes_html, stuck_html, summary_html

_ASSETS = Path(__file__).with_name("assets")
_HEAD = (
    '<!doctype html><html lang="en" class="gk-page"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
)


def board_html(snapshot: Snapshot) -> str:
    """All of the board."""
    uid = "board"
    return people_html(snapshot) + grid_html(snapshot, uid) + explanations_html(snapshot, uid)


def people_html(snapshot: Snapshot, level: int = 2) -> str:
    """The totals, who is stuck and who is away; `level` is that of the heading."""
    return summary_html(snapshot) + stuck_html(snapshot, level)


def explanations_html(snapshot: Snapshot, uid: str, level: int = 2) -> str:
    """What is missing at each exercise, to which the grid with this `uid` links, and what the signs mean."""
    return notes_html(snapshot, uid, level) + legend_html(snapshot, level)


def style() -> str:
    """The style sheet; what it is for lies in an element with the class `gk-board`."""
    return _asset("board.css")


def live_page(snapshot: Snapshot, *, may_change_names: bool) -> str:
    """The page that updates itself."""
    names = _names_button(snapshot.names_hidden) if may_change_names else ""
    controls = (
        f'{names}<button type="button" id="theme" aria-keyshortcuts="d">Dark or light <kbd>d</kbd></button>'
        '<a id="csv" href="board.csv" download>CSV</a>'
    )
    script = f"<script>{_asset('board.js')}</script>"
    return _page(snapshot, f'<p id="link" role="status"></p><p class="gk-controls">{controls}</p>', script)


def static_page(snapshot: Snapshot) -> str:
    """The same in one file, as it is now, without a script."""
    at = snapshot.at.astimezone()
    return _page(snapshot, f"<p>As of {at:%d %B %Y, %H:%M}</p>", "")


def content_security_policy() -> str:
    """What the live page may do: run its own script, look as it says, and ask its own server."""
    digest = b64encode(sha256(_asset("board.js").encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _page(snapshot: Snapshot, controls: str, script: str) -> str:
    hidden = "true" if snapshot.names_hidden else "false"
    return (
        f"{_HEAD}<title>{escape(snapshot.workshop)}: board</title><style>{style()}</style></head><body>"
        f"<header><h1>{escape(snapshot.workshop)}</h1>{controls}</header>"
        f'<main id="board" class="gk-board" data-hidden="{hidden}">{board_html(snapshot)}</main>{script}</body></html>'
    )


def _names_button(hidden: bool) -> str:
    pressed = "true" if hidden else "false"
    return (
        f'<button type="button" id="names" aria-pressed="{pressed}" aria-keyshortcuts="n">Hide names <kbd>n</kbd>'
        "</button>"
    )


@cache
def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")
