"""Calls with what their attempts at the simulated providers tell of them. Pure functions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gateway_kit.rehearsal.tables import FOUND

_WELL, _WRONG = 200, 400


def with_attempts(calls: pd.DataFrame, attempts: pd.DataFrame, speed: float | None) -> pd.DataFrame:
    """The calls, one row per number, in the order of the log, with the columns of `FOUND`."""
    calls = calls.drop_duplicates("number", keep="last").sort_values("number", ignore_index=True)
    mine = attempts[attempts["number"].notna()]
    by = mine.groupby(mine["number"].astype("int64"), sort=False)
    number = calls["number"]
    # Without a single attempt, none were written down: each answer that no cache gave came from somewhere.
    written = len(mine) > 0 or not _answered_by_a_provider(calls).any()
    count = number.map(by.size()).fillna(0).astype("Int64")
    if written:
        calls = _with_hits_that_nothing_shows(calls, count)
    models = number.map(by["model_name"].nunique()).fillna(0).astype("int64")
    found = {
        "failed": calls["error"].notna() | (calls["status"].fillna(_WRONG) >= _WRONG),
        "attempts": count if written else pd.Series(pd.NA, index=calls.index, dtype="Int64"),
        "provider_s": number.map(by["latency_s"].sum()).astype("float64"),
        "fell_back": (calls["fallbacks"].fillna(0) > 0) | (models > 1),
        "retried": (calls["retries"].fillna(0) > 0) | (count > models.clip(lower=1)),
        "fault": number.map(by["fault"].first()).astype("string"),
        "at_s": seconds_in(calls["started"], beginning(calls), speed),
    }
    return calls.assign(**found).astype(FOUND.dtypes)


def _with_hits_that_nothing_shows(calls: pd.DataFrame, attempts: pd.Series[int]) -> pd.DataFrame:
    """The calls, with the cache hits of streams of the Responses API that LiteLLM (1.106.12) made of a chat.

    Their answers look as those of a provider do, and name the first one's cost; but nothing reached a provider.
    """
    answered = calls["error"].isna() & (calls["status"] == _WELL).fillna(False).astype(bool)
    streams = (calls["kind"] == "responses").fillna(False).astype(bool) & calls["stream"]
    hit = answered & streams & ~calls["cache_hit"] & (attempts == 0).astype(bool)
    if not hit.any():
        return calls
    return calls.assign(
        cache_hit=calls["cache_hit"] | hit,
        saved_usd=calls["saved_usd"].mask(hit, calls["cost_usd"]),
        cost_usd=calls["cost_usd"].mask(hit, 0.0),
    )


def beginning(calls: pd.DataFrame) -> pd.Timestamp | None:
    """When the first call began, in the rehearsal; None without one."""
    return None if calls["started"].isna().all() else calls["started"].min()


def seconds_in(
    times: pd.Series[pd.Timestamp], begin: pd.Timestamp | None, speed: float | None
) -> pd.Series[float]:
    """Seconds after the run's first call, on the log's clock; at full speed on the rehearsal's."""
    if begin is None:
        return pd.Series(np.nan, index=times.index, dtype="float64")
    return (times - begin).dt.total_seconds() * (speed or 1.0)


def _answered_by_a_provider(calls: pd.DataFrame) -> pd.Series[bool]:
    return calls["error"].isna() & ~calls["cache_hit"]
