"""The configuration while it is translated: its data, and a line in the list for each change to it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from gateway_kit.stack.configuration.models import REFERENCE
from gateway_kit.stack.rehearsing.translation.result import Change, What
from gateway_kit.stack.rehearsing.translation.secrets import told
from gateway_kit.stack.rehearsing.translation.source import Source, Way

_GONE = object()


class Draft:
    """A copy of the file's data that is changed by the way to each setting, and knows the lines of the original.

    Items of a list keep their numbers until `finished`, however many are removed.
    """

    def __init__(
        self,
        source: Source,
        environ: Mapping[str, str],
        absent: Mapping[tuple[str, int, int], str] | None = None,
    ) -> None:
        """`absent` tells, by file, line and column, which code is not on this machine."""
        self._absent = absent or {}
        self.source = source
        self.environ = environ
        self.data: dict[str, Any] = copy.deepcopy(source.data)
        self.env: dict[str, str] = {}
        self.changes: list[tuple[Way, Change]] = []
        self.notes: list[str] = []
        self._like: dict[Way, Way] = {}

    def get(self, *way: Any) -> Any:
        """The value of a setting; None where there is none."""
        value: Any = self.data
        for key in way:
            if isinstance(value, dict):
                value = value.get(key)
            elif isinstance(value, list) and isinstance(key, int) and key < len(value):
                value = value[key]
            else:
                return None
        return None if value is _GONE else value

    def items(self, *way: Any) -> list[tuple[int, Any]]:
        """The items of a list with their numbers; empty for anything else."""
        value = self.get(*way)
        return (
            [(n, item) for n, item in enumerate(value) if item is not _GONE]
            if isinstance(value, list)
            else []
        )

    def keys(self, *way: Any) -> list[Any]:
        """The keys of a mapping; empty for anything else."""
        value = self.get(*way)
        return list(value) if isinstance(value, dict) else []

    def put(self, way: Way, value: Any) -> None:
        """Write a setting, and what is around it if that is missing."""
        target: Any = self.data
        for key in way[:-1]:
            if isinstance(target, dict) and not isinstance(target.get(key), dict | list):
                target[key] = {}
            target = target[key]
        target[way[-1]] = value

    def append(self, way: Way, item: Any, *, like: Way) -> None:
        """Add an item to a list; it has the lines of the item that it is made from."""
        target = self.get(*way)
        target.append(item)
        self._like[*way, len(target) - 1] = like

    def remove(self, way: Way) -> None:
        """Take a setting away; an item of a list leaves its number unused."""
        target = self.get(*way[:-1]) if len(way) > 1 else self.data
        if isinstance(target, dict):
            target.pop(way[-1], None)
        elif isinstance(target, list):
            target[way[-1]] = _GONE

    def say(self, what: What, way: Way, why: str, *, was: str | None = None, now: str = "") -> None:
        """Add a line to the list of changes; none for what is in an added item, which the line of its model tells."""
        if self._of_file(way) != way:
            return
        if was is None:
            was = told(way[-1], self._original(way))
        if what == "replaced" and was and was == now and not was.startswith(REFERENCE):
            what = "kept"
        self.changes.append((way, Change(what, self.place(way), written(way), was, now, why)))

    def add(self, change: Change) -> None:
        """Add a line about what is no setting of the merged configuration."""
        self.changes.append(((), change))

    def replace(
        self,
        way: Way,
        value: Any,
        why: str,
        *,
        what: What = "replaced",
        was: str | None = None,
        now: str | None = None,
    ) -> None:
        """Write a setting and say so; `was` and `now` are how its values are told, by default as they are."""
        self.put(way, value)
        self.say(what, way, why, was=was, now=told("", value) if now is None else now)

    def drop(self, way: Way, why: str, *, what: What = "replaced", was: str | None = None) -> None:
        """Take a setting away and say so."""
        self.remove(way)
        self.say(what, way, why, was=was)

    def place(self, way: Way) -> str:
        """`config.yaml:12`."""
        return self.source.place(self._of_file(way))

    def line(self, way: Way) -> int:
        """The line in its file."""
        return self.source.line(self._of_file(way))

    def resolved(self, value: Any) -> Any:
        """A value with `os.environ/NAME` looked up, in the file's own `environment_variables` first; None if unset."""
        if not isinstance(value, str) or not value.startswith(REFERENCE):
            return value
        name = value.removeprefix(REFERENCE)
        declared = self.source.data.get("environment_variables")
        own = declared.get(name) if isinstance(declared, dict) else None
        if isinstance(own, str | int | float) and not str(own).startswith(REFERENCE):
            return str(own)
        return self.environ.get(name, "").strip() or None

    def finished(self) -> dict[str, Any]:
        """The data without what was removed."""
        cleaned = without_gone(self.data)
        assert isinstance(cleaned, dict)  # noqa: S101  # as read
        return cleaned

    def absent_code(self, way: Way) -> str | None:
        """Why the code that a setting names cannot run on this machine; None if it can."""
        spot = self.source.spots.get(way)
        return self._absent.get((spot.file, spot.value_line, spot.value_column)) if spot is not None else None

    def is_of_file(self, way: Way) -> bool:
        """Whether the file has this setting."""
        return way in self.source.spots

    def _of_file(self, way: Way) -> Way:
        """The way in the file of what an added item is made from."""
        for length in range(len(way), 0, -1):
            if way[:length] in self._like:
                return (*self._like[way[:length]], *way[length:])
        return way

    def _original(self, way: Way) -> Any:
        value: Any = self.source.data
        for key in way:
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                return None
        return value


def written(way: Way) -> str:
    """The way to a setting as people write it: `model_list[0].litellm_params.api_key`."""
    text = ""
    for key in way:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else str(key)
    return text


def without_gone(value: Any) -> Any:
    """A value without the items that were removed."""
    if isinstance(value, dict):
        return {key: without_gone(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_gone(inner) for inner in value if inner is not _GONE]
    return value
