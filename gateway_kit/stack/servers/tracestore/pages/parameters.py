"""Parameters of a page's URL that are not filters of traces: read with care, and written to links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from gateway_kit.stack.servers.tracestore.pages.filters import Cursor, read_cursor
from gateway_kit.stack.servers.tracestore.pages.windows import moment
from gateway_kit.stack.servers.tracestore.store.reader import Row

MAX_CHARS = 500
BAD_CURSOR = "The link's place in the list is not valid; this is the first page."


@dataclass(frozen=True)
class Page:
    """One page of a list; `count` is of all pages."""

    rows: list[Row]
    count: int
    next: Cursor | None


def cleaned(text: str) -> str:
    """The text without what PostgreSQL cannot store: NUL and half a surrogate pair."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:MAX_CHARS].strip()


@dataclass(frozen=True)
class Parameters:
    """The parameters of a request, each with a value; '' means not given. `many` are given several times."""

    texts: Mapping[str, str]
    many: tuple[tuple[str, str], ...] = ()
    cursor: Cursor | None = None
    errors: tuple[str, ...] = ()

    def get(self, name: str) -> str:
        """The parameter's value."""
        return self.texts.get(name, "")

    def url(self, path: str, **changes: Any) -> str:
        """The URL of the first page with changed parameters; None or '' removes one."""
        merged = {**self.texts, **changes}
        pairs = [
            *self.many,
            *((name, str(value)) for name, value in merged.items() if value not in (None, "")),
        ]
        return path + (f"?{urlencode(pairs)}" if pairs else "")


def read_parameters(query: QueryParams, names: Sequence[str], many: str = "") -> Parameters:
    """The named parameters and the cursor of a request; nothing is raised."""
    texts = {name: text for name in names if (text := cleaned(query.get(name, "")))}
    values = list(dict.fromkeys(cleaned(value) for value in query.getlist(many))) if many else []
    cursor = read_cursor(query["cursor"]) if "cursor" in query else None
    errors = (BAD_CURSOR,) if "cursor" in query and cursor is None else ()
    return Parameters(texts, tuple((many, value) for value in values if value), cursor, errors)


def option(parameters: Parameters, name: str, options: Mapping[str, str]) -> tuple[str, str]:
    """The chosen option, else the first; and a sentence if there is no such option."""
    given = parameters.get(name)
    if not given or given in options:
        return given or next(iter(options)), ""
    return next(iter(options)), f"There is no such {name}; there are {', '.join(options)}."


def time_of(text: str) -> tuple[datetime | None, str]:
    """The time in UTC; and a sentence if it is not one."""
    try:
        return (moment(text) if text else None), ""
    except (ValueError, OverflowError):
        return None, "The time must be one such as 2026-11-23T07:30; the items of now are shown."


def read_offset(query: Mapping[str, str]) -> int:
    """How many items of a list come before the page; 0 if the parameter is not a number."""
    text = query.get("offset", "0")
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 9 else 0
