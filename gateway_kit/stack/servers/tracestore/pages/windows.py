"""The time window of a page: one of four choices, or a custom range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

CHOICES = {"1h": "Last hour", "24h": "Last 24 hours", "7d": "Last 7 days", "all": "All time"}
_LENGTHS = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7)}


@dataclass(frozen=True)
class Window:
    """`choice` is a key of CHOICES or 'custom'. A bound of None is open; `end` is exclusive."""

    choice: str
    start: datetime | None
    end: datetime | None
    error: str = ""  # what is wrong with the parameters, as a sentence

    @property
    def title(self) -> str:
        """In words, for headings."""
        if self.choice in CHOICES:
            return CHOICES[self.choice].lower()
        words = []
        if self.start:
            words.append(f"from {self.start:%Y-%m-%d %H:%M}")
        if self.end:
            words.append(f"to {self.end:%Y-%m-%d %H:%M}")
        return " ".join(words) + " UTC"


ALL_TIME = Window("all", None, None)


def within(window: Window, values: dict[str, Any], column: LiteralString = "start_time") -> LiteralString:
    """The window as SQL that starts with " and ", or '' if it is open. Adds its parameters to `values`."""
    condition: LiteralString = ""
    if window.start:
        condition += " and " + column + " >= %(window_start)s"
        values["window_start"] = window.start
    if window.end:
        condition += " and " + column + " < %(window_end)s"
        values["window_end"] = window.end
    return condition


def moment(text: str) -> datetime:
    """The time of a text, in UTC unless it has an offset. Raises ValueError or OverflowError."""
    time = datetime.fromisoformat(text)
    time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    if not 1970 <= time.year <= 2999:
        raise ValueError(text)
    return time


def read_window(parameters: Mapping[str, str], now: datetime, default: str = "24h") -> Window:
    """The window for the parameters `window`, `from` and `to` (UTC unless they have an offset); never raises."""
    first, last = parameters.get("from", "").strip(), parameters.get("to", "").strip()
    choice = parameters.get("window", "") or ("custom" if first or last else default)
    if choice == "custom" and not (first or last):
        choice = default
    if choice in _LENGTHS:
        return Window(choice, now - _LENGTHS[choice], None)
    if choice == "all":
        return Window("all", None, None)
    if choice != "custom":
        return Window("all", None, None, "That time window is not known; all time is shown.")
    try:
        start, end = (moment(text) if text else None for text in (first, last))
    except (ValueError, OverflowError):
        return Window(
            "all", None, None, "From and to must be times such as 2026-11-23T07:30; all time is shown."
        )
    if start and end and start >= end:
        return Window("custom", start, end, "From is not before to, so nothing can match.")
    return Window("custom", start, end)
