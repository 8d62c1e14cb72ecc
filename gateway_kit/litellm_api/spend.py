"""`gateway.spend`: LiteLLM's spend log, one row per request."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gateway_kit.common.tables import TIME, Column, Table
from gateway_kit.litellm_api.facts import split_model
from gateway_kit.litellm_api.management import ManagementApi

if TYPE_CHECKING:
    import pandas as pd

SPEND = Table(
    Column("started", TIME, "when the gateway began"),
    Column("kind", "string", "chat, embeddings, …"),
    Column("model", "string", "the name that was asked for"),
    Column("model_group", "string", "the name that answered"),
    Column("provider", "string", "as in the call record"),
    Column("provider_model", "string", "as in the call record"),
    Column("deployment", "string", "as in the call record"),
    Column("status", "string", "success or failure"),
    Column("latency_s", "float64", "seconds in the gateway, to the last byte; about 0 on a cache hit"),
    Column("ttft_s", "float64", "streams: seconds until the first piece"),
    Column("prompt_tokens", "Int64", "on a cache hit the first answer's tokens again"),
    Column("completion_tokens", "Int64", "likewise"),
    Column("total_tokens", "Int64", "likewise"),
    Column("cost_usd", "float64", "what was charged, in US dollars"),
    Column("cache_hit", "bool", "the gateway's cache answered"),
    Column("key_hash", "string", "the key as LiteLLM stores it"),
    Column("key_alias", "string", "the key's name"),
    Column("team", "string", "the key's team; missing without one"),
    Column("end_user", "string", "the request's `user`; missing if it names none"),
    Column("tags", "object", "list of str: the request's tags"),
    Column("request_id", "string", "as in the call record"),
    Column("response_id", "string", "the answer's id, as in the providers' journal; missing without one"),
)

# LiteLLM's names of the calls, in the words of the call record.
_KINDS = {
    "acompletion": "chat",
    "aembedding": "embeddings",
    "atext_completion": "completions",
    "aresponses": "responses",
}


# Both times are rounded to milliseconds.
_TWO_MS = 0.002


class Spend:
    """What LiteLLM has charged for each request, by all clients of the gateway."""

    def __init__(self, api: ManagementApi) -> None:
        self._api = api

    def logs(
        self,
        request_ids: Iterable[str] | None = None,
        *,
        key: str | None = None,
        since: datetime | None = None,
        limit: int = 1000,
    ) -> pd.DataFrame:
        """The spend log as far as it is written; see `wait_for`. From `/spend/logs` and `/spend/logs/v2`.

        Args:
            request_ids: only these calls, named as in the call record.
            key: otherwise, only the requests of this virtual key: its secret, or its hash.
            since: only later requests; a day ago by default.
            limit: at most so many rows, the newest.

        Returns:
            One row per request, oldest first.

                - `started` (datetime64[ns, UTC]): when the gateway began
                - `kind` (string): chat, embeddings, …
                - `model` (string): the name that was asked for
                - `model_group` (string): the name that answered
                - `provider` (string): as in the call record
                - `provider_model` (string): as in the call record
                - `deployment` (string): as in the call record
                - `status` (string): success or failure
                - `latency_s` (float64): seconds in the gateway, to the last byte; about 0 on a cache hit
                - `ttft_s` (float64): streams: seconds until the first piece
                - `prompt_tokens` (Int64): on a cache hit the first answer's tokens again
                - `completion_tokens` (Int64): likewise
                - `total_tokens` (Int64): likewise
                - `cost_usd` (float64): what was charged, in US dollars
                - `cache_hit` (bool): the gateway's cache answered
                - `key_hash` (string): the key as LiteLLM stores it
                - `key_alias` (string): the key's name
                - `team` (string): the key's team; missing without one
                - `end_user` (string): the request's `user`; missing if it names none
                - `tags` (object): list of str: the request's tags
                - `request_id` (string): as in the call record
                - `response_id` (string): the answer's id, as in the providers' journal; missing without one

        Raises:
            GatewayError: LiteLLM refuses the request, or does not answer.
        """
        if request_ids is not None:
            return spend_frame(e for i in _unique(request_ids) for e in self._entries_of(i))
        begin = since or datetime.now(UTC) - timedelta(days=1)
        query: dict[str, Any] = {
            "start_date": begin.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
            "end_date": (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%d %H:%M:%S"),
            "page_size": 100,
        }
        if key is not None:
            secret = key.startswith("sk-")
            query["api_key"] = hashlib.sha256(key.encode(errors="replace")).hexdigest() if secret else key
        entries: list[Mapping[str, Any]] = []
        page, pages = 1, 1
        while page <= pages and len(entries) < limit:
            body = self._api.get("/spend/logs/v2", **query, page=page)
            entries += body["data"]
            pages, page = body["total_pages"], page + 1
        return spend_frame(entries[:limit])

    def wait_for(self, request_ids: Iterable[str], *, timeout_s: float = 80.0) -> pd.DataFrame:
        """`logs(request_ids)` once LiteLLM has written them all.

        LiteLLM collects spend and writes it every `general_settings.proxy_batch_write_at` seconds (10 to 15 by
        default). On a busy machine 47 seconds were measured.

        Raises:
            GatewayError: some are still missing after `timeout_s`.
        """
        missing = _unique(request_ids)
        entries: list[Mapping[str, Any]] = []

        def all_written() -> bool:
            while missing and (written := self._entries_of(missing[0])):
                entries.extend(written)
                del missing[0]
            return not missing

        self._api.wait_for(all_written, "the spend log", timeout_s)
        return spend_frame(entries)

    def _entries_of(self, request_id: str) -> list[Mapping[str, Any]]:
        """The log's entries of one call. A failed call has one entry per attempt, the last one counts."""
        entries = self._api.get("/spend/logs", request_id=request_id)
        return [
            e for e in entries if isinstance(e, dict) and e.get("request_id") and call_id(e) == request_id
        ]


def spend_frame(entries: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """LiteLLM's entries as SPEND, oldest first."""
    frame = SPEND.frame(_row(entry) for entry in entries)
    return frame.sort_values("started", kind="stable", ignore_index=True)


def call_id(entry: Mapping[str, Any]) -> str:
    """The call record's id of an entry; LiteLLM's own `request_id` is the answer's id or longer."""
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
    """Latency and time to first token; without a stream, LiteLLM's first token is the end of the answer."""
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


def _unique(request_ids: Iterable[Any]) -> list[str]:
    """Each id once; calls that got no answer have none."""
    return list(dict.fromkeys(i for i in request_ids if isinstance(i, str)))
