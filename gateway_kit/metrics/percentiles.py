"""Percentiles and the distribution of what was measured a call: latency, time to first token, overhead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pandas as pd

from gateway_kit.metrics.calls import normalize_calls, numbers, require_columns
from gateway_kit.metrics.groups import group_calls, select_calls
from gateway_kit.metrics.quantiles import grouped_quantiles


def latency_percentiles(
    calls: pd.DataFrame,
    by: str | None = "model",
    *,
    measure: str = "latency_s",
    percentiles: Sequence[float] = (50, 95, 99),
    over: timedelta | str | None = None,
) -> pd.DataFrame:
    """Percentiles of a measure, one row per group, the most calls first; with `over` one per group and interval.

    column             dtype                 meaning
    <by>               string                the group's name; missing for calls that have none
    time               datetime64[ns, UTC]   only with `over`: the interval's begin
    calls              int64                 n: answered calls of which the measure is known
    latency_mean_s     float64               seconds; missing where n is 0
    latency_p50_s, …   float64               seconds; linear between neighbours, as numpy.percentile; missing
                                             where n is 0. Above n = 1 / (1 - p) a percentile p says something:
                                             with 20 calls p95 is about the slowest

    latency_percentiles(calls)                                     # p50, p95 and p99 by model
    latency_percentiles(calls, "deployment", measure="ttft_s")     # ttft_p50_s, …
    latency_percentiles(calls, None, over="5min", percentiles=(95,))

    `calls` is what `normalize_calls` takes; `by` one of its columns, "tag", or None for all calls together. Failed
    calls do not count: how long a failure took is another question. Intervals have no gaps. The trace store aggregates
    on the server, without sending the calls: `tracing.cost_and_latency`. Raises ValueError.
    """
    shares = _shares(percentiles)
    calls = _measured(calls, measure, by)
    stem, unit = _words(measure)
    groups = group_calls(calls, by, over)
    values = numbers(calls, measure)
    n = groups.count()
    with np.errstate(invalid="ignore"):
        mean = np.where(n > 0, groups.total(values) / n.clip(min=1), np.nan)
    found = grouped_quantiles(values[groups.rows], groups.cell, len(groups), shares)
    columns = {"calls": n, f"{stem}_mean{unit}": mean}
    columns |= {f"{stem}_p{p:g}{unit}": found[:, i] for i, p in enumerate(percentiles)}
    return groups.ordered(groups.table(columns), "calls")


def latency_distribution(
    calls: pd.DataFrame, by: str | None = "model", *, measure: str = "latency_s", steps: int = 200
) -> pd.DataFrame:
    """The empirical distribution (ECDF) of a measure, `steps` + 1 rows per group, the most calls first.

    column      dtype     meaning
    <by>        string    the group's name; missing for calls that have none
    calls       int64     n of the group, the same in all of its rows
    share       float64   0 to 1 in equal steps: this share of the group's calls
    latency_s   float64   took at most so many seconds (the measure's name and unit)

    Which calls count, and what is raised, as in `latency_percentiles`. The trace store has no distribution.
    """
    if not isinstance(steps, int) or steps < 1:
        raise ValueError(f"steps={steps!r}: a whole number from 1 on is needed")
    calls = _measured(calls, measure, by)
    groups = group_calls(calls, by)
    shares = np.linspace(0, 1, steps + 1)
    found = grouped_quantiles(numbers(calls, measure)[groups.rows], groups.cell, len(groups), list(shares))
    n = groups.count()
    order = np.argsort(-n, kind="stable")
    order = order[n[order] > 0]
    columns = {
        "calls": np.repeat(n[order], steps + 1),
        "share": np.tile(shares, len(order)),
        measure: found[order].ravel(),
    }
    made = pd.DataFrame(columns)
    if by is not None:
        made.insert(0, by, pd.Series(groups.names[order], dtype="string").repeat(steps + 1).to_numpy())
        made[by] = made[by].astype("string")
    return made


def _measured(calls: pd.DataFrame, measure: str, by: str | None) -> pd.DataFrame:
    """Answered calls of which the measure is known, with the columns that are needed of them."""
    calls = normalize_calls(calls)
    require_columns(calls, [measure], f"A summary of {measure}")
    return select_calls(calls, ~calls["failed"].to_numpy() & ~np.isnan(numbers(calls, measure)), by, measure)


def _shares(percentiles: Sequence[float]) -> list[float]:
    wrong = [p for p in percentiles if isinstance(p, bool) or not 0 <= p <= 100]
    if wrong or not len(percentiles):
        raise ValueError(
            f"percentiles={tuple(percentiles)!r}: numbers from 0 to 100 are needed, such as (50, 95, 99)"
        )
    return [p / 100 for p in percentiles]


def _words(measure: str) -> tuple[str, str]:
    """("latency", "_s") of "latency_s": the percentile stands before the unit."""
    stem, bar, unit = measure.rpartition("_")
    return (stem, bar + unit) if bar else (measure, "")
