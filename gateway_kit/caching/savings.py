"""What the cache spared, from the call record. Pure: a DataFrame in, a DataFrame out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

SAVINGS_COLUMNS: Mapping[str, str] = {
    "calls": "int64",
    "hits": "int64",
    "hit_rate": "float64",
    "cost_usd": "float64",
    "saved_usd": "float64",
    "hit_latency_s": "float64",
    "miss_latency_s": "float64",
    "saved_s": "float64",
}

_NEEDED = ("model", "latency_s", "cost_usd", "saved_usd", "cache_hit")


def cache_savings(calls: pd.DataFrame, *, by: str | None = None) -> pd.DataFrame:
    """What the cache spared: one row, or one row per value of the column `by` of the call record.

    column          dtype    meaning
    calls           int64    calls that were answered
    hits            int64    of them from the cache
    hit_rate        float64  hits / calls, from 0 to 1; missing where there was no call
    cost_usd        float64  US dollars that were charged
    saved_usd       float64  US dollars that the hits' first answers had cost
    hit_latency_s   float64  median seconds of a hit; missing without one
    miss_latency_s  float64  median seconds of a miss; missing without one
    saved_s         float64  seconds that the hits spared, against the mean miss of the same model: an estimate,
                             missing where a model's hits have no miss to compare with

    `calls` is `Gateway.calls.frame()`. Failed calls do not count. Raises KeyError for a column that is not there.
    """
    import pandas as pd

    # No more columns than are needed: copying the others of a million calls takes most of the time.
    needed = [name for name in calls.columns if name in (*_NEEDED, by)]
    answered = calls.loc[calls["error"].isna() & calls["latency_s"].notna(), needed]
    if by is None:
        return pd.DataFrame([_row(answered)]).astype(dict(SAVINGS_COLUMNS))
    rows = {value: _row(part) for value, part in answered.groupby(by, dropna=False)}
    frame = pd.DataFrame(list(rows.values()), columns=list(SAVINGS_COLUMNS)).astype(dict(SAVINGS_COLUMNS))
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
