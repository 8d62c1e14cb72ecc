"""How many: requests and tokens a second, failed calls, calls that the cache answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gateway_kit.metrics.calls import normalize_calls, numbers, require_columns
from gateway_kit.metrics.groups import Groups, group_calls

Numbers = NDArray[np.float64]


def outcome_rates(
    calls: pd.DataFrame, by: str | None = None, *, over: timedelta | str | None = None
) -> pd.DataFrame:
    """How calls ended, one row per group, the most calls first; with `over` one per group and interval.

    column       dtype                 meaning
    <by>         string                the group's name; missing for calls that have none
    time         datetime64[ns, UTC]   only with `over`: the interval's begin
    calls        int64                 all of them
    failed       int64                 that ended with an error
    error_rate   float64               failed / calls, 0 to 1; missing where there was no call
    hits         int64                 that the gateway's cache answered
    hit_rate     float64               hits / answered calls, 0 to 1; missing where none was answered

    `calls` is what `normalize_calls` takes; `by` one of its columns, "tag", or None for all. What the hits spared, in
    money and time: `gateway_kit.caching.cache_savings`. Raises ValueError.
    """
    calls = normalize_calls(calls)
    require_columns(calls, ["cache_hit"], "The hit rate")
    groups = group_calls(calls, by, over)
    failure = calls["failed"].to_numpy()
    n, failed = groups.count(), groups.count(failure)
    hits = groups.count(calls["cache_hit"].to_numpy() & ~failure)
    columns: dict[str, NDArray[np.generic]] = {
        "calls": n,
        "failed": failed,
        "error_rate": ratio(failed, n),
        "hits": hits,
        "hit_rate": ratio(hits, n - failed),
    }
    return groups.ordered(groups.table(columns), "calls")


def traffic_rates(
    calls: pd.DataFrame, by: str | None = None, *, over: timedelta | str | None = None
) -> pd.DataFrame:
    """How much was asked for a second, one row per group, the most calls first; with `over` per interval too.

    column                dtype                 meaning
    <by>                  string                the group's name; missing for calls that have none
    time                  datetime64[ns, UTC]   only with `over`: the interval's begin
    seconds               float64               the interval's length; without `over` from the first call's start
                                                to the last one's end, the same for all groups
    calls                 int64                 that began then, failed ones too
    requests_per_s        float64               calls / seconds; missing where seconds is 0
    prompt_tokens         float64               read by the providers for answered calls: hits of the cache do not
    completion_tokens     float64               count, though accounts repeat the first answer's; written by them
    cached_tokens         float64               of both kinds, in answers from the cache
    tokens_per_s          float64               (prompt_tokens + completion_tokens) / seconds

    The first and the last interval are filled in part only. `calls` and `by` as in `outcome_rates`; by tag, a call
    counts for each of its tags. The trace store sums tokens on the server: `tracing.cost_and_latency`. Raises
    ValueError.
    """
    calls = normalize_calls(calls)
    require_columns(calls, ["prompt_tokens", "completion_tokens", "cache_hit"], "Tokens a second")
    groups = group_calls(calls, by, over)
    seconds = span_s(calls) if groups.buckets is None else groups.buckets.width_s
    n, tokens = groups.count(), _tokens(calls, groups)
    columns: dict[str, NDArray[np.generic]] = {
        "seconds": np.full(len(groups), seconds),
        "calls": n,
        "requests_per_s": ratio(n, np.full(len(groups), seconds)),
        **tokens,
        "tokens_per_s": ratio(
            tokens["prompt_tokens"] + tokens["completion_tokens"], np.full(len(groups), seconds)
        ),
    }
    return groups.ordered(groups.table(columns), "calls")


def ratio(part: NDArray[np.generic], whole: NDArray[np.generic]) -> Numbers:
    """The part of the whole, 0 to 1; missing where the whole is 0."""
    found = np.full(len(whole), np.nan)
    np.divide(part, whole, out=found, where=whole != 0)
    return found


def _tokens(calls: pd.DataFrame, groups: Groups) -> Mapping[str, Numbers]:
    prompt, completion = numbers(calls, "prompt_tokens"), numbers(calls, "completion_tokens")
    # The spend log counts the prompts of failed calls, the other accounts do not; nobody is charged for them.
    failed, hit = calls["failed"].to_numpy(), calls["cache_hit"].to_numpy() & ~calls["failed"].to_numpy()
    out = failed | hit
    return {
        "prompt_tokens": groups.total(np.where(out, 0.0, prompt)),
        "completion_tokens": groups.total(np.where(out, 0.0, completion)),
        "cached_tokens": groups.total(np.where(hit, np.nan_to_num(prompt) + np.nan_to_num(completion), 0.0)),
    }


def span_s(calls: pd.DataFrame) -> float:
    """Seconds from the first start to the last end; an end that nobody measured is the start."""
    started = calls["started"]
    if not started.notna().any():
        return 0.0
    since_s = (started - started.min()).dt.total_seconds().to_numpy()
    took_s = np.nan_to_num(numbers(calls, "latency_s")) if "latency_s" in calls.columns else 0.0
    return float(np.nanmax(since_s + took_s))
