"""Numbers, durations and other people's text as a report shows them. Pure functions."""

from __future__ import annotations

import math
import unicodedata
from typing import Any

from gateway_kit.rehearsal.causes import CAUSES

NONE, MINUS = "-", "\N{MINUS SIGN}"
# Characters of a name or a text in a cell.
LONGEST = 120
# Invisible characters that reorder or hide text.
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def plain(value: Any, longest: int = LONGEST) -> str:
    """Other people's text on one line, shortened, with nothing in it that changes how its surroundings are shown."""
    if value is None or value != value or str(value) == "<NA>":
        return ""
    # Cut before looking at each character: a text may be 10 MB long.
    text = " ".join(str(value)[: 4 * longest + 200].split())
    text = "".join("�" if unicodedata.category(letter) in _HIDDEN else letter for letter in text)
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def share(value: float, digits: int = 1) -> str:
    """A share as percent: 4.2 %; less than a tenth has more digits."""
    if value != value:
        return NONE
    percent = value * 100
    if percent and abs(percent) < 0.1:
        digits = 3 if abs(percent) < 0.01 else 2
    return f"{percent:.{digits}f} %"


def change(value: float) -> str:
    """A relative difference with its sign: +0.3 % or +12 %; a large one as a multiple."""
    if value != value:
        return NONE
    if value >= 2:
        return f"{value + 1:.1f} times"
    text = f"{abs(value) * 100:.{1 if abs(value) < 0.1 else 0}f} %"
    return f"{sign(value)}{text}"


def signed_share(value: float) -> str:
    """A part that is added to a whole, as percent of it: +0.3 %, +1,410 %."""
    return NONE if value != value else f"{sign(value)}{abs(value) * 100:,.{1 if abs(value) < 0.1 else 0}f} %"


def points(value: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    return NONE if value != value else f"{sign(value)}{abs(value) * 100:.2f}".rstrip("0").rstrip(".")


def seconds(value: float) -> str:
    """Seconds: 1.24 s, 0.083 s, 3.1 s."""
    if value != value:
        return NONE
    size = abs(value)
    digits = 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{MINUS if value < 0 else ''}{size:,.{digits}f} s"


def dollars(value: float) -> str:
    """US dollars, with at least three significant digits: 12.40 USD, 0.0312 USD."""
    if value != value:
        return NONE
    size = abs(value)
    digits = 2 if size >= 1 or not size else min(2 - math.floor(math.log10(size)), 10)
    return f"{MINUS if value < 0 else ''}{size:,.{digits}f} USD"


def sign(value: float) -> str:
    """The sign of a difference, with the minus sign that is as wide as the plus."""
    return "+" if value > 0 else MINUS if value < 0 else ""


def clock(at_s: float) -> str:
    """A place on the log's clock: 02:30 (minutes and seconds), 1:02:30, or 2 d 01:00:00."""
    if at_s != at_s:
        return NONE
    whole = round(at_s)
    days, rest = divmod(whole, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    if days:
        return f"{days} d {hours:02d}:{minutes:02d}:{left:02d}"
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes:02d}:{left:02d}"


def number(value: float) -> str:
    """A count: 1,204."""
    return NONE if value != value else f"{value:,.0f}"


def digest(text: str) -> str:
    """The beginning of a file's digest, by which two files can be told apart."""
    return plain(text)[:12]


def cause(name: Any) -> str:
    """A cause of failures in words."""
    text = plain(name)
    return CAUSES.get(text, text.replace("_", " "))
