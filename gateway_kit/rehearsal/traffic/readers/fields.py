"""What logs say of a call beside the request: times, durations, tokens, money, who asked, what for."""

from __future__ import annotations

from typing import Any

from gateway_kit.rehearsal.traffic.readers.as_litellm import provider_model
from gateway_kit.rehearsal.traffic.readers.named import Named
from gateway_kit.rehearsal.traffic.readers.names import (
    ANSWERING_MODELS,
    CACHE_HITS,
    CACHE_WRITE_TOKENS,
    CACHED_TOKENS,
    COMPLETION_TOKENS,
    COSTS,
    DEPLOYMENTS,
    DURATIONS,
    ENDS,
    ERRORS,
    FIRST_DURATIONS,
    FIRSTS,
    KEYS,
    MODELS,
    PROMPT_TOKENS,
    PROVIDERS,
    REASONING_TOKENS,
    STATUSES,
    STREAMS,
    TAGS,
    TEAMS,
    TIMES,
    USAGES,
    USERS,
    Names,
)
from gateway_kit.rehearsal.traffic.reading import Fields, Reading
from gateway_kit.rehearsal.traffic.usage import read_usage

_TRUE, _FALSE = ("true", "1", "yes", "hit", "t"), ("false", "0", "no", "miss", "f", "none", "disabled")


def common_fields(named: Named, reading: Reading) -> Fields:
    """What a record says of its call beside the request: all fields but kind, body and stream."""
    fields: Fields = {}
    value, name = named.first(TIMES)
    fields["at"] = reading.time(value, name)
    _add_durations(fields, named, reading)
    for field, names in (
        ("prompt_tokens", PROMPT_TOKENS),
        ("completion_tokens", COMPLETION_TOKENS),
        ("cached_tokens", CACHED_TOKENS),
        ("cache_write_tokens", CACHE_WRITE_TOKENS),
        ("reasoning_tokens", REASONING_TOKENS),
    ):
        value, name = named.first(names)
        if value is not None:
            fields[field] = reading.count(value, name)
    usage, _ = named.first(USAGES)
    fields |= read_usage(usage, reading)
    value, name = named.first(COSTS)
    if value is not None and not isinstance(value, dict):
        fields["cost_usd"] = reading.amount(value, name)
    _add_outcome(fields, named)
    for field, names in (("key", KEYS), ("team", TEAMS), ("user", USERS), ("model", MODELS)):
        value, _ = named.first(names)
        if isinstance(value, dict):
            value = value.get("alias") or value.get("name") or value.get("username") or value.get("id")
        if isinstance(value, str | int) and not isinstance(value, bool):
            fields[field] = str(value)
    value, _ = named.first(ANSWERING_MODELS)
    if isinstance(value, str):
        fields["provider_model"] = value
    value, _ = named.first(DEPLOYMENTS)
    if isinstance(value, str):
        fields["deployment"] = value
    value, _ = named.first(TAGS)
    fields["tags"] = read_tags(value)
    return fields


def _add_durations(fields: Fields, named: Named, reading: Reading) -> None:
    at = fields["at"]
    field: str
    names: Names
    moments: Names
    for field, names, moments in (("latency_s", DURATIONS, ENDS), ("ttft_s", FIRST_DURATIONS, FIRSTS)):
        value, name, unit = named.duration(names)
        if value is not None:
            fields[field] = reading.seconds(value, name, unit)
            continue
        value, name = named.first(moments)
        moment = reading.time(value, name) if at is not None else None
        if moment is not None and at is not None:
            if moment >= at:
                fields[field] = round(moment - at, 6)
            else:
                reading.remark("bad time", f"{name} is before the start")


def _add_outcome(fields: Fields, named: Named) -> None:
    value, _ = named.first(STATUSES)
    fields["status"] = read_status(value)
    value, _ = named.first(ERRORS)
    if isinstance(value, dict):
        value = value.get("message") or value.get("type") or value.get("code")
    if isinstance(value, str) and value.lower() not in _FALSE:
        fields["error"] = value
    value, _ = named.first(CACHE_HITS)
    fields["cache_hit"] = read_flag(value)
    value, _ = named.first(STREAMS)
    if (stream := read_flag(value)) is not None:
        fields["stream"] = stream


def with_provider(fields: Fields, named: Named) -> Fields:
    """The fields with the answering model as LiteLLM writes it, if the record names the provider."""
    if "provider_model" in fields:
        fields["provider_model"] = provider_model(fields["provider_model"], named.first(PROVIDERS)[0])
    return fields


def read_status(value: Any) -> int | None:
    """An HTTP status; `success` counts as 200."""
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in ("success", "succeeded", "ok", "completed"):
            return 200
        value = int(text) if text.isdecimal() and len(text) == 3 else None
    if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599:
        return value
    return None


def read_flag(value: Any) -> bool | None:
    """True or False, also from text and numbers; None for all else."""
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower() if isinstance(value, str | int | float) else ""
    return True if text in _TRUE else False if text in _FALSE else None


def read_tags(value: Any) -> tuple[str, ...]:
    """Tags from a list, from `a,b`, from `["a","b"]` or from PostgreSQL's `{a,b}`."""
    if isinstance(value, list | tuple):
        return tuple(str(tag) for tag in value if isinstance(tag, str | int) and str(tag))
    if not isinstance(value, str) or not value.strip():
        return ()
    text = value.strip()
    if text[0] + text[-1] in ("[]", "{}"):
        text = text[1:-1]
    return tuple(tag for part in text.split(",") if (tag := part.strip().strip("\"'")))
