"""The kit's own lines, which `Traffic.mask` writes: the fields of a call by their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as fields_of
from typing import Any

from gateway_kit.rehearsal.call import PATHS, LoggedCall
from gateway_kit.rehearsal.traffic.problems import BadLine
from gateway_kit.rehearsal.traffic.reading import Fields, Reading

MARK = "gateway_kit"
VERSION = 1
_PLACES = {"number", "line"}
_NAMES = [field.name for field in fields_of(LoggedCall) if field.name not in _PLACES]
_COUNTS = ("prompt_tokens", "completion_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens")
_AMOUNTS = ("latency_s", "ttft_s", "cost_usd")
_TEXTS = ("key", "team", "user", "error", "provider_model", "deployment")


def is_own(record: Mapping[str, Any]) -> bool:
    """Whether the kit wrote the record."""
    return MARK in record and "kind" in record


def read_own(record: Mapping[str, Any], reading: Reading) -> Fields | None:
    """The call that was written."""
    if record[MARK] != VERSION:
        raise BadLine(
            "no request", f"written by another version of the kit ({MARK} {record[MARK]!r}, not {VERSION})"
        )
    if not isinstance(record["kind"], str) or record["kind"] not in PATHS:
        raise BadLine("other endpoint", f"kind {record['kind']!r} is none of {', '.join(PATHS)}")
    body = record.get("body")
    if body is not None and not isinstance(body, dict):
        raise BadLine("no request", "body is no object")
    fields: Fields = {"kind": record["kind"], "body": body, "model": str(record.get("model") or "")}
    fields["at"] = reading.time(record.get("at"), "at")
    fields["stream"] = record.get("stream") is True
    fields |= {name: reading.count(record.get(name), name) for name in _COUNTS}
    fields |= {name: reading.amount(record.get(name), name) for name in _AMOUNTS}
    fields |= {name: value for name in _TEXTS if isinstance(value := record.get(name), str)}
    tags = record.get("tags")
    fields["tags"] = tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
    status, cache_hit = record.get("status"), record.get("cache_hit")
    fields["status"] = status if isinstance(status, int) else None
    fields["cache_hit"] = cache_hit if isinstance(cache_hit, bool) else None
    return fields


def written(call: LoggedCall) -> dict[str, Any]:
    """A call as `read_own` reads it; what is not known is left out."""
    line: dict[str, Any] = {MARK: VERSION}
    for name in _NAMES:
        value = getattr(call, name)
        if value not in (None, ()) and not (name == "stream" and value is False):
            line[name] = value
    return line
