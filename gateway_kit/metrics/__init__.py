"""Summaries of calls: a DataFrame in, a DataFrame or a number out. Nothing here asks a server or a clock.

`normalize_calls` gives the call record, LiteLLM's spend log and traces one shape; every summary takes all three. Times
are in UTC, units are in the names of the columns. What cannot be is a ValueError with the reason in a sentence.
"""

from gateway_kit.metrics.alerts import AlertRule, alert_times, alert_values
from gateway_kit.metrics.buckets import Buckets, nice_width, time_buckets
from gateway_kit.metrics.budget import BudgetForecast, budget_burn_down, budget_forecast
from gateway_kit.metrics.calls import METRIC_COLUMNS, normalize_calls
from gateway_kit.metrics.cost import cost_by
from gateway_kit.metrics.dashboard import DashboardMetrics, dashboard_metrics
from gateway_kit.metrics.percentiles import latency_distribution, latency_percentiles
from gateway_kit.metrics.rates import outcome_rates, traffic_rates
from gateway_kit.metrics.whatif import MONTHLY_COLUMNS, monthly_cost, observed_mix

__all__ = [
    "METRIC_COLUMNS",
    "MONTHLY_COLUMNS",
    "AlertRule",
    "Buckets",
    "BudgetForecast",
    "DashboardMetrics",
    "alert_times",
    "alert_values",
    "budget_burn_down",
    "budget_forecast",
    "cost_by",
    "dashboard_metrics",
    "latency_distribution",
    "latency_percentiles",
    "monthly_cost",
    "nice_width",
    "normalize_calls",
    "observed_mix",
    "outcome_rates",
    "time_buckets",
    "traffic_rates",
]
