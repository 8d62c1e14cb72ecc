"""Cost and latency as the server aggregates them (`v2/metrics`): the query, and its rows as a table. Internal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from gateway_kit.errors import TracingError
from gateway_kit.tracing.api import TraceApi, moment
from gateway_kit.tracing.filters import Wanted
from gateway_kit.tracing.intervals import intervals, with_empty_intervals

if TYPE_CHECKING:
    import pandas as pd

# The kit's name and Langfuse's dimension.
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
    "prompt": "promptName",
    "prompt_version": "promptVersion",
}

# The percentiles that the server computes.
PERCENTILES = (50, 75, 90, 95, 99)

Over = Literal["minute", "hour", "day", "week", "month"]
GRANULARITIES = ("minute", "hour", "day", "week", "month")

_SUMS: Mapping[str, str] = {
    "prompt_tokens": "inputTokens",
    "completion_tokens": "outputTokens",
    "total_tokens": "totalTokens",
    "cost_usd": "totalCost",
}


class Metrics:
    """Sums and percentiles of one project. Raises TracingError as `Queries` does."""

    def __init__(self, api: TraceApi) -> None:
        self._api = api

    def cost_and_latency(
        self,
        by: str | None = "model",
        *,
        percentiles: tuple[int, ...] = (50, 95, 99),
        over: Over | None = None,
        window: timedelta = timedelta(days=1),
        until: datetime | None = None,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - Langfuse's word
        level: str | None = None,
        user: str | None = None,
        session: str | None = None,
        tag: str | None = None,
        model: str | None = None,
        prompt: str | None = None,
        limit: int = 1000,
    ) -> pd.DataFrame:
        """Cost and latency per model, user, session, tag, …, aggregated by the server (`v2/metrics`).

        Args:
            by: model, user, session, tag, name, trace_name, type, level, environment, release, version, prompt or
                prompt_version; None for one group. Observations without a model are left out of the groups by model. A
                group by tag is a whole list of tags.
            percentiles: any of 50, 75, 90, 95 and 99.
            over: also group by minute, hour, day, week or month; the server refuses this for users and sessions.
            window: how far back from `until` to look.
            until: the end of the period; now by default.
            name: the observation's name.
            type: SPAN, GENERATION, EVENT, EMBEDDING, TOOL, AGENT, …
            level: DEBUG, DEFAULT, WARNING or ERROR.
            user: on whose behalf the caller asked.
            session: the conversation.
            tag: one of the tags.
            model: as it was sent.
            prompt: name of the prompt that observations are linked to; see `gateway_metadata`.
            limit: at most so many rows of the server, the largest first. If `over` needs more, the intervals that are
                cut off are missing, and no empty ones are added.

        Returns:
            One row per group, the largest first; with `over`, one row per group and interval, in the order of time,
            also for the intervals of the period without observations.

                - `<by>` (string): the group's name, missing if it has none; no such column if `by` is None
                - `time` (datetime64[ns, UTC]): the interval's begin; only with `over`
                - `observations` (Int64): how many
                - `latency_p50_s`, … (float64): seconds, one column for each of `percentiles`
                - `prompt_tokens` (Int64): sum
                - `completion_tokens` (Int64): sum
                - `total_tokens` (Int64): sum
                - `cost_usd` (float64): US dollars, the sum
        """
        end = moment(until, "until") or datetime.now(UTC) + timedelta(seconds=1)
        wanted = Wanted(
            name=name, type=type, level=level, user=user, session=session, tag=tag, model=model, prompt=prompt
        )
        begin = end - window
        query = metrics_query(by, wanted, begin, end, percentiles=percentiles, over=over, limit=limit)
        rows: Sequence[Mapping[str, Any]] = self._api.metrics(query)
        if over and len(rows) < limit:
            rows = with_empty_intervals(
                rows, METRIC_DIMENSIONS[by] if by else None, intervals(over, begin, end)
            )
        return metrics_frame(rows, by, percentiles, over)


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
    """The JSON of a query; raises TracingError for what the server does not support."""
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
        # The server requires an order and a limit for dimensions with many values (a user, a session).
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

    listed = [_row(row, by, percentiles, over) for row in rows]
    if by == "model":
        listed = [row for row in listed if row["model"] is not None]
    frame = pd.DataFrame(listed, columns=list(metric_columns(by, percentiles, over)))
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
        made[by] = None if made[by] in (None, "") else str(made[by])
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
        raise TracingError(f"{name}={value!r} is not supported by the trace store. Choose from: {listed}")
