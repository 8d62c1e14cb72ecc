"""The rows of the two tables. Times and JSON are strings in PostgreSQL's syntax."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class ObservationRow(NamedTuple):
    """A span. The fields are the columns, in the order in which they are written."""

    trace_id: str
    id: str
    parent_id: str | None
    start_time: str
    end_time: str | None
    completion_start_time: str | None
    latency_ms: int | None
    ttft_ms: int | None
    type: str
    name: str
    level: str
    status_message: str
    version: str
    release: str
    environment: str
    user_id: str
    session_id: str
    trace_name: str | None
    tags: str  # an array literal
    is_app_root: bool
    public: bool
    input: str | None
    output: str | None
    metadata: str
    model: str
    model_id: str
    model_parameters: str
    usage_details: str
    cost_details: str
    input_usage: int
    output_usage: int
    total_usage: int
    input_cost: float | None
    output_cost: float | None
    total_cost: float
    input_price: str | None
    output_price: str | None
    total_price: str | None
    pricing_tier_id: str | None
    pricing_tier_name: str | None
    prompt_name: str
    prompt_version: int | None
    experiment_id: str | None
    experiment_name: str | None
    experiment_dataset_id: str | None
    experiment_item_id: str | None
    experiment_root_id: str | None
    experiment: str | None


class ScoreRow(NamedTuple):
    """A score."""

    id: str
    trace_id: str | None
    observation_id: str | None
    session_id: str | None
    dataset_run_id: str | None
    name: str
    data_type: str
    value: float | None
    string_value: str | None
    source: str
    comment: str | None
    config_id: str | None
    queue_id: str | None
    metadata: str
    environment: str
    timestamp: datetime
    author_user_id: str | None = None  # who judged, on the page
