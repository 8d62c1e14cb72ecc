"""Cost and latency as the server aggregates them (`v2/metrics`): the query, and its rows as a table. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gateway_kit.errors import TracingError
from gateway_kit.tracing.filters import Wanted

if TYPE_CHECKING:
    import pandas as pd

# The kit's word and Langfuse's dimension.
METRIC_DIMENSIONS: Mapping[str, str] = {
    "model": "providedModelName",
    "user": "userId",
    "session": "sessionId",
    "tag": "tags",
    "name": "name",
    "trace_name": "traceName",
    "type": "type",
    "level": "level",
    "environment": "environment",
    "release": "release",
    "version": "version",
}

# The percentiles that the server computes.
PERCENTILES = (50, 75, 90, 95, 99)

GRANULARITIES = ("minute", "hour", "day", "week", "month")

_SUMS: Mapping[str, str] = {
    "prompt_tokens": "inputTokens",
    "completion_tokens": "outputTokens",
    "total_tokens": "totalTokens",
    "cost_usd": "totalCost",
}


def metrics_query(
    by: str | None,
    wanted: Wanted,
    begin: datetime,
    end: datetime,
    *,
    percentiles: Sequence[int],
    over: str | None,
    limit: int,
) -> str:
    """The JSON of a query; raises TracingError for what the server does not have."""
    _one_of("by", by, METRIC_DIMENSIONS)
    _one_of("over", over, GRANULARITIES)
    for percentile in percentiles:
        _one_of("percentiles", percentile, PERCENTILES)
    latencies = [{"measure": "latency", "aggregation": f"p{p}"} for p in percentiles]
    sums = [{"measure": measure, "aggregation": "sum"} for measure in _SUMS.values()]
    query: dict[str, Any] = {
        "view": "observations",
        "metrics": [{"measure": "count", "aggregation": "count"}, *latencies, *sums],
        "dimensions": [{"field": METRIC_DIMENSIONS[by]}] if by else [],
        "filters": wanted.conditions(),
        "fromTimestamp": begin.isoformat(),
        "toTimestamp": end.isoformat(),
        # The server asks for both where a dimension has many values (a user, a session).
        "orderBy": [{"field": "count_count", "direction": "desc"}],
        "config": {"row_limit": limit},
    }
    if over:
        query["timeDimension"] = {"granularity": over}
    return json.dumps(query)


def metric_columns(by: str | None, percentiles: Sequence[int], over: str | None) -> dict[str, str]:
    """The columns of `metrics_frame` and their dtypes."""
    return {
        **({by: "string"} if by else {}),
        **({"time": "datetime64[ns, UTC]"} if over else {}),
        "observations": "Int64",
        **{f"latency_p{p}_s": "float64" for p in percentiles},
        **{name: "Int64" for name in _SUMS if name != "cost_usd"},
        "cost_usd": "float64",
    }


def metrics_frame(
    rows: Sequence[Mapping[str, Any]], by: str | None, percentiles: Sequence[int], over: str | None
) -> pd.DataFrame:
    """The server's rows as a table: milliseconds become seconds, its empty intervals have no latency."""
    import pandas as pd

    made = [_row(row, by, percentiles, over) for row in rows]
    if by == "model":
        made = [row for row in made if row["model"] is not None]
    frame = pd.DataFrame(made, columns=list(metric_columns(by, percentiles, over)))
    if over:
        frame["time"] = pd.to_datetime(frame["time"], utc=True, format="ISO8601")
    frame = frame.astype(metric_columns(by, percentiles, over))
    order = ["time", by] if by else ["time"]
    return frame.sort_values(order, kind="stable", ignore_index=True) if over else frame


def _row(
    row: Mapping[str, Any], by: str | None, percentiles: Sequence[int], over: str | None
) -> dict[str, Any]:
    count = int(row.get("count_count") or 0)
    made: dict[str, Any] = {"observations": count}
    if by:
        value = row.get(METRIC_DIMENSIONS[by])
        made[by] = ", ".join(map(str, value)) if isinstance(value, list) else value
        made[by] = made[by] or None
    if over:
        made["time"] = row["time_dimension"]
    for p in percentiles:
        latency_ms = row.get(f"p{p}_latency")
        made[f"latency_p{p}_s"] = float(latency_ms) / 1000 if count and latency_ms is not None else None
    for name, measure in _SUMS.items():
        value = float(row.get(f"sum_{measure}") or 0)
        made[name] = value if name == "cost_usd" else int(value)
    return made


def _one_of(name: str, value: object, offered: Mapping[str, Any] | Sequence[Any]) -> None:
    if value is not None and value not in offered:
        listed = ", ".join(map(str, offered))
        raise TracingError(f"{name}={value!r} is not what the trace store can do. Choose from: {listed}")
