"""The group of each call: by a column, by time interval, or both. All summaries are built on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gateway_kit.metrics.buckets import Buckets, time_buckets
from gateway_kit.metrics.calls import require_columns

# Tags that LiteLLM adds: the caller's program, and whether the cache answered.
_AUTOMATIC = ("User-Agent:", "cache_hit:")
# Groups times intervals; more are a mistake.
MOST_CELLS = 2_000_000


@dataclass(frozen=True)
class Groups:
    """The groups of some calls.

    by       the column's name; None if all calls are one group
    names    the groups' names in the order of their first call; missing for calls without one
    buckets  the intervals, if any
    rows     per member: the number of the call. By tag a call is a member once per tag, else once
    cell     per member: its group times the number of intervals, plus its interval
    """

    by: str | None
    names: pd.Index[Any]
    buckets: Buckets | None
    rows: NDArray[np.int64] | slice
    cell: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.names) * (1 if self.buckets is None else len(self.buckets))

    def count(self, which: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """Members per cell; only those with a true value in `which`, which has one value per call."""
        cell = self.cell if which is None else self.cell[which[self.rows]]
        return np.bincount(cell, minlength=len(self))

    def total(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum per cell of `values`, which has one value per call; missing values count as 0."""
        mine = np.nan_to_num(values[self.rows], nan=0.0)
        return np.bincount(self.cell, weights=mine, minlength=len(self)).astype("float64")

    def table(self, columns: dict[str, NDArray[Any]]) -> pd.DataFrame:
        """A table with a row per cell: the group's name, the interval's begin as `time`, and these columns."""
        made: dict[str, Any] = {}
        intervals = 1 if self.buckets is None else len(self.buckets)
        if self.by is not None:
            made[self.by] = pd.Series(self.names, dtype="string").repeat(intervals).reset_index(drop=True)
        if self.buckets is not None:
            begins = self.buckets.begins.to_numpy("datetime64[ns]")
            made["time"] = pd.Series(np.tile(begins, len(self.names))).dt.tz_localize("UTC")
        return pd.DataFrame({**made, **columns})

    def ordered(self, table: pd.DataFrame, most: str) -> pd.DataFrame:
        """The table sorted by time and then by group; without intervals by the column `most`, highest first."""
        if self.buckets is None:
            return table.sort_values(most, ascending=False, kind="stable", ignore_index=True)
        if len(self.names) <= 1:
            return table
        # From group by group to interval by interval.
        order = np.arange(len(self)).reshape(len(self.names), -1).T.ravel()
        return table.iloc[order].reset_index(drop=True)


def group_calls(calls: pd.DataFrame, by: str | None, over: timedelta | str | None = None) -> Groups:
    """The groups of normalized calls. `by` is a column, "tag" for each of the `tags`, or None.

    With `over`, calls without a time are left out. Raises ValueError.
    """
    rows: NDArray[np.int64] | slice = slice(None)
    if by is None:
        code, names = np.zeros(len(calls), dtype=np.int64), pd.Index([""])
    elif by == "tag" and "tag" not in calls.columns:
        require_columns(calls, ["tags"], "A summary by tag")
        rows, code, names = _tags(calls["tags"])
    else:
        require_columns(calls, [by], f"A summary by {by}")
        code, names = _factors(calls[by], by)
    if over is None:
        return Groups(by, names, None, rows, code)
    buckets = time_buckets(calls["started"], over)
    if len(buckets) * len(names) > MOST_CELLS:
        raise ValueError(
            f"{len(names):,} groups in {len(buckets):,} intervals make more than {MOST_CELLS:,} rows. "
            "Choose longer intervals, or fewer groups."
        )
    place = buckets.place[rows]
    cell = code * len(buckets) + place
    timed = place >= 0
    if not timed.all():
        rows = np.arange(len(calls))[rows][timed]
        cell = cell[timed]
    return Groups(by, names, buckets, rows, cell)


def select_calls(
    calls: pd.DataFrame, which: NDArray[np.bool_], by: str | None, *columns: str
) -> pd.DataFrame:
    """Some of the calls, with only the columns that are needed, since copying takes long."""
    wanted = {"started", *columns, *((by, "tags") if by == "tag" else (by,))}
    kept = calls[[name for name in calls.columns if name in wanted]]
    return kept if which.all() else kept[which]


def _tags(tags: pd.Series[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64], pd.Index[Any]]:
    """A member per call and tag, without LiteLLM's own tags; calls without a tag have one without a name."""
    exploded = tags.reset_index(drop=True).explode()
    rows = exploded.index.to_numpy()
    code, names = pd.factorize(exploded, use_na_sentinel=True)
    code[code < 0] = len(names)
    named = np.array([not str(name).startswith(_AUTOMATIC) for name in names] + [False])
    keep = named[code]
    bare = np.ones(len(tags), dtype=bool)
    bare[rows[keep]] = False
    rows = np.concatenate([rows[keep], np.flatnonzero(bare)])
    code = np.concatenate([code[keep], np.full(int(bare.sum()), len(names))])
    # Number the remaining names without gaps.
    used, code = np.unique(code, return_inverse=True)
    return rows, code, pd.Index([*names, None], dtype="object")[used]


def _factors(values: pd.Series[Any], by: str) -> tuple[NDArray[np.int64], pd.Index[Any]]:
    try:
        code, names = pd.factorize(values, use_na_sentinel=False)
    except TypeError as exc:
        raise ValueError(
            f"A summary by {by} needs a column of single values, not lists or dicts: {exc}"
        ) from exc
    return code, pd.Index(names)
