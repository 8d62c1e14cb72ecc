"""Observations as a table. Pure functions. Internal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gateway_kit.common.tables import TIME, Column, Table

if TYPE_CHECKING:
    import pandas as pd

OBSERVATIONS = Table(
    Column("trace_id", "string", "32 hexadecimal digits"),
    Column("observation_id", "string", "16 hexadecimal digits"),
    Column("parent_id", "string", "the observation it is part of; missing at the top"),
    Column("trace_name", "string", "the name of its trace"),
    Column("type", "string", "SPAN, GENERATION, EVENT, EMBEDDING, TOOL, AGENT, …"),
    Column("name", "string", "its own name"),
    Column("started", TIME, "to the millisecond"),
    Column("latency_s", "float64", "seconds until its end; missing if it has not ended"),
    Column(
        "ttft_s", "float64", "seconds until the first token; without a stream, LiteLLM reports the latency"
    ),
    Column("model", "string", "as it was sent; missing if no model was called"),
    Column("prompt_name", "string", "the prompt that it is linked to"),
    Column("prompt_version", "Int64", "the version of that prompt"),
    Column("prompt_tokens", "Int64", "cached tokens too; missing if none were sent"),
    Column("completion_tokens", "Int64", "missing if none were sent"),
    Column("total_tokens", "Int64", "missing if none were sent"),
    Column("cost_usd", "float64", "US dollars; missing if not known"),
    Column("level", "string", "DEBUG, DEFAULT, WARNING or ERROR"),
    Column("status_message", "string", "the text of an error"),
    Column("user", "string", "on whose behalf the caller asked"),
    Column("session", "string", "the conversation it belongs to"),
    Column("tags", "object", "list of str"),
    Column("cache_hit", "boolean", "the gateway's cache answered; missing for the application's own spans"),
    Column("request_id", "string", "LiteLLM's id of the call, as in the call record and the spend log"),
    Column("response_id", "string", "the answer's id, which the provider gave"),
    Column("metadata", "object", "dict; the server cuts values at 200 characters"),
    Column("input", "object", "parsed if it was JSON, else text"),
    Column("output", "object", "parsed if it was JSON, else text"),
)


def observations_frame(observations: Iterable[Any]) -> pd.DataFrame:
    """One row per observation of the SDK (`ObservationV2`), in their order."""
    return OBSERVATIONS.frame(observation_row(one) for one in observations)


def observation_row(observation: Any) -> dict[str, Any]:
    """An observation in the kit's terms; what is not set is None."""
    metadata = dict(observation.metadata or {})
    tags = list(observation.tags or [])
    tokens = observation.usage_details or {}
    return {
        "trace_id": observation.trace_id,
        "observation_id": observation.id,
        "parent_id": observation.parent_observation_id or None,
        "trace_name": observation.trace_name or None,
        "type": observation.type,
        "name": observation.name or None,
        "started": in_reach(observation.start_time),
        "latency_s": _latency_s(observation),
        "ttft_s": observation.time_to_first_token,
        "model": observation.model or None,
        "prompt_name": observation.prompt_name or None,
        "prompt_version": observation.prompt_version,
        "prompt_tokens": _tokens(tokens, "input"),
        "completion_tokens": _tokens(tokens, "output"),
        "total_tokens": _total(tokens),
        # Without cost details the server answers a total of 0, which means that the cost is not known.
        "cost_usd": observation.total_cost if observation.cost_details else None,
        "level": observation.level,
        "status_message": observation.status_message or None,
        "user": observation.user_id or None,
        "session": observation.session_id or None,
        "tags": tags,
        "cache_hit": _cache_hit(metadata, tags),
        "request_id": _text(metadata.get("litellm_call_id")),
        "response_id": _text(metadata.get("response_id")),
        "metadata": metadata,
        "input": parsed(observation.input),
        "output": parsed(observation.output),
    }


def parsed(raw: Any) -> Any:
    """An input or output parsed if it is JSON, else the text. A number alone stays text, as it was sent."""
    if isinstance(raw, str) and raw[:1] in ("{", "[", '"'):
        try:
            return json.loads(raw)
        except ValueError:
            return raw
    return raw


def in_reach(moment: datetime | None) -> datetime | None:
    """The time, if nanoseconds in 64 bits can hold it: 1678 to 2262.

    A client with a broken clock can send any time up to 2554, which must not make all others unreadable.
    """
    return moment if moment is not None and 1678 <= moment.year < 2262 else None


def _latency_s(observation: Any) -> float | None:
    """Seconds from start to end. The server answers null for a span that lasted less than a millisecond."""
    if observation.end_time is not None:
        return round(float((observation.end_time - observation.start_time).total_seconds()), 3)
    return None if observation.latency is None else float(observation.latency)


def _tokens(details: Mapping[str, int], word: str) -> int | None:
    """Langfuse's rule: all kinds with the word in their name count, so cached input counts as input."""
    return sum(value for name, value in details.items() if word in name) if details else None


def _total(details: Mapping[str, int]) -> int | None:
    if not details:
        return None
    return details["total"] if "total" in details else sum(details.values())


def _cache_hit(metadata: Mapping[str, Any], tags: list[str]) -> bool | None:
    """LiteLLM reports it in the metadata, and in a tag if so configured; None for other observations."""
    value = metadata.get("cache_hit")
    if value is None:
        value = next((tag.partition(":")[2] for tag in tags if tag.startswith("cache_hit:")), None)
    return None if value is None else str(value).lower() == "true"


def _text(value: Any) -> str | None:
    return None if value in (None, "") else str(value)
