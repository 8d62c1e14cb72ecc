"""Records with a request in them, and what the gateway adds: time, answer, duration, tokens, who asked.

Also a bare request, with whatever of these lies beside its own fields, and the lines of a batch file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from gateway_kit.rehearsal.call import Kind
from gateway_kit.rehearsal.traffic.answer import read_answer
from gateway_kit.rehearsal.traffic.problems import BadLine, shortened
from gateway_kit.rehearsal.traffic.readers.fields import common_fields, with_provider
from gateway_kit.rehearsal.traffic.readers.named import Named, is_of_log
from gateway_kit.rehearsal.traffic.readers.names import ENDPOINTS, Names
from gateway_kit.rehearsal.traffic.reading import Fields, Reading
from gateway_kit.rehearsal.traffic.request import kind_of, kind_of_model, looks_like_request, read_request

REQUESTS: Names = (
    "request", "requestbody", "body", "req", "payload", "requestpayload", "llmrequest", "requestjson", "requestdata",
    "input", "params", "kwargs", "data", "httprequest",
)  # fmt: skip
RESPONSES: Names = (
    "response", "responsebody", "resp", "output", "result", "responsejson", "llmresponse", "responsepayload",
    "completion", "httpresponse", "answer",
)  # fmt: skip
_DEPTH = 3
_DEPLOYMENT = re.compile(r"/deployments/([^/?]+)/")


def has_request(record: Mapping[str, Any]) -> bool:
    """Whether the record is a request, or holds one."""
    return looks_like_request(record) or holds_request(record)


def holds_request(record: Mapping[str, Any]) -> bool:
    """Whether the record holds a request."""
    return _request_in(Named(record), _DEPTH) is not None


def read_envelope(record: Mapping[str, Any], reading: Reading) -> Fields | None:
    """The call of a record with a request in it, of a bare request, or of a record that has no texts."""
    named = Named(record)
    body: Mapping[str, Any] | None = record
    beside = named
    if not looks_like_request(record):
        body, beside = _request_in(named, _DEPTH) or (None, named)
    kind = _kind(named) or _kind(beside)
    stated = {name: value for name, value in common_fields(named, reading).items() if value not in (None, ())}
    answer, _ = named.first(RESPONSES)
    answered = read_answer(answer, reading)
    answered_kind = answered.pop("kind", None)
    if body is None:
        return _without_request(named, kind or answered_kind, with_provider(answered | stated, named))
    asked = read_request(body, kind or answered_kind)
    if body is record:
        asked["body"] = {name: value for name, value in asked["body"].items() if not is_of_log(name)}
    else:
        asked.setdefault("model", _model_in_address(beside))
    stream = asked["stream"] or bool(stated.get("stream")) or bool(answered.get("stream"))
    asked = {name: value for name, value in asked.items() if value is not None}
    fields = with_provider(answered | stated | asked | {"stream": stream}, named)
    if "user" in stated and body is not record:
        fields["user"] = stated["user"]
    return fields


def _without_request(named: Named, kind: Kind | None, fields: Fields) -> Fields:
    """A call of which the log has figures alone."""
    figures = fields.keys() & {"prompt_tokens", "completion_tokens", "latency_s", "cost_usd"}
    if not figures or not (fields.get("model") or kind):
        raise BadLine("no request", f"no request among {shortened(', '.join(map(str, named.record)), 100)}")
    return fields | {"kind": kind or kind_of_model(fields.get("model")), "body": None}


def _request_in(named: Named, depth: int) -> tuple[Mapping[str, Any], Named] | None:
    """The request's body inside a record, and the object that it lay in (with method, url, headers)."""
    for value in named.all(REQUESTS):
        value = decoded(value)
        if not isinstance(value, dict):
            continue
        if looks_like_request(value):
            return value, named
        if depth > 1 and (inner := _request_in(Named(value), depth - 1)) is not None:
            return inner
    return None


def decoded(value: Any) -> Any:
    """A JSON text's value; anything else as it is."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def _kind(named: Named) -> Kind | None:
    for value in named.all(ENDPOINTS):
        kind = kind_of(value)
        if kind is not None:
            return kind
    return None


def _model_in_address(named: Named) -> str | None:
    """Azure's deployment, which its address names instead of the body."""
    for value in named.all(ENDPOINTS):
        found = _DEPLOYMENT.search(value) if isinstance(value, str) else None
        if found is not None:
            return found[1]
    return None
