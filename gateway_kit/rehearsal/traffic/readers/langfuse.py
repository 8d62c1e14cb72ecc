"""Observations of Langfuse: its API (v1, v2), the export of its pages (JSON, JSONL, CSV), and of its blob storage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gateway_kit.rehearsal.call import PATHS, Kind
from gateway_kit.rehearsal.traffic.readers.as_litellm import key_hash, text_of
from gateway_kit.rehearsal.traffic.readers.envelope import decoded
from gateway_kit.rehearsal.traffic.readers.fields import read_flag, read_tags
from gateway_kit.rehearsal.traffic.readers.model_input import body_of_input
from gateway_kit.rehearsal.traffic.readers.named import Named
from gateway_kit.rehearsal.traffic.readers.names import Names
from gateway_kit.rehearsal.traffic.readers.spend_log import as_object
from gateway_kit.rehearsal.traffic.reading import Fields, Reading
from gateway_kit.rehearsal.traffic.request import kind_of, kind_of_model

_TYPES: Names = ("type",)
_TRACES: Names = ("traceid",)
_IDS: Names = ("id",)
_PARENTS: Names = ("parentobservationid",)
_STARTS: Names = ("starttime",)
_ENDS: Names = ("endtime",)
_FIRSTS: Names = ("completionstarttime",)
_MODELS: Names = ("model", "providedmodelname", "internalmodel")
_PARAMETERS: Names = ("modelparameters",)
_METADATA: Names = ("metadata",)
_USAGES: Names = ("usagedetails", "usage", "providedusagedetails")
_INPUTS: Names = ("inputusage", "prompttokens", "inputtokens")
_OUTPUTS: Names = ("outputusage", "completiontokens", "outputtokens")
_COSTS: Names = ("totalcost", "calculatedtotalcost")
_COST_DETAILS: Names = ("costdetails",)
_LATENCIES: Names = ("latency",)
_FIRST_LATENCIES: Names = ("timetofirsttoken",)
_USERS: Names = ("userid",)
_TAGS: Names = ("tags", "tracetags")
_LEVELS: Names = ("level",)
_MESSAGES: Names = ("statusmessage",)

# LiteLLM's types of calls and the Responses API's marks, in what the gateway records with an observation.
_RESPONSES = ("aresponses", "responses")


def is_observation(record: Mapping[str, Any]) -> bool:
    """Whether the record is an observation of a trace."""
    named = Named(record)
    return bool(named.first(_TRACES)[0]) and isinstance(named.first(_TYPES)[0], str)


def read_observation(record: Mapping[str, Any], reading: Reading) -> Fields | None:
    """The call of a model that an observation is of; None, and a count, for spans, events and the like."""
    named = Named(record)
    type_ = str(named.first(_TYPES)[0]).upper()
    model, _ = named.first(_MODELS)
    if type_ not in ("GENERATION", "EMBEDDING"):
        reading.left_out[f"{type_} observation"] += 1
        return None
    own, parent = named.first(_IDS)[0], named.first(_PARENTS)[0]
    if reading.is_recorded_twice(str(own or ""), str(parent or "")):
        reading.left_out["doubled observation"] += 1
        return None
    metadata = _nested(as_object(named.first(_METADATA)[0]))
    parameters = as_object(named.first(_PARAMETERS)[0])
    asked = _asked(text_of(model) or "", metadata)
    kind = _kind(type_, asked, record, metadata)
    fields: Fields = {"kind": kind, "model": asked, "call_id": text_of(metadata.get("litellm_call_id"))}
    fields |= _times(named, reading)
    fields |= _tokens(named, reading)
    fields["cost_usd"] = _cost(named, reading)
    fields["user"] = text_of(named.first(_USERS)[0])
    fields["tags"] = read_tags(decoded(named.first(_TAGS)[0]))
    fields["key"] = text_of(metadata.get("user_api_key_alias")) or key_hash(metadata.get("user_api_key_hash"))
    fields["team"] = text_of(metadata.get("user_api_key_team_alias")) or text_of(
        metadata.get("user_api_key_team_id")
    )
    fields["cache_hit"] = read_flag(metadata.get("cache_hit"))
    if named.first(_LEVELS)[0] == "ERROR":
        fields["status"] = 500
        fields["error"] = text_of(named.first(_MESSAGES)[0]) or "error"
    if asked != model:
        fields["provider_model"] = text_of(model)
    fields["deployment"] = _within(metadata.get("hidden_params"), "model_id")
    fields["stream"] = read_flag(parameters.get("stream")) is True or fields.get("ttft_s") is not None
    fields["body"] = body_of_input(named.first(("input",))[0], kind, parameters)
    return fields


def _asked(model: str, metadata: Mapping[str, Any]) -> str:
    """The name that was asked for. LiteLLM records the provider's name, with the provider before it."""
    group = text_of(metadata.get("model_group")) or _within(
        metadata.get("hidden_params"), "x-litellm-model-group"
    )
    if group is None and "litellm_call_id" in metadata:
        return model.partition("/")[2] or model
    return group or model


def _within(value: Any, name: str) -> str | None:
    """A text in an object, also in its JSON text that Langfuse has cut off."""
    if isinstance(value, dict):
        return text_of(value.get(name))
    found = re.search(rf'"{name}":\s*"([^"]+)"', value) if isinstance(value, str) else None
    return None if found is None else found[1]


def _kind(type_: str, model: str, record: Mapping[str, Any], metadata: Mapping[str, Any]) -> Kind:
    route = metadata.get("user_api_key_request_route")
    if isinstance(route, str) and any(route.endswith(path) for path in PATHS.values()):
        return kind_of(route) or "chat"
    if type_ == "EMBEDDING" or metadata.get("call_type") in ("aembedding", "embedding"):
        return "embeddings"
    if metadata.get("call_type") in _RESPONSES or as_object(record.get("output")).get("object") == "response":
        return "responses"
    given = as_object(record.get("input"))
    if "input" in given and "messages" not in given:
        return "responses"
    return kind_of_model(model)


def _times(named: Named, reading: Reading) -> Fields:
    value, name = named.first(_STARTS)
    begin = reading.time(value, name)
    fields: Fields = {"at": begin}
    value, name = named.first(_ENDS)
    end = reading.time(value, name)
    if begin is not None and end is not None and end >= begin:
        fields["latency_s"] = round(end - begin, 6)
    else:
        value, name, unit = named.duration(_LATENCIES)
        fields["latency_s"] = reading.seconds(value, name, unit or 1.0)
    value, name, unit = named.duration(_FIRST_LATENCIES)
    first = reading.seconds(value, name, unit or 1.0)
    if first is None:
        value, name = named.first(_FIRSTS)
        moment = reading.time(value, name)
        first = (
            round(moment - begin, 6) if moment is not None and begin is not None and moment >= begin else None
        )
    # Without a stream, LiteLLM reports the end as the first token.
    if first is not None and (fields["latency_s"] is None or first < fields["latency_s"] - 0.002):
        fields["ttft_s"] = first
    return fields


def _tokens(named: Named, reading: Reading) -> Fields:
    """Langfuse's rule: each kind with `input` or `output` in its name counts, so cached input is a kind of its own."""
    details = as_object(named.first(_USAGES)[0])
    counts = {
        name: count for name, value in details.items() if (count := reading.count(value, name)) is not None
    }
    fields: Fields = {}
    for field, word, names in (
        ("prompt_tokens", "input", _INPUTS),
        ("completion_tokens", "output", _OUTPUTS),
    ):
        kinds = [count for name, count in counts.items() if word in name.lower()]
        if kinds:
            fields[field] = sum(kinds)
        else:
            value, name = named.first(names)
            fields[field] = reading.count(value, name)
    for field, words in (
        ("cached_tokens", ("cache_read", "cached")),
        ("cache_write_tokens", ("cache_creation", "cache_write")),
        ("reasoning_tokens", ("reasoning",)),
    ):
        count = sum(count for name, count in counts.items() if any(word in name for word in words))
        if count:
            fields[field] = count
    return fields


def _cost(named: Named, reading: Reading) -> float | None:
    """What Langfuse counts, else what its details say; a 0 without details is no cost that anybody knows."""
    details = as_object(named.first(_COST_DETAILS)[0])
    value, name = named.first(_COSTS)
    if value is not None:
        return reading.amount(value, name) if details or value not in (0, "0") else None
    if "total" in details:
        return reading.amount(details["total"], "costDetails.total")
    parts = [reading.amount(part, f"costDetails.{kind}") for kind, part in details.items()]
    return sum(part for part in parts if part is not None) if parts else None


def _nested(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """Metadata with dotted names (`requester_metadata.user_api_key_alias`) by their last part as well."""
    flat = dict(metadata)
    for name, value in metadata.items():
        if "." in name:
            flat.setdefault(name.rpartition(".")[2], value)
    return flat
