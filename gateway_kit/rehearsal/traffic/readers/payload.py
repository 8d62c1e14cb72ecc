"""LiteLLM's StandardLoggingPayload, which its callbacks write to S3, GCS, files, webhooks and queues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway_kit.rehearsal.traffic.anthropic import is_messages_endpoint
from gateway_kit.rehearsal.traffic.problems import BadLine
from gateway_kit.rehearsal.traffic.readers.as_litellm import key_hash, provider_model
from gateway_kit.rehearsal.traffic.readers.fields import read_flag, read_tags
from gateway_kit.rehearsal.traffic.readers.model_input import body_of_input
from gateway_kit.rehearsal.traffic.readers.spend_log import as_object, outcome, read_details, times
from gateway_kit.rehearsal.traffic.reading import Fields, Reading
from gateway_kit.rehearsal.traffic.request import kind_of


def is_payload(record: Mapping[str, Any]) -> bool:
    """Whether the record has the fields of the payload."""
    return "call_type" in record and ("response_cost" in record or "hidden_params" in record)


def read_payload(record: Mapping[str, Any], reading: Reading) -> Fields | None:
    """The call of a payload. A call that was tried several times has a payload for each: see `attempts.py`."""
    kind = kind_of(record.get("call_type"))
    if kind is None:
        raise BadLine("other endpoint", f"call_type {record.get('call_type')!r} cannot be rehearsed")
    metadata = as_object(record.get("metadata"))
    parameters = as_object(record.get("model_parameters"))
    fields: Fields = {"kind": kind, "call_id": record.get("litellm_call_id") or record.get("trace_id")}
    fields |= times(record, reading)
    if fields.get("latency_s") is None and (seconds := record.get("response_time")) is not None:
        fields["latency_s"] = reading.seconds(seconds, "response_time", 1.0)
    for name in ("prompt_tokens", "completion_tokens"):
        fields[name] = reading.count(record.get(name), name)
    fields |= read_details(metadata, reading)
    fields["cost_usd"] = reading.amount(record.get("response_cost"), "response_cost")
    fields["cache_hit"] = read_flag(record.get("cache_hit"))
    fields |= outcome(record.get("status"), record)
    fields["key"] = metadata.get("user_api_key_alias") or key_hash(metadata.get("user_api_key_hash"))
    fields["team"] = metadata.get("user_api_key_team_alias") or metadata.get("user_api_key_team_id")
    fields["user"] = record.get("end_user") or metadata.get("user_api_key_end_user_id") or None
    fields["tags"] = read_tags(record.get("request_tags"))
    fields["model"] = record.get("model_group") or record.get("model")
    fields["provider_model"] = provider_model(record.get("model"), record.get("custom_llm_provider"))
    fields["deployment"] = record.get("model_id") or None
    fields["stream"] = read_flag(record.get("stream")) is True or parameters.get("stream") is True
    fields["body"] = body_of_input(record.get("messages"), kind, parameters)
    if is_messages_endpoint(record.get("call_type")):
        fields["converted"] = "/v1/messages"
    return fields
