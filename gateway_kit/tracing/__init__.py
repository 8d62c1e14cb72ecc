"""A client of Langfuse, or of the embedded trace store: `connect_tracing()` gives a `Tracing`.

It uses what a new Langfuse 4 deployment has, so both give the same tables. `observe`, `propagate_attributes` and
`get_client` are the Langfuse SDK's own.
"""

from langfuse import get_client, observe, propagate_attributes

from gateway_kit.tracing.client import Tracing, connect_tracing
from gateway_kit.tracing.masking import mask_personal_data, mask_text
from gateway_kit.tracing.metrics import METRIC_DIMENSIONS, PERCENTILES
from gateway_kit.tracing.observation_table import OBSERVATION_COLUMNS
from gateway_kit.tracing.reconcile import RECONCILE_COLUMNS, reconcile
from gateway_kit.tracing.score_table import SCORE_COLUMNS
from gateway_kit.tracing.trace_table import SESSION_COLUMNS, TRACE_COLUMNS
from gateway_kit.tracing.tree import TREE_COLUMNS, TraceTree

__all__ = [
    "METRIC_DIMENSIONS",
    "OBSERVATION_COLUMNS",
    "PERCENTILES",
    "RECONCILE_COLUMNS",
    "SCORE_COLUMNS",
    "SESSION_COLUMNS",
    "TRACE_COLUMNS",
    "TREE_COLUMNS",
    "TraceTree",
    "Tracing",
    "connect_tracing",
    "get_client",
    "mask_personal_data",
    "mask_text",
    "observe",
    "propagate_attributes",
    "reconcile",
]
