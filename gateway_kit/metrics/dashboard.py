"""The summaries that a dashboard shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from gateway_kit.metrics.buckets import nice_width, parse_duration
from gateway_kit.metrics.calls import normalize_calls
from gateway_kit.metrics.cost import cost_by
from gateway_kit.metrics.percentiles import latency_percentiles
from gateway_kit.metrics.rates import failures_by, outcome_rates


@dataclass(frozen=True)
class DashboardMetrics:
    """Summaries of the same calls, made by `dashboard_metrics` and drawn by `charts.dashboard`.

    calls               their number, failed ones included
    over                the intervals' length
    latency_by_model    `latency_percentiles(calls, "model")`, or by another column
    failures_by_model   `failures_by(calls, "model")`, or by that column
    latency_over_time   `latency_percentiles(calls, None, over=over)`
    cost_over_time      `cost_by(calls, None, over=over)`
    outcomes_over_time  `outcome_rates(calls, None, over=over)`
    """

    calls: int
    over: timedelta
    latency_by_model: pd.DataFrame
    failures_by_model: pd.DataFrame
    latency_over_time: pd.DataFrame
    cost_over_time: pd.DataFrame
    outcomes_over_time: pd.DataFrame


def dashboard_metrics(
    calls: pd.DataFrame,
    *,
    by: str = "model",
    percentiles: Sequence[float] = (50, 95, 99),
    over: timedelta | str | None = None,
) -> DashboardMetrics:
    """The summaries of a dashboard. A million calls take about 0.1 s.

    `calls` is whatever `normalize_calls` takes; `by` and `percentiles` are those of the latencies; `over` is by
    default a common length that makes at most 60 intervals. Raises ValueError.
    """
    calls = normalize_calls(calls)
    width = nice_width(calls["started"]) if over is None else parse_duration(over).to_pytimedelta()
    return DashboardMetrics(
        len(calls),
        width,
        latency_percentiles(calls, by, percentiles=percentiles),
        failures_by(calls, by),
        latency_percentiles(calls, None, percentiles=percentiles, over=width),
        cost_by(calls, None, over=width),
        outcome_rates(calls, None, over=width),
    )
