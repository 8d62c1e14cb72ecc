"""What the cache saved, from the call record. A pure function. Internal: `gateway.cache.savings`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway_kit.common.tables import Column, Table

if TYPE_CHECKING:
    import pandas as pd

SAVINGS = Table(
    Column("calls", "int64", "calls that were answered"),
    Column("hits", "int64", "those answered from the cache"),
    Column("hit_rate", "float64", "hits / calls, from 0 to 1; missing without calls"),
    Column("cost_usd", "float64", "US dollars that were charged"),
    Column("saved_usd", "float64", "US dollars that the first answers of the hits had cost"),
    Column("hit_latency_s", "float64", "median seconds of a hit; missing without one"),
    Column("miss_latency_s", "float64", "median seconds of a miss; missing without one"),
    Column(
        "saved_s",
        "float64",
        "estimate of the seconds saved, against the mean miss of the same model; missing if a model's hits have no "
        "miss to compare with",
    ),
)

_NEEDED = ("model", "latency_s", "cost_usd", "saved_usd", "cache_hit")


def savings(calls: pd.DataFrame, *, by: str | None = None) -> pd.DataFrame:
    """What the cache saved.

    Args:
        calls: `gateway.calls.frame()`; failed calls do not count.
        by: a column of `calls` to group by.

    Returns:
        One row, or one row per value of the column `by`, which is then the first column.

            - `calls` (int64): calls that were answered
            - `hits` (int64): those answered from the cache
            - `hit_rate` (float64): hits / calls, from 0 to 1; missing without calls
            - `cost_usd` (float64): US dollars that were charged
            - `saved_usd` (float64): US dollars that the first answers of the hits had cost
            - `hit_latency_s` (float64): median seconds of a hit; missing without one
            - `miss_latency_s` (float64): median seconds of a miss; missing without one
            - `saved_s` (float64): estimate of the seconds saved, against the mean miss of the same model; missing if
                a model's hits have no miss to compare with

    Raises:
        KeyError: a column is missing.
    """
    import pandas as pd

    # Copying the other columns of a million calls would take most of the time.
    needed = [name for name in calls.columns if name in (*_NEEDED, by)]
    answered = calls.loc[calls["error"].isna() & calls["latency_s"].notna(), needed]
    if by is None:
        return SAVINGS.frame([_row(answered)])
    rows = {value: _row(part) for value, part in answered.groupby(by, dropna=False)}
    frame = SAVINGS.frame(rows.values())
    frame.insert(0, by, pd.Series(list(rows), dtype=calls[by].dtype))
    return frame


def _row(answered: pd.DataFrame) -> dict[str, float]:
    hit = answered["cache_hit"]
    hits, misses = answered[hit], answered[~hit]
    usual_s = hits["model"].map(misses.groupby("model")["latency_s"].mean())
    return {
        "calls": len(answered),
        "hits": len(hits),
        "hit_rate": len(hits) / len(answered) if len(answered) else float("nan"),
        "cost_usd": float(answered["cost_usd"].sum()),
        "saved_usd": float(hits["saved_usd"].sum()),
        "hit_latency_s": float(hits["latency_s"].median()),
        "miss_latency_s": float(misses["latency_s"].median()),
        "saved_s": float((usual_s.astype("float64") - hits["latency_s"]).sum(skipna=False)),
    }
