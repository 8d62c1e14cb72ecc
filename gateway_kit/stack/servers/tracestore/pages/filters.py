"""The filters of the lists: read from the URL and written to it."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from gateway_kit.stack.servers.tracestore.pages.outcomes import OUTCOMES
from gateway_kit.stack.servers.tracestore.pages.windows import Window, read_window
from gateway_kit.stack.servers.tracestore.store.tables.observations import LEVELS

TEXTS = ("q", "name", "model", "user", "session", "tag", "environment", "score", "value")
LABELS = {
    "q": "Text", "name": "Name", "model": "Model", "user": "User", "session": "Session", "tag": "Tag",
    "level": "Level", "environment": "Environment", "outcome": "Outcome", "score": "Score",
}  # fmt: skip
# By their names in the URL.
COMPARISONS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "eq": "=", "ne": "≠"}


@dataclass(frozen=True)
class Cursor:
    """The place where a page starts: after this item in the order of the list."""

    start_time: datetime
    trace_id: str

    def __str__(self) -> str:
        text = f"{self.start_time.astimezone(UTC).isoformat()} {self.trace_id}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(text: str) -> Cursor | None:
    """The cursor; None if the text is not one."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
        moment, _, trace_id = plain.partition(" ")
        start_time = datetime.fromisoformat(moment)
    except (ValueError, binascii.Error):
        return None
    return Cursor(start_time, trace_id) if start_time.tzinfo and "\0" not in trace_id else None


def as_number(text: str) -> float | None:
    """The text as a number; None if it is not one, or too large."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) < 1e300 else None


class Chosen(NamedTuple):
    """A filter in use: its label, its value in words, and its parameters in the URL."""

    label: str
    text: str
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class Filters:
    """The filters of a request; '' means no filter."""

    window: Window
    texts: Mapping[str, str]  # by the keys of LABELS, `comparison` and `value`, if set
    cursor: Cursor | None
    errors: tuple[str, ...]
    parameters: Mapping[str, str]  # of the page's URL, without the cursor

    def get(self, name: str) -> str:
        """The filter's value."""
        return self.texts.get(name, "")

    def url(self, path: str = "/traces", **changes: Any) -> str:
        """The URL of the first page with changed parameters; None or '' removes one."""
        merged = {**self.parameters, **{key.rstrip("_"): value for key, value in changes.items()}}
        kept = {key: str(value) for key, value in merged.items() if value not in (None, "")}
        return path + (f"?{urlencode(kept)}" if kept else "")

    def without(self, parameters: tuple[str, ...], path: str = "/traces") -> str:
        """The URL without these parameters."""
        return self.url(path, **dict.fromkeys(parameters))

    def only(self, names: tuple[str, ...]) -> Filters:
        """The same, restricted to the filters of a list; the window is kept."""
        texts = {name: text for name, text in self.texts.items() if name in names}
        kept = {
            name: text for name, text in self.parameters.items() if name in names or name not in self.texts
        }
        return replace(self, texts=texts, parameters=kept)

    @property
    def chosen(self) -> list[Chosen]:
        """The filters in use, without the time window."""
        result = []
        for name, label in LABELS.items():
            text = self.get(name)
            parameters: tuple[str, ...] = (name,)
            if not text:
                continue
            if name == "outcome":
                text = OUTCOMES[text]
            if name == "score":
                parameters = ("score", "comparison", "value")
                if self.get("value"):
                    text += f" {COMPARISONS[self.get('comparison')]} {self.get('value')}"
            result.append(Chosen(label, text, parameters))
        return result


def read_filters(query: Mapping[str, str], now: datetime, default_window: str = "24h") -> Filters:
    """The filters of a request. An invalid parameter becomes a sentence in `errors`; nothing is raised."""
    errors: list[str] = []
    # PostgreSQL cannot store NUL or half a surrogate pair.
    clean = {
        key: value.replace("\0", "").encode("utf-8", "replace").decode()[:500].strip()
        for key, value in query.items()
    }
    texts = {name: clean[name] for name in TEXTS if clean.get(name)}
    if level := clean.get("level", "").upper():
        if level in LEVELS:
            texts["level"] = level
        else:
            errors.append(f"There is no such level; levels are {', '.join(LEVELS)}.")
    if outcome := clean.get("outcome", ""):
        if outcome in OUTCOMES:
            texts["outcome"] = outcome
        else:
            errors.append(f"There is no such outcome; outcomes are {', '.join(OUTCOMES)}.")
    errors += _read_comparison(clean.get("comparison", ""), texts)
    window = read_window(clean, now, default_window)
    if window.error:
        errors.append(window.error)
    cursor = None
    if "cursor" in query and (cursor := read_cursor(query["cursor"])) is None:
        errors.append("The link's place in the list is not valid; this is the first page.")
    kept = {key: clean[key] for key in ("window", "from", "to") if clean.get(key)}
    return Filters(window, texts, cursor, tuple(errors), {**texts, **kept})


def _read_comparison(given: str, texts: dict[str, str]) -> list[str]:
    """Add the comparison of a score's value, or remove an invalid one and return the reason."""
    if not texts.get("value"):
        return []
    if not texts.get("score"):
        del texts["value"]
        return ["To filter by a value, name the score."]
    texts["comparison"] = given or "eq"
    is_number = as_number(texts["value"]) is not None
    if texts["comparison"] in COMPARISONS and (is_number or texts["comparison"] in ("eq", "ne")):
        return []
    del texts["value"], texts["comparison"]
    if given not in COMPARISONS:
        return [f"There is no such comparison; comparisons are {', '.join(COMPARISONS)}."]
    return ["A text can be compared with = and ≠ only; all scores of this name are shown."]
