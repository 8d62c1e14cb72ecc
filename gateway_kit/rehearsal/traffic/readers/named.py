"""A record's values, found by any of several names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from gateway_kit.rehearsal.traffic.readers.names import (
    ANSWERING_MODELS,
    CACHE_HITS,
    CACHE_WRITE_TOKENS,
    CACHED_TOKENS,
    COMPLETION_TOKENS,
    COSTS,
    DURATIONS,
    ENDPOINTS,
    ENDS,
    ERRORS,
    FIRST_DURATIONS,
    FIRSTS,
    KEYS,
    PROMPT_TOKENS,
    REASONING_TOKENS,
    STATUSES,
    TEAMS,
    TIMES,
    Names,
)

_UNIT = re.compile(
    r"[_\- ]?\(?(ns|us|ms|msec|millis|milliseconds|s|sec|secs|seconds)\)?$|(?<=[a-z])(Ms|Seconds|Sec)$"
)
_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "msec": 1e-3, "millis": 1e-3, "milliseconds": 1e-3}
_NOT_IN_NAMES = str.maketrans("", "", "_- .")


def plain(name: str) -> str:
    """A name as it is compared with those above."""
    return name.translate(_NOT_IN_NAMES).lower()


class _Shape:
    """Where records with the same fields have what; worked out once for each set of fields."""

    def __init__(self, given: tuple[str, ...]) -> None:
        self._names: dict[str, str] = {}
        self._united: dict[str, tuple[str, float]] = {}
        for name in given:
            self._names.setdefault(plain(name), name)
            unit = _UNIT.search(name)
            if unit is not None:
                seconds = _SECONDS.get((unit[1] or unit[2]).lower(), 1.0)
                self._united.setdefault(plain(name[: unit.start()]), (name, seconds))
        self.known: dict[Names, tuple[str, ...]] = {}
        self._durations: dict[Names, tuple[tuple[str, float | None], ...]] = {}

    def found(self, names: Names) -> tuple[str, ...]:
        """The record's own names of these, the best first."""
        found = self.known.get(names)
        if found is None:
            found = self.known[names] = tuple(self._names[name] for name in names if name in self._names)
        return found

    def durations(self, names: Names) -> tuple[tuple[str, float | None], ...]:
        """As `found`, also for names that end in a unit, each with its unit in seconds or None."""
        found = self._durations.get(names)
        if found is None:
            united = [self._united[name] for name in names if name in self._united]
            found = self._durations[names] = (*united, *((name, None) for name in self.found(names)))
        return found


_shape = lru_cache(maxsize=1024)(_Shape)


class Named:
    """A record's values, found by any of several names."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self._shape = _shape(tuple(record))
        self.record = record

    def first(self, names: Names) -> tuple[Any, str]:
        """The first value that is neither missing nor empty, with its name in the record; else None and ""."""
        found = self._shape.known.get(names)
        for name in self._shape.found(names) if found is None else found:
            value = self.record[name]
            if value is not None and value != "":
                return value, name
        return None, ""

    def all(self, names: Names) -> Iterator[Any]:
        """All values under these names."""
        return (self.record[name] for name in self._shape.found(names))

    def duration(self, names: Names) -> tuple[Any, str, float | None]:
        """As `first`, also for names that end in a unit, which is the third, in seconds; None without one."""
        for name, unit in self._shape.durations(names):
            value = self.record[name]
            if value is not None and value != "" and not isinstance(value, dict | list):
                return value, name, unit
        return None, "", None


_OF_LOG = frozenset(
    {*TIMES, *ENDS, *FIRSTS, *DURATIONS, *FIRST_DURATIONS, *PROMPT_TOKENS, *COMPLETION_TOKENS, *CACHED_TOKENS}
    | {*CACHE_WRITE_TOKENS, *REASONING_TOKENS, *COSTS, *STATUSES, *ERRORS, *KEYS, *TEAMS, *ANSWERING_MODELS}
    | {
        *CACHE_HITS,
        *ENDPOINTS,
        "response",
        "responsebody",
        "output",
        "answer",
        "completion",
        "usage",
        "totaltokens",
    }
    | {"id", "requestid", "method", "headers", "provider"}
)


def is_of_log(name: str) -> bool:
    """Whether a field beside those of a bare request is the log's own."""
    if plain(name) in _OF_LOG:
        return True
    unit = _UNIT.search(name)
    return unit is not None and plain(name[: unit.start()]) in {*DURATIONS, *FIRST_DURATIONS}
