"""Formatting of values: units, times, and text without hidden characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from markupsafe import Markup, escape

NOTHING = "\N{EN DASH}"  # shown for a missing value

# Controls, bidirectional overrides and isolates, zero-width characters, tags, and halves of surrogate pairs: they are
# invisible, or change the order of the rest of the line.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: object) -> Markup:
    """The escaped text, with each invisible character replaced by its code point."""
    parts: list[Markup] = []
    last = 0
    source = str(text).replace("\r\n", "\n")
    for match in _HIDDEN.finditer(source):
        parts.append(escape(source[last : match.start()]))
        character = match.group()
        name = unicodedata.name(character, "control character")
        parts.append(
            Markup('<span class="hidden-character" title="{}">U+{:04X}</span>').format(name, ord(character))
        )
        last = match.end()
    parts.append(escape(source[last:]))
    return Markup("<bdi>{}</bdi>").format(Markup("").join(parts))


def plain(text: object) -> str:
    """The text for an attribute or a title, with invisible characters as <U+202E>."""
    return _HIDDEN.sub(lambda match: f"<U+{ord(match.group()):04X}>", str(text))


def is_cache_tag(tag: str) -> bool:
    """Whether it is LiteLLM's tag for a cache hit or miss, which pages show in words instead."""
    return tag.startswith("cache_hit:")


def shorten(text: object, length: int = 60) -> str:
    """At most `length` characters on one line."""
    line = " ".join(str(text)[: length * 8].split())
    return line if len(line) <= length else line[: length - 1] + "…"


def duration(milliseconds: float | None) -> str:
    """350 ms, 2.41 s, 3 min 5 s, 2 h 10 min; a dash for None."""
    if milliseconds is None:
        return NOTHING
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.2f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{int(seconds // 3600):,} h {int(seconds % 3600 // 60)} min"


def usd(amount: Decimal | float | None) -> str:
    """$1.24, $0.0135, $0.0000135: three significant digits, never an exponent."""
    if amount is None:
        return NOTHING
    value = Decimal(amount)
    if value == 0:
        return "$0"
    if abs(value) >= 100:
        return f"${value:,.0f}"
    if abs(value) >= 1:
        return f"${value:,.2f}"
    digits = min(12, 2 - value.adjusted())
    text = f"{value:.{digits}f}"
    return "$" + (text.rstrip("0") if len(text.rstrip("0").partition(".")[2]) >= 2 else f"{value:.2f}")


def number(value: float | None) -> str:
    """1,234,567."""
    return NOTHING if value is None else f"{value:,.0f}"


def percent(part: float, whole: float) -> str:
    """12.5 %; a dash if `whole` is 0."""
    return NOTHING if not whole else f"{100 * part / whole:.1f} %".replace(".0 %", " %")


def clock(moment: datetime | None) -> str:
    """2026-11-23 07:28:39 in UTC."""
    return NOTHING if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def clock_ms(moment: datetime | None) -> str:
    """2026-11-23 07:28:39.753 in UTC."""
    return NOTHING if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def iso(moment: datetime) -> str:
    """For the attribute `datetime` of <time>."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def plural(count: int, singular: str) -> str:
    """1 trace, 2 traces."""
    return f"{count:,} {singular}{'' if count == 1 else 's'}"


FILTERS: dict[str, Callable[..., Any]] = {
    "visible": visible,
    "plain": plain,
    "shorten": shorten,
    "duration": duration,
    "usd": usd,
    "number": number,
    "clock": clock,
    "clock_ms": clock_ms,
    "iso": iso,
    "plural": plural,
}
