"""Observations as a table. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

OBSERVATION_COLUMNS: Mapping[str, str] = {
    "trace_id": "string",
    "observation_id": "string",
    "parent_id": "string",
    "trace_name": "string",
    "type": "string",
    "name": "string",
    "started": "datetime64[ns, UTC]",
    "latency_s": "float64",
    "ttft_s": "float64",
    "model": "string",
    "prompt_tokens": "Int64",
    "completion_tokens": "Int64",
    "total_tokens": "Int64",
    "cost_usd": "float64",
    "level": "string",
    "status_message": "string",
    "user": "string",
    "session": "string",
    "tags": "object",
    "cache_hit": "boolean",
    "request_id": "string",
    "response_id": "string",
    "metadata": "object",
    "input": "object",
    "output": "object",
}


def observations_frame(found: Iterable[Any]) -> pd.DataFrame:
    """One row per observation of the SDK (`ObservationV2`), in their order: OBSERVATION_COLUMNS."""
    return frame([observation_row(one) for one in found], OBSERVATION_COLUMNS)


def observation_row(one: Any) -> dict[str, Any]:
    """An observation in the kit's terms; what is not set is None."""
    metadata = dict(one.metadata or {})
    tags = list(one.tags or [])
    tokens = one.usage_details or {}
    return {
        "trace_id": one.trace_id,
        "observation_id": one.id,
        "parent_id": one.parent_observation_id or None,
        "trace_name": one.trace_name or None,
        "type": one.type,
        "name": one.name or None,
        "started": one.start_time,
        "latency_s": _latency_s(one),
        "ttft_s": one.time_to_first_token,
        "model": one.model or None,
        "prompt_tokens": _tokens(tokens, "input"),
        "completion_tokens": _tokens(tokens, "output"),
        "total_tokens": _total(tokens),
        # Without cost details the server answers a total of 0, which nobody has paid or not paid.
        "cost_usd": one.total_cost if one.cost_details else None,
        "level": one.level,
        "status_message": one.status_message or None,
        "user": one.user_id or None,
        "session": one.session_id or None,
        "tags": tags,
        "cache_hit": _cache_hit(metadata, tags),
        "request_id": _text(metadata.get("litellm_call_id")),
        "response_id": _text(metadata.get("response_id")),
        "metadata": metadata,
        "input": parsed(one.input),
        "output": parsed(one.output),
    }


def parsed(raw: Any) -> Any:
    """An input or output as Python where it is JSON, else the text. Numbers alone stay text, as they were sent."""
    if isinstance(raw, str) and raw[:1] in ("{", "[", '"'):
        try:
            return json.loads(raw)
        except ValueError:
            return raw
    return raw


def frame(rows: list[dict[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    """A DataFrame with exactly these columns and dtypes, also where there are no rows."""
    import pandas as pd  # here, since it takes longer to import than all else

    made = {}
    for name, dtype in columns.items():
        values = [row[name] for row in rows]
        if dtype.startswith("datetime"):
            made[name] = pd.Series(_within_reach(values), dtype=dtype)
        elif dtype == "object":
            series = pd.Series([None] * len(values), dtype="object")
            for index, value in enumerate(values):  # one by one: a list or dict is one value here
                series.iat[index] = value
            made[name] = series
        else:
            made[name] = pd.Series(values, dtype=dtype)
    return pd.DataFrame(made, columns=list(columns))


def _within_reach(values: list[Any]) -> pd.Series[pd.Timestamp]:
    """Times; missing where one lies outside of 1678 to 2262, which is all that nanoseconds in 64 bits reach.

    A client with a broken clock can send any time up to 2554, and must not make all others unreadable.
    """
    import pandas as pd

    times = pd.Series(pd.to_datetime(values, utc=True, format="ISO8601"))
    return times.where(
        times.between(pd.Timestamp.min.tz_localize("UTC"), pd.Timestamp.max.tz_localize("UTC"))
    )


def _latency_s(one: Any) -> float | None:
    """Seconds from start to end. The server answers null for a span that lasted less than a millisecond."""
    if one.end_time is not None:
        return round(float((one.end_time - one.start_time).total_seconds()), 3)
    return None if one.latency is None else float(one.latency)


def _tokens(details: Mapping[str, int], word: str) -> int | None:
    """Langfuse's rule: all kinds with the word in their name count, so cached input is input."""
    return sum(value for name, value in details.items() if word in name) if details else None


def _total(details: Mapping[str, int]) -> int | None:
    if not details:
        return None
    return details["total"] if "total" in details else sum(details.values())


def _cache_hit(metadata: Mapping[str, Any], tags: list[str]) -> bool | None:
    """LiteLLM tells it in the metadata, and in a tag where that is configured; None for others' observations."""
    said = metadata.get("cache_hit")
    if said is None:
        said = next((tag.partition(":")[2] for tag in tags if tag.startswith("cache_hit:")), None)
    return None if said is None else str(said).lower() == "true"


def _text(value: Any) -> str | None:
    return None if value in (None, "") else str(value)
