"""LiteLLM's spend log: `/spend/logs`, `/spend/logs/v2`, or rows of its table LiteLLM_SpendLogs as JSON or CSV."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway_kit.rehearsal.traffic.anthropic import is_messages_endpoint
from gateway_kit.rehearsal.traffic.problems import BadLine
from gateway_kit.rehearsal.traffic.readers.as_litellm import key_hash, provider_model, text_of
from gateway_kit.rehearsal.traffic.readers.envelope import decoded
from gateway_kit.rehearsal.traffic.readers.fields import read_flag, read_status, read_tags
from gateway_kit.rehearsal.traffic.reading import Fields, Reading
from gateway_kit.rehearsal.traffic.request import kind_of, read_request
from gateway_kit.rehearsal.traffic.usage import read_usage

# Both times are rounded to milliseconds; without a stream, LiteLLM's first token is the end of the answer.
_TWO_MS = 0.002
_REQUEST = {"chat": "messages", "completions": "prompt", "embeddings": "input", "responses": "input"}


def is_spend_log(record: Mapping[str, Any]) -> bool:
    """Whether the record has the columns of the spend log."""
    return "call_type" in record and "request_id" in record and ("spend" in record or "startTime" in record)


def read_spend_log(record: Mapping[str, Any], reading: Reading) -> Fields | None:
    """The call of a row. A call that was tried several times has a row for each: see `attempts.py`."""
    kind = kind_of(record.get("call_type"))
    if kind is None:
        raise BadLine("other endpoint", f"call_type {record.get('call_type')!r} cannot be rehearsed")
    metadata = as_object(record.get("metadata"))
    fields: Fields = {
        "kind": kind,
        "call_id": text_of(record.get("litellm_call_id") or metadata.get("litellm_call_id")),
    }
    fields |= times(record, reading)
    for name in ("prompt_tokens", "completion_tokens"):
        fields[name] = reading.count(record.get(name), name)
    fields |= read_details(metadata, reading)
    fields["cost_usd"] = reading.amount(record.get("spend"), "spend")
    fields["cache_hit"] = read_flag(record.get("cache_hit"))
    fields |= outcome(text_of(record.get("status") or metadata.get("status")), metadata)
    fields["key"] = text_of(metadata.get("user_api_key_alias")) or key_hash(record.get("api_key"))
    fields["team"] = text_of(metadata.get("user_api_key_team_alias") or record.get("team_id"))
    fields["user"] = text_of(record.get("end_user"))
    fields["tags"] = read_tags(decoded(record.get("request_tags")))
    fields["model"] = text_of(metadata.get("original_model_group") or record.get("model_group")) or text_of(
        record.get("model")
    )
    fields["provider_model"] = provider_model(record.get("model"), record.get("custom_llm_provider"))
    fields["deployment"] = text_of(record.get("model_id"))
    fields |= _request(record, kind, fields)
    if is_messages_endpoint(record.get("call_type")):
        fields["converted"] = "/v1/messages"
    return fields


def as_object(value: Any) -> Mapping[str, Any]:
    """An object, also from its JSON text; {} for all else."""
    value = decoded(value)
    return value if isinstance(value, dict) else {}


def times(record: Mapping[str, Any], reading: Reading) -> Fields:
    """`at`, `latency_s` and `ttft_s` of LiteLLM's three times."""
    begin, end, first = (
        reading.time(record.get(name), name) for name in ("startTime", "endTime", "completionStartTime")
    )
    fields: Fields = {"at": begin}
    if begin is None or end is None:
        return fields
    if end < begin:
        reading.remark("bad time", "endTime is before startTime")
        return fields
    fields["latency_s"] = round(end - begin, 6)
    if first is not None and begin <= first < end - _TWO_MS:
        fields["ttft_s"] = round(first - begin, 6)
    return fields


def read_details(metadata: Mapping[str, Any], reading: Reading) -> Fields:
    """Cached and reasoning tokens, of the answer's usage that LiteLLM keeps in the metadata."""
    usage = metadata.get("usage_object") or metadata.get("additional_usage_values")
    details = read_usage(usage, reading)
    return {
        name: details[name]
        for name in ("cached_tokens", "cache_write_tokens", "reasoning_tokens")
        if name in details
    }


def outcome(status: str | None, metadata: Mapping[str, Any]) -> Fields:
    """`status` and `error` of LiteLLM's `success` or `failure` and its error's information."""
    information = as_object(metadata.get("error_information"))
    fields: Fields = {}
    if status == "failure":
        fields["status"] = read_status(information.get("error_code")) or 500
        fields["error"] = (
            text_of(information.get("error_class") or information.get("error_message")) or "failure"
        )
    elif status is not None:
        fields["status"] = read_status(status)
    return fields


def _request(record: Mapping[str, Any], kind: Any, fields: Fields) -> Fields:
    """The request, if LiteLLM was told to store prompts (`store_prompts_in_spend_logs`)."""
    body = as_object(record.get("proxy_server_request"))
    body = as_object(body.get("body")) or body
    messages = decoded(record.get("messages"))
    if _REQUEST[kind] not in body and messages not in (None, "", [], {}):
        body = {**body, _REQUEST[kind]: messages}
    stream = body.get("stream") is True or fields.get("ttft_s") is not None
    if _REQUEST[kind] not in body:
        return {"body": None, "stream": stream}
    try:
        asked = read_request(body, kind)
    except BadLine:
        return {"body": None, "stream": stream}
    return {"body": asked["body"], "stream": stream}
