"""A missing fact as HTML: the criterion, and how many seats missed it."""

from __future__ import annotations

import re
from html import escape

from gateway_kit.common.words import counted
from gateway_kit.workshop.board.missing import Fact


def fact_html(fact: Fact) -> str:
    """The criterion, its `code` as code, and how many seats missed it."""
    text = re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(fact.text))
    still = f", {fact.still} still" if fact.still else ""
    return f"{text} ({counted(fact.seats, 'seat')}{still})"
