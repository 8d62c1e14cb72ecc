"""Requests and tokens per second, failed calls, and cache hits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gateway_kit.common.tables import Column, Table
from gateway_kit.metrics.calls import normalize_calls, numbers, require_columns
from gateway_kit.metrics.groups import Groups, group_calls

Numbers = NDArray[np.float64]

OUTCOMES = Table(
    Column("calls", "int64", "all of them"),
    Column("failed", "int64", "that ended with an error"),
    Column("error_rate", "float64", "failed / calls, 0 to 1; missing without calls"),
    Column("hits", "int64", "that the gateway's cache answered"),
    Column("hit_rate", "float64", "hits / answered calls, 0 to 1; missing if none was answered"),
)
FAILURES = Table(
    Column("calls", "int64", "all of them"),
    Column("failed", "int64", "that ended with an error"),
)
TRAFFIC = Table(
    Column(
        "seconds", "float64", "the interval's length; without `over` from the first start to the last end"
    ),
    Column("calls", "int64", "that began then, failed ones too"),
    Column("requests_per_s", "float64", "calls / seconds; missing if seconds is 0"),
    Column("prompt_tokens", "float64", "that providers read for answered calls, without cache hits"),
    Column("completion_tokens", "float64", "that providers wrote"),
    Column("cached_tokens", "float64", "of both kinds, in answers from the cache"),
    Column("tokens_per_s", "float64", "(prompt_tokens + completion_tokens) / seconds"),
)


def outcome_rates(
    calls: pd.DataFrame, by: str | None = None, *, over: timedelta | str | None = None
) -> pd.DataFrame:
    """How calls ended, one row per group, the group with the most calls first.

    Args:
        calls: Whatever `normalize_calls` takes.
        by: The column to group by, "tag" for each of the tags, or None for all calls together.
        over: Length of intervals such as "5min": then one row per group and interval, without gaps.

    Returns:
        The group's name (missing for calls without one); with `over` the interval's begin as `time`; and:

        - `calls` (int64): all of them
        - `failed` (int64): that ended with an error
        - `error_rate` (float64): failed / calls, 0 to 1; missing without calls
        - `hits` (int64): that the gateway's cache answered
        - `hit_rate` (float64): hits / answered calls, 0 to 1; missing if none was answered

    Raises:
        ValueError: Invalid arguments, or a missing column.
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


def failures_by(calls: pd.DataFrame, by: str | None = "model") -> pd.DataFrame:
    """How many calls failed, one row per group, the group with the most calls first.

    Returns the group's name (missing for calls without one), and:

    - `calls` (int64): all of them
    - `failed` (int64): that ended with an error

    Arguments and errors as in `outcome_rates`, but the calls need no column `cache_hit`.
    """
    calls = normalize_calls(calls)
    groups = group_calls(calls, by)
    columns: dict[str, NDArray[np.generic]] = {
        "calls": groups.count(),
        "failed": groups.count(calls["failed"].to_numpy()),
    }
    return groups.ordered(groups.table(columns), "calls")


def traffic_rates(
    calls: pd.DataFrame, by: str | None = None, *, over: timedelta | str | None = None
) -> pd.DataFrame:
    """Requests and tokens per second, one row per group, the group with the most calls first.

    Returns the group's name, with `over` the interval's begin as `time`, and:

    - `seconds` (float64): the interval's length; without `over` from the first start to the last end
    - `calls` (int64): that began then, failed ones too
    - `requests_per_s` (float64): calls / seconds; missing if seconds is 0
    - `prompt_tokens` (float64): that providers read for answered calls, without cache hits
    - `completion_tokens` (float64): that providers wrote
    - `cached_tokens` (float64): of both kinds, in answers from the cache
    - `tokens_per_s` (float64): (prompt_tokens + completion_tokens) / seconds

    Arguments and errors as in `outcome_rates`. The first and the last interval may be incomplete.
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
    """Part / whole; missing where the whole is 0."""
    quotient = np.full(len(whole), np.nan)
    np.divide(part, whole, out=quotient, where=whole != 0)
    return quotient


def _tokens(calls: pd.DataFrame, groups: Groups) -> Mapping[str, Numbers]:
    prompt, completion = numbers(calls, "prompt_tokens"), numbers(calls, "completion_tokens")
    # Only the spend log counts the prompts of failed calls; they are not charged.
    failed, hit = calls["failed"].to_numpy(), calls["cache_hit"].to_numpy() & ~calls["failed"].to_numpy()
    out = failed | hit
    return {
        "prompt_tokens": groups.total(np.where(out, 0.0, prompt)),
        "completion_tokens": groups.total(np.where(out, 0.0, completion)),
        "cached_tokens": groups.total(np.where(hit, np.nan_to_num(prompt) + np.nan_to_num(completion), 0.0)),
    }


def span_s(calls: pd.DataFrame) -> float:
    """Seconds from the first start to the last end; without a latency the start counts as the end."""
    started = calls["started"]
    if not started.notna().any():
        return 0.0
    since_s = (started - started.min()).dt.total_seconds().to_numpy()
    took_s = np.nan_to_num(numbers(calls, "latency_s")) if "latency_s" in calls.columns else 0.0
    return float(np.nanmax(since_s + took_s))
