"""Pictures of calls and traces: DataFrame in, matplotlib figure out. Nothing here touches pyplot's state.

Axes carry units, the title states the set_headline, bars start at zero, and the number of calls is shown. Empty data
gives an empty picture that says so. Every chart takes a `theme`: LIGHT, DARK, or either's `narrow()`. A picture's `alt`
says it in words.
"""

from gateway_kit.charts.alerts import alert_history
from gateway_kit.charts.caching import hit_rate_over_calls, hits_and_misses
from gateway_kit.charts.calls import latency_and_cost, time_to_first_token
from gateway_kit.charts.dashboard import dashboard
from gateway_kit.charts.keys import budget_spent, limits_at_work, spend_shares
from gateway_kit.charts.latency import latency_by, latency_ecdf, latency_over_time
from gateway_kit.charts.money import budget_over_time, cost_breakdown, cost_over_time
from gateway_kit.charts.monthly import monthly_costs
from gateway_kit.charts.picture import Picture
from gateway_kit.charts.routing import traffic_over_time, traffic_share
from gateway_kit.charts.semantic import similarity_by_kind, similarity_grid, threshold_costs
from gateway_kit.charts.theme import DARK, LIGHT, Theme
from gateway_kit.charts.traces import cost_and_latency_by_model, trace_timeline
from gateway_kit.charts.traffic import hit_rate_over_time, tokens_in_and_out, tokens_over_time
from gateway_kit.charts.waterfall import request_waterfall

__all__ = [
    "DARK",
    "LIGHT",
    "Picture",
    "Theme",
    "alert_history",
    "budget_over_time",
    "budget_spent",
    "cost_and_latency_by_model",
    "cost_breakdown",
    "cost_over_time",
    "dashboard",
    "hit_rate_over_calls",
    "hit_rate_over_time",
    "hits_and_misses",
    "latency_and_cost",
    "latency_by",
    "latency_ecdf",
    "latency_over_time",
    "limits_at_work",
    "monthly_costs",
    "request_waterfall",
    "similarity_by_kind",
    "similarity_grid",
    "spend_shares",
    "threshold_costs",
    "time_to_first_token",
    "tokens_in_and_out",
    "tokens_over_time",
    "trace_timeline",
    "traffic_over_time",
    "traffic_share",
]
