"""The filters of the list of traces, read from the URL and written back to it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from gateway_kit.servers.tracestore.pages.windows import Window, read_window

LEVELS = ("ERROR", "WARNING", "DEFAULT", "DEBUG")
TEXTS = ("q", "name", "user", "session", "tag", "environment")
LABELS = {
    "q": "Text", "name": "Name", "user": "User", "session": "Session", "tag": "Tag", "level": "Level",
    "environment": "Environment",
}  # fmt: skip


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: after this trace in the order of the list."""

    start_time: datetime
    trace_id: str

    def __str__(self) -> str:
        text = f"{self.start_time.astimezone(UTC).isoformat()} {self.trace_id}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(text: str) -> Cursor | None:
    """The cursor, None where it is none of ours."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
        moment, _, trace_id = plain.partition(" ")
        start_time = datetime.fromisoformat(moment)
    except (ValueError, binascii.Error):
        return None
    return Cursor(start_time, trace_id) if start_time.tzinfo and "\0" not in trace_id else None


@dataclass(frozen=True)
class Filters:
    """What the reader asked for; '' is no filter."""

    window: Window
    texts: Mapping[str, str]  # by the keys of LABELS, those that are set
    cursor: Cursor | None
    problems: tuple[str, ...]
    parameters: Mapping[str, str]  # as given, without the cursor: the page's address

    def get(self, name: str) -> str:
        """The filter's value."""
        return self.texts.get(name, "")

    def url(self, path: str = "/traces", **changes: Any) -> str:
        """The address with some parameters changed; None or '' takes one away. It begins at the first page."""
        merged = {**self.parameters, **{key.rstrip("_"): value for key, value in changes.items()}}
        kept = {key: str(value) for key, value in merged.items() if value not in (None, "")}
        return path + (f"?{urlencode(kept)}" if kept else "")


def read_filters(query: Mapping[str, str], now: datetime, default_window: str = "24h") -> Filters:
    """The filters of a request. What cannot be understood becomes a sentence in `problems`, never an error."""
    problems = []
    # PostgreSQL has no NUL in texts, and half a surrogate pair is no character.
    clean = {
        key: value.replace("\0", "").encode("utf-8", "replace").decode()[:500] for key, value in query.items()
    }
    texts = {name: clean[name].strip() for name in TEXTS if clean.get(name, "").strip()}
    if level := clean.get("level", "").strip().upper():
        if level in LEVELS:
            texts["level"] = level
        else:
            problems.append(f"There is no level of that name; levels are {', '.join(LEVELS)}.")
    window = read_window(clean, now, default_window)
    if window.problem:
        problems.append(window.problem)
    cursor = None
    if "cursor" in query and (cursor := read_cursor(query["cursor"])) is None:
        problems.append("The link's place in the list is not valid; this is the first page.")
    kept = {key: clean[key].strip() for key in ("window", "from", "to") if clean.get(key, "").strip()}
    return Filters(window, texts, cursor, tuple(problems), {**texts, **kept})
