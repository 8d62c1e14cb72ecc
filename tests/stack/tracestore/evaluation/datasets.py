"""Datasets and experiments.

Steps that are added, what is answered otherwise than by Langfuse, and what is not answered yet.
"""

from __future__ import annotations

from .steps import Step

# In place of calls that are not in this part of the recording: they come before the call with their number.
ADDED: dict[int, list[Step]] = {}

# Call -> status of the store's answer, and why it is another than the recorded one.
OTHERWISE: dict[str, tuple[int, str]] = {
    "238-sdk4-api-datasets-get": (404, "JSON in place of a page"),
    "281-sdk5-api-datasets-get": (404, "JSON in place of a page"),
}

# Families (the path's first name) and single calls that the store does not answer yet; they are not made.
PENDING: tuple[str, ...] = (
    "dataset-items",
    "dataset-run-items",
    "datasets",
    "experiment-items",
    "experiments",
    "531-observations-v2-experiment-trace-expanded",
    "604-observations-v2-filter-experimentId",
    "605-observations-v2-filter-experimentName",
    "607-observations-v2-filter-experimentItemId",
    "608-metrics-v2-by-experimentName",
    "609-metrics-v2-by-experimentId",
    "610-metrics-v2-by-datasetId",
)
