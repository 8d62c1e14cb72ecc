"""Messages spread over attributes with numbers in their names, as in `gen_ai.prompt.0.content`."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from gateway_kit.stack.servers.tracestore.ingest.span import Attributes

MAX_PLACES = 10_001  # in all lists of one value; a single name could ask for a list of any length
_MAX_DEPTH = 20
# Merged into an object by a JavaScript client, these names would change the prototype of all its objects.
_DANGEROUS = frozenset(("__proto__", "constructor", "prototype"))


class _List(dict[int, Any]):
    """A list under construction: items by index."""


def nested(attributes: Attributes, prefix: str) -> Any:
    """A list of messages, or an object if the names have no numbers; {} if no name has the prefix."""
    if whole := attributes.get(prefix):
        return whole
    start = f"{prefix}."
    parts = [
        (key[len(start) :].split(".", _MAX_DEPTH), value)
        for key, value in attributes.items()
        if key.startswith(start)
    ]
    is_list = any(_place(path[0]) is not None and len(path) > 1 for path, _ in parts)
    root: dict[Any, Any] = _List() if is_list else {}
    places = _Places()
    for path, value in parts:
        if is_list:
            if _place(path[0]) is None:
                continue
            path = path if len(path) > 1 else [*path, "content"]
        if places.are_free(path) and _DANGEROUS.isdisjoint(path):
            _set(root, path, value)
    return _finished(root)


class _Places:
    """Keeps the lengths of all lists within the limit."""

    def __init__(self) -> None:
        self._used = 0
        self._lengths: dict[tuple[str, ...], int] = {}

    def are_free(self, path: list[str]) -> bool:
        more: dict[tuple[str, ...], int] = {}
        used = self._used
        for depth, step in enumerate(path):
            if not (step.isascii() and step.isdigit()):
                continue
            place = _place(step)
            if place is None:
                return False
            before = tuple(path[:depth])
            known = self._lengths.get(before, 0)
            if place >= known:
                used += place + 1 - known
                more[before] = place + 1
        if used > MAX_PLACES:
            return False
        self._used = used
        self._lengths |= more
        return True


def _place(step: str) -> int | None:
    return int(step) if step.isascii() and step.isdigit() and len(step) <= 6 else None


def _set(node: dict[Any, Any], path: list[str], value: Any) -> None:
    for step, following in pairwise(path):
        key = _key(node, step)
        inner = node.get(key)
        if type(inner) is not dict and type(inner) is not _List:
            inner = node[key] = {} if _place(following) is None else _List()
        node = inner
    node[_key(node, path[-1])] = value


def _key(node: dict[Any, Any], step: str) -> int | str:
    place = _place(step) if isinstance(node, _List) else None
    return step if place is None else place


def _finished(node: Any) -> Any:
    if isinstance(node, _List):
        if not node:
            return []
        length = max((key for key in node if isinstance(key, int)), default=-1) + 1
        return [_finished(node.get(place)) for place in range(length)]
    return {key: _finished(value) for key, value in node.items()} if isinstance(node, dict) else node
