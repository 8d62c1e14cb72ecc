"""Datasets and their items as JSON."""

from __future__ import annotations

from typing import Any

from gateway_kit.stack.servers.tracestore.api.answers import time_text
from gateway_kit.stack.servers.tracestore.api.datasets.item_values import from_json
from gateway_kit.stack.servers.tracestore.store.reader import Row


def dataset_to_json(row: Row, project_id: str) -> dict[str, Any]:
    """A dataset."""
    return {
        "id": row["id"],
        "projectId": project_id,
        "name": row["name"],
        "description": row["description"],
        "metadata": from_json(row["metadata"]),
        "inputSchema": from_json(row["input_schema"]),
        "expectedOutputSchema": from_json(row["expected_output_schema"]),
        "createdAt": time_text(row["created_at"]),
        "updatedAt": time_text(row["updated_at"]),
    }


def item_to_json(row: Row) -> dict[str, Any]:
    """A version of an item, which counts as created when it was written; without its references to media."""
    return {
        "id": row["id"],
        "datasetId": row["dataset_id"],
        "status": row["status"],
        "sourceTraceId": row["source_trace_id"],
        "sourceObservationId": row["source_observation_id"],
        "createdAt": time_text(row["valid_from"]),
        "updatedAt": time_text(row["updated_at"]),
        "input": from_json(row["input"]),
        "expectedOutput": from_json(row["expected_output"]),
        "metadata": from_json(row["metadata"]),
        "datasetName": row["dataset_name"],
    }
