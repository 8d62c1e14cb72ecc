"""Pictures of calls and traces: DataFrame in, matplotlib figure out. Nothing here touches pyplot's state.

Axes carry units, the title states the finding, bars start at zero, and the number of calls is shown. Empty data
gives an empty picture that says so.
"""

from gateway_kit.charts.calls import latency_and_cost, time_to_first_token
from gateway_kit.charts.keys import budget_spent, limits_at_work, spend_shares
from gateway_kit.charts.picture import PALETTE, Picture
from gateway_kit.charts.routing import traffic_over_time, traffic_share
from gateway_kit.charts.semantic import similarity_by_kind, similarity_grid, threshold_costs
from gateway_kit.charts.traces import cost_and_latency_by_model, trace_timeline

__all__ = [
    "PALETTE",
    "Picture",
    "budget_spent",
    "cost_and_latency_by_model",
    "latency_and_cost",
    "limits_at_work",
    "similarity_by_kind",
    "similarity_grid",
    "spend_shares",
    "threshold_costs",
    "time_to_first_token",
    "trace_timeline",
    "traffic_over_time",
    "traffic_share",
]
