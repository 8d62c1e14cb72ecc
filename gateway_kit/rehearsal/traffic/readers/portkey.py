"""Logs as Portkey exports them: JSON lines with the request, the answer, tokens, and the cost in cents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway_kit.rehearsal.traffic.readers.as_litellm import provider_model
from gateway_kit.rehearsal.traffic.readers.envelope import read_envelope
from gateway_kit.rehearsal.traffic.readers.spend_log import as_object
from gateway_kit.rehearsal.traffic.reading import Fields, Reading


def is_portkey(record: Mapping[str, Any]) -> bool:
    """Whether the record has Portkey's names of provider, model and tokens."""
    return "ai_org" in record or ("ai_model" in record and "req_units" in record)


def read_portkey(record: Mapping[str, Any], reading: Reading) -> Fields | None:
    """The call of one of Portkey's records."""
    metadata = as_object(record.get("metadata"))
    times = {"response_time_ms": record.get("response_time"), "response_time": None}
    fields = read_envelope({**record, **times}, reading)
    if fields is None:
        return None
    if fields.get("cost_usd") is not None:
        fields["cost_usd"] /= 100
    cache = record.get("cache_status")
    if isinstance(cache, str):
        fields["cache_hit"] = "HIT" in cache.upper().split()
    fields.setdefault("user", metadata.get("_user") if isinstance(metadata.get("_user"), str) else None)
    model = fields.get("provider_model") or record.get("ai_model")
    fields["provider_model"] = provider_model(model, record.get("ai_org"))
    return fields
