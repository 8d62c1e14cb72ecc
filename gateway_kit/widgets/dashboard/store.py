"""The calls that a dashboard looks back on, in the order in which they came."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from pandas.api.types import union_categoricals

from gateway_kit.metrics.calls import NORMALIZED, normalize_calls

# The oldest calls are dropped first. A million calls take about 100 MB.
DEFAULT_CAPACITY = 1_000_000
# Rows sent to another process at a time: pickling so many holds Python's lock for about 10 ms.
CHUNK_ROWS = 20_000
# Every chunk is searched; above this number they are joined.
_MOST_CHUNKS = 64

# The columns that a dashboard needs.
COLUMNS = tuple(
    name
    for name in NORMALIZED.columns
    if name not in ("ttft_s", "overhead_ms", "prompt_tokens", "completion_tokens")
)

_CACHE = pd.CategoricalDtype(["hit", "miss"])


def dashboard_calls(table: pd.DataFrame) -> pd.DataFrame:
    """Calls as `metrics.normalize_calls` returns them, with the columns that a dashboard needs."""
    calls = normalize_calls(table)
    return calls[[name for name in COLUMNS if name in calls.columns]]


def chunks(calls: pd.DataFrame, rows: int = CHUNK_ROWS) -> Iterator[pd.DataFrame]:
    """The calls in chunks of at most `rows`."""
    for begin in range(0, len(calls), rows):
        yield calls.iloc[begin : begin + rows]


class CallStore:
    """Calls in the shape of `dashboard_calls`, at most `capacity` of them.

    Text columns are categories. A column `cache` has the words "hit" and "miss".
    """

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        self._capacity = capacity
        self._chunks: list[pd.DataFrame] = []
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, calls: pd.DataFrame) -> None:
        """Append newer calls."""
        if calls.empty:
            return
        self._chunks.append(_with_categories(calls))
        self._size += len(calls)
        while self._size - len(self._chunks[0]) >= self._capacity:
            self._size -= len(self._chunks.pop(0))
        if (over := self._size - self._capacity) > 0:
            self._chunks[0] = self._chunks[0].iloc[over:]
            self._size = self._capacity
        if len(self._chunks) > _MOST_CHUNKS:
            self._chunks = [_joined(self._chunks)]

    def clear(self) -> None:
        """Drop all calls."""
        self._chunks, self._size = [], 0

    def calls(self) -> pd.DataFrame:
        """All calls; an empty table if there are none."""
        if len(self._chunks) > 1:
            self._chunks = [_joined(self._chunks)]
        return _joined(self._chunks)

    def since(self, begin: pd.Timestamp) -> pd.DataFrame:
        """The calls that began at or after `begin`."""
        parts = []
        for chunk in self._chunks:
            inside = (chunk["started"] >= begin).to_numpy()
            if inside.any():
                # Calls are roughly in the order of their start, so this skips most of them.
                first = int(inside.argmax())
                parts.append(chunk.iloc[first:][inside[first:]])
        return _joined(parts)

    def newest(self) -> pd.Timestamp | None:
        """When the last call began; None if no call has a time."""
        times = [chunk["started"].max() for chunk in self._chunks]
        return max((time for time in times if pd.notna(time)), default=None)


def _with_categories(calls: pd.DataFrame) -> pd.DataFrame:
    """The calls with the column `cache`, and text as categories: a million calls have few different words."""
    if "cache_hit" in calls.columns:
        calls = calls.assign(cache=calls["cache_hit"].map({True: "hit", False: "miss"}).astype(_CACHE))
    words = [name for name, dtype in calls.dtypes.items() if dtype == "string"]
    return calls.astype(dict.fromkeys(words, "category"))


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The parts as one table; an empty table for no parts."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return _with_categories(NORMALIZED.frame([])[list(COLUMNS)])
    columns: dict[str, pd.Series[Any]] = {}
    for name, dtype in parts[0].dtypes.items():
        column = [part[name] for part in parts]
        # `concat` turns categories that differ into objects.
        columns[str(name)] = (
            pd.Series(union_categoricals(column))
            if dtype == "category"
            else pd.concat(column, ignore_index=True)
        )
    return pd.DataFrame(columns)
