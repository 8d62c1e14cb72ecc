"""The places of all values within a request."""

from __future__ import annotations

from typing import Any


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value, the request itself first."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for step, item in steps for place in places(item, (*path, step)))]


def parent_of(body: Any, path: tuple[Any, ...]) -> Any:
    """The dict or list that holds the value at a place."""
    for step in path[:-1]:
        body = body[step]
    return body
