"""Calls in the order in which they came, as many as a dashboard looks back on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from pandas.api.types import union_categoricals

from gateway_kit.metrics.calls import METRIC_COLUMNS, normalize_calls

# The oldest go first. A million calls take about 100 MB.
DEFAULT_CAPACITY = 1_000_000
# Rows that are sent to another process at a time: pickling a piece keeps Python's turn for about 10 ms.
PIECE_ROWS = 20_000
# A piece more is a piece to look through; from so many on they are put together.
_MOST_PIECES = 64

# What a dashboard is made of; the rest of an account stays where it is.
COLUMNS = tuple(
    name
    for name in METRIC_COLUMNS
    if name not in ("ttft_s", "overhead_ms", "prompt_tokens", "completion_tokens")
)

_CACHE = pd.CategoricalDtype(["hit", "miss"])


def dashboard_calls(table: pd.DataFrame) -> pd.DataFrame:
    """The calls of any account (see `metrics.normalize_calls`), with the columns that a dashboard needs."""
    calls = normalize_calls(table)
    return calls[[name for name in COLUMNS if name in calls.columns]]


def pieces(calls: pd.DataFrame, rows: int = PIECE_ROWS) -> Iterator[pd.DataFrame]:
    """The same calls, a piece after the other."""
    for begin in range(0, len(calls), rows):
        yield calls.iloc[begin : begin + rows]


class CallStore:
    """Calls in the shape of `dashboard_calls`; the oldest are forgotten beyond `capacity`.

    Words are categories here, and there is a column `cache` besides, of the words "hit" and "miss".
    """

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        self._capacity = capacity
        self._pieces: list[pd.DataFrame] = []
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, calls: pd.DataFrame) -> None:
        """Put newer calls behind those that are there."""
        if calls.empty:
            return
        self._pieces.append(_complete(calls))
        self._size += len(calls)
        while self._size - len(self._pieces[0]) >= self._capacity:
            self._size -= len(self._pieces.pop(0))
        if (over := self._size - self._capacity) > 0:
            self._pieces[0] = self._pieces[0].iloc[over:]
            self._size = self._capacity
        if len(self._pieces) > _MOST_PIECES:
            self._pieces = [_joined(self._pieces)]

    def clear(self) -> None:
        """Forget all."""
        self._pieces, self._size = [], 0

    def calls(self) -> pd.DataFrame:
        """All calls; an empty table where there are none."""
        if len(self._pieces) > 1:
            self._pieces = [_joined(self._pieces)]
        return _joined(self._pieces)

    def since(self, begin: pd.Timestamp) -> pd.DataFrame:
        """The calls that began at or after `begin`."""
        found = []
        for piece in self._pieces:
            inside = (piece["started"] >= begin).to_numpy()
            if inside.any():
                # What came first began first, but for calls that took long: most of them need not be looked at.
                first = int(inside.argmax())
                found.append(piece.iloc[first:][inside[first:]])
        return _joined(found)

    def newest(self) -> pd.Timestamp | None:
        """When the last call began; None where there is none with a time."""
        times = [piece["started"].max() for piece in self._pieces]
        known = [time for time in times if pd.notna(time)]
        return max(known, default=None)


def _complete(calls: pd.DataFrame) -> pd.DataFrame:
    """With the words of `cache`, and words as categories: a million calls have few different ones."""
    if "cache_hit" in calls.columns:
        calls = calls.assign(cache=calls["cache_hit"].map({True: "hit", False: "miss"}).astype(_CACHE))
    words = [name for name, dtype in calls.dtypes.items() if dtype == "string"]
    return calls.astype(dict.fromkeys(words, "category"))


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The parts one after the other; an empty table where there are none."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return _nothing()
    columns: dict[str, pd.Series[Any]] = {}
    for name, dtype in parts[0].dtypes.items():
        column = [part[name] for part in parts]
        # `concat` would make objects of categories that differ.
        joined = (
            pd.Series(union_categoricals(column))
            if dtype == "category"
            else pd.concat(column, ignore_index=True)
        )
        columns[str(name)] = joined
    return pd.DataFrame(columns)


def _nothing() -> pd.DataFrame:
    return _complete(pd.DataFrame({name: pd.Series(dtype=METRIC_COLUMNS[name]) for name in COLUMNS}))
