"""Charts of calls and traces: a DataFrame in, a matplotlib figure out.

The title states what the chart shows, axes carry units, bars start at zero, and the number of calls is shown. A chart
without data says so. Each figure has a text alternative, `alt`, and is dark in a dark JupyterLab. No chart touches the
state of pyplot.
"""

from gateway_kit.charts.alerts import alert_history
from gateway_kit.charts.caching import hit_rate_over_calls, hits_and_misses
from gateway_kit.charts.calls import latency_and_cost, time_to_first_token
from gateway_kit.charts.evaluation import experiment_differences, experiment_scores, judge_agreement
from gateway_kit.charts.keys import budget_spent, limits_at_work, spend_shares
from gateway_kit.charts.latency import latency_ecdf
from gateway_kit.charts.money import budget_over_time, cost_breakdown
from gateway_kit.charts.rehearsal import (
    cost_of_runs,
    latency_of_runs,
    outcomes_over_time,
    refusals_by_cause,
)
from gateway_kit.charts.routing import traffic_over_time, traffic_share
from gateway_kit.charts.saturation import saturation_curve
from gateway_kit.charts.semantic import similarity_by_kind, similarity_grid
from gateway_kit.charts.traces import cost_and_latency_by_model, trace_timeline
from gateway_kit.charts.waterfall import request_waterfall

__all__ = [
    "alert_history",
    "budget_over_time",
    "budget_spent",
    "cost_and_latency_by_model",
    "cost_breakdown",
    "cost_of_runs",
    "experiment_differences",
    "experiment_scores",
    "hit_rate_over_calls",
    "hits_and_misses",
    "judge_agreement",
    "latency_and_cost",
    "latency_ecdf",
    "latency_of_runs",
    "limits_at_work",
    "outcomes_over_time",
    "refusals_by_cause",
    "request_waterfall",
    "saturation_curve",
    "similarity_by_kind",
    "similarity_grid",
    "spend_shares",
    "time_to_first_token",
    "trace_timeline",
    "traffic_over_time",
    "traffic_share",
]
