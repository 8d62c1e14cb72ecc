"""Percentiles and the distribution of a measure: latency, time to first token, overhead."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pandas as pd

from gateway_kit.metrics.calls import normalize_calls, numbers, require_columns
from gateway_kit.metrics.groups import group_calls, select_calls
from gateway_kit.metrics.quantiles import grouped_quantiles

# A median of two calls is their mean.
_LEAST = 3


def least_calls(percentile: float) -> int:
    """How many calls a percentile needs to mean something, at least: 3 for p50, 20 for p95, 100 for p99.

    With fewer, no call is expected beyond the percentile, which is then just the slowest call. Whether a small
    difference is more than chance takes ten times as many.
    """
    if percentile >= 100:
        return _LEAST
    # Rounded: 100 / (100 - 99.9) is a little more than 1000.
    return max(_LEAST, math.ceil(round(100 / (100 - percentile), 6)))


def latency_percentiles(
    calls: pd.DataFrame,
    by: str | None = "model",
    *,
    measure: str = "latency_s",
    percentiles: Sequence[float] = (50, 95, 99),
    over: timedelta | str | None = None,
) -> pd.DataFrame:
    """Percentiles of a measure, one row per group, the group with the most calls first.

    Args:
        calls: Whatever `normalize_calls` takes. Failed calls do not count.
        by: The column to group by, "tag" for each of the tags, or None for all calls together.
        measure: latency_s, ttft_s, overhead_ms, or a numeric column of your own.
        percentiles: Numbers from 0 to 100.
        over: Length of intervals such as "5min": then one row per group and interval, without gaps.

    Returns:
        The group's name (missing for calls without one); with `over` the interval's begin as `time`; and:

        - `calls` (int64): answered calls with a known measure
        - `latency_mean_s` (float64): seconds; missing without calls
        - `latency_p50_s` (float64): and so on, as numpy.percentile. `least_calls` says from how many calls on it means
          something: of fewer than 20 calls p95 is about the slowest

    Raises:
        ValueError: Invalid arguments, or a missing column.

    Example:
        >>> latency_percentiles(calls)                                     # p50, p95 and p99 by model
        >>> latency_percentiles(calls, "deployment", measure="ttft_s")     # ttft_p50_s, …
        >>> latency_percentiles(calls, None, over="5min", percentiles=(95,))
    """
    shares = _shares(percentiles)
    calls = _measured(calls, measure, by)
    stem, unit = _words(measure)
    groups = group_calls(calls, by, over)
    values = numbers(calls, measure)
    n = groups.count()
    with np.errstate(invalid="ignore"):
        mean = np.where(n > 0, groups.total(values) / n.clip(min=1), np.nan)
    quantiles = grouped_quantiles(values[groups.rows], groups.cell, len(groups), shares)
    columns = {"calls": n, f"{stem}_mean{unit}": mean}
    columns |= {f"{stem}_p{p:g}{unit}": quantiles[:, i] for i, p in enumerate(percentiles)}
    return groups.ordered(groups.table(columns), "calls")


def latency_distribution(
    calls: pd.DataFrame, by: str | None = "model", *, measure: str = "latency_s", steps: int = 200
) -> pd.DataFrame:
    """The empirical distribution (ECDF) of a measure: `steps` + 1 rows per group, the group with the most calls first.

    Returns the group's name, `calls` (int64), `share` (float64, 0 to 1 in equal steps), and the measure: this share of
    the group's calls took at most so long. Arguments and errors as in `latency_percentiles`.
    """
    if not isinstance(steps, int) or steps < 1:
        raise ValueError(f"steps={steps!r}: give a whole number of at least 1")
    calls = _measured(calls, measure, by)
    groups = group_calls(calls, by)
    shares = np.linspace(0, 1, steps + 1)
    quantiles = grouped_quantiles(
        numbers(calls, measure)[groups.rows], groups.cell, len(groups), list(shares)
    )
    n = groups.count()
    order = np.argsort(-n, kind="stable")
    order = order[n[order] > 0]
    columns = {
        "calls": np.repeat(n[order], steps + 1),
        "share": np.tile(shares, len(order)),
        measure: quantiles[order].ravel(),
    }
    table = pd.DataFrame(columns)
    if by is not None:
        table.insert(0, by, pd.Series(groups.names[order], dtype="string").repeat(steps + 1).to_numpy())
        table[by] = table[by].astype("string")
    return table


def _measured(calls: pd.DataFrame, measure: str, by: str | None) -> pd.DataFrame:
    """Answered calls that have the measure, with no more columns than needed."""
    calls = normalize_calls(calls)
    require_columns(calls, [measure], f"A summary of {measure}")
    return select_calls(calls, ~calls["failed"].to_numpy() & ~np.isnan(numbers(calls, measure)), by, measure)


def _shares(percentiles: Sequence[float]) -> list[float]:
    wrong = [p for p in percentiles if isinstance(p, bool) or not 0 <= p <= 100]
    if wrong or not len(percentiles):
        raise ValueError(
            f"percentiles={tuple(percentiles)!r}: give numbers from 0 to 100, such as (50, 95, 99)"
        )
    return [p / 100 for p in percentiles]


def _words(measure: str) -> tuple[str, str]:
    """("latency", "_s") for "latency_s": the percentile goes before the unit."""
    stem, bar, unit = measure.rpartition("_")
    return (stem, bar + unit) if bar else (measure, "")
