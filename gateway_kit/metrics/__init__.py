"""Summaries of calls: a DataFrame in, a DataFrame or a number out. No function here asks a server or reads the clock.

`normalize_calls` gives the call record, LiteLLM's spend log and traces the same columns; every summary takes all three.
Times are in UTC, and column names carry the unit. Invalid input raises ValueError.
"""

from gateway_kit.metrics.agreement import judge_agreement
from gateway_kit.metrics.alerts import AlertRule, alert_times
from gateway_kit.metrics.budget import budget_forecast
from gateway_kit.metrics.calls import normalize_calls
from gateway_kit.metrics.capacity import Footprint, WantedLoad, capacity_sheet
from gateway_kit.metrics.comparison import compare_experiments
from gateway_kit.metrics.cost import cost_by
from gateway_kit.metrics.percentiles import latency_percentiles
from gateway_kit.metrics.rates import outcome_rates
from gateway_kit.metrics.saturation import saturation_knees
from gateway_kit.metrics.whatif import monthly_cost, observed_mix

__all__ = [
    "AlertRule",
    "Footprint",
    "WantedLoad",
    "alert_times",
    "budget_forecast",
    "capacity_sheet",
    "compare_experiments",
    "cost_by",
    "judge_agreement",
    "latency_percentiles",
    "monthly_cost",
    "normalize_calls",
    "observed_mix",
    "outcome_rates",
    "saturation_knees",
]
