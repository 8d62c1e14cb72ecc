"""Logs of Kong's AI plugins, as its logging plugins write them (File Log, HTTP Log, …)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway_kit.rehearsal.traffic.answer import read_answer
from gateway_kit.rehearsal.traffic.problems import BadLine
from gateway_kit.rehearsal.traffic.readers.envelope import decoded
from gateway_kit.rehearsal.traffic.readers.fields import read_status
from gateway_kit.rehearsal.traffic.readers.spend_log import as_object
from gateway_kit.rehearsal.traffic.reading import Fields, Reading
from gateway_kit.rehearsal.traffic.request import kind_of, kind_of_model, looks_like_request, read_request


def is_kong(record: Mapping[str, Any]) -> bool:
    """Whether the record is Kong's, of a call through an AI plugin."""
    return isinstance(record.get("ai"), dict) and ("started_at" in record or "latencies" in record)


def read_kong(record: Mapping[str, Any], reading: Reading) -> Fields | None:
    """The call of one of Kong's records."""
    ai = record["ai"]
    plugins = [part for part in ai.values() if isinstance(part, dict) and ("usage" in part or "meta" in part)]
    # Several AI plugins may have called models; the one with the most tokens is the call itself.
    plugin = max(
        plugins, key=lambda part: _number(as_object(part.get("usage")).get("total_tokens")), default={}
    )
    usage, meta, cache = (as_object(plugin.get(name)) for name in ("usage", "meta", "cache"))
    request, response = as_object(record.get("request")), as_object(record.get("response"))
    payload = {**as_object(plugin.get("payload")), **as_object(ai.get("payload"))}
    body = decoded(payload.get("request"))
    model = meta.get("request_model") or (body.get("model") if isinstance(body, dict) else None)
    kind = kind_of(request.get("uri") or record.get("upstream_uri"))
    fields: Fields = {"body": None, "stream": False, "kind": kind or kind_of_model(model)}
    if looks_like_request(body):
        fields |= read_request(body, kind)
    elif not usage:
        raise BadLine("no request", "neither a request nor token counts in ai")
    fields |= read_answer(decoded(as_object(plugin.get("payload")).get("response")), reading)
    fields["kind"] = kind or fields["kind"]
    fields["model"] = fields.get("model") or model
    fields["at"] = reading.time(record.get("started_at"), "started_at")
    for field, name in (("prompt_tokens", "prompt_token"), ("completion_tokens", "completion_token")):
        count = reading.count(usage.get(name, usage.get(f"{name}s")), name)
        if count is not None:
            fields[field] = count
    if (cost := reading.amount(usage.get("cost"), "cost")) is not None:
        fields["cost_usd"] = cost
    latencies = as_object(record.get("latencies"))
    milliseconds = latencies.get("request", meta.get("llm_latency"))
    fields["latency_s"] = reading.seconds(milliseconds, "latencies.request", 0.001)
    fields["status"] = read_status(response.get("status"))
    if isinstance(meta.get("response_model"), str):
        fields["provider_model"] = meta["response_model"]
    if isinstance(status := cache.get("cache_status"), str):
        fields["cache_hit"] = status.lower() == "hit"
    consumer = as_object(record.get("consumer"))
    fields["key"] = consumer.get("username") or consumer.get("custom_id") or consumer.get("id")
    return fields


def _number(value: Any) -> float:
    return value if isinstance(value, int | float) else 0.0
