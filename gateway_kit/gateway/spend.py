"""LiteLLM's spend log as a table. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gateway_kit.gateway.facts import split_model

if TYPE_CHECKING:
    import pandas as pd

SPEND_COLUMNS: Mapping[str, str] = {
    "started": "datetime64[ns, UTC]",
    "kind": "string",
    "model": "string",
    "model_group": "string",
    "provider": "string",
    "provider_model": "string",
    "deployment": "string",
    "status": "string",
    "latency_s": "float64",
    "ttft_s": "float64",
    "prompt_tokens": "Int64",
    "completion_tokens": "Int64",
    "total_tokens": "Int64",
    "cost_usd": "float64",
    "cache_hit": "bool",
    "key_hash": "string",
    "key_alias": "string",
    "team": "string",
    "end_user": "string",
    "tags": "object",
    "request_id": "string",
    "response_id": "string",
}

# LiteLLM's names of the calls, in the words of the call record.
_KINDS = {
    "acompletion": "chat",
    "aembedding": "embeddings",
    "atext_completion": "completions",
    "aresponses": "responses",
}


# Both times are rounded to milliseconds.
_TWO_MS = 0.002


def spend_frame(entries: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per entry of the spend log, oldest first: SPEND_COLUMNS."""
    import pandas as pd

    frame = pd.DataFrame([_row(entry) for entry in entries], columns=list(SPEND_COLUMNS))
    frame["started"] = pd.to_datetime(frame["started"], utc=True, format="ISO8601")
    return frame.astype(dict(SPEND_COLUMNS)).sort_values("started", kind="stable", ignore_index=True)


def call_id(entry: Mapping[str, Any]) -> str:
    """The id by which the call record knows an entry; LiteLLM's own `request_id` is the answer's id or longer."""
    metadata = entry.get("metadata") or {}
    return str(entry.get("litellm_call_id") or metadata.get("litellm_call_id") or entry["request_id"])


def _row(entry: Mapping[str, Any]) -> dict[str, Any]:
    metadata = entry.get("metadata") or {}
    provider, provider_model = split_model(entry.get("model"))
    latency_s, ttft_s = _seconds(entry)
    return {
        "started": entry["startTime"],
        "kind": _KINDS.get(entry["call_type"], entry["call_type"]),
        "model": metadata.get("original_model_group") or entry.get("model_group"),
        "model_group": entry.get("model_group"),
        "provider": entry.get("custom_llm_provider") or provider,
        "provider_model": provider_model,
        "deployment": entry.get("model_id") or None,
        "status": entry.get("status"),
        "latency_s": latency_s,
        "ttft_s": ttft_s,
        "prompt_tokens": entry.get("prompt_tokens"),
        "completion_tokens": entry.get("completion_tokens"),
        "total_tokens": entry.get("total_tokens"),
        "cost_usd": entry.get("spend"),
        # LiteLLM writes the texts "True", "False", "None" and "".
        "cache_hit": str(entry.get("cache_hit")) == "True",
        "key_hash": entry.get("api_key"),
        "key_alias": metadata.get("user_api_key_alias"),
        "team": metadata.get("user_api_key_team_alias") or entry.get("team_id") or None,
        "end_user": entry.get("end_user") or None,
        "tags": list(entry.get("request_tags") or []),
        "request_id": call_id(entry),
        "response_id": _response_id(entry),
    }


def _seconds(entry: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Latency and time to first token; of what was no stream, LiteLLM's first token is the end of the answer."""
    begin, end, first = (
        datetime.fromisoformat(entry[name]) if entry.get(name) else None
        for name in ("startTime", "endTime", "completionStartTime")
    )
    if begin is None or end is None:
        return None, None
    latency_s = (end - begin).total_seconds()
    ttft_s = latency_s if first is None else (first - begin).total_seconds()
    return latency_s, ttft_s if ttft_s < latency_s - _TWO_MS else None


def _response_id(entry: Mapping[str, Any]) -> str | None:
    """The answer's id, LiteLLM's `request_id`; on a cache hit that is the first answer's id and the time."""
    response_id, _, _ = str(entry["request_id"]).partition("_cache_hit")
    return None if response_id == call_id(entry) else response_id
