"""OTLP trace exports in JSON."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

import orjson

from gateway_kit.stack.servers.tracestore.ingest.span import (
    MAX_ATTRIBUTES,
    MAX_ID_CHARS,
    MAX_NESTING,
    MAX_SPANS,
    MAX_UNIX_NS,
    Attributes,
    ExportError,
    Scope,
    Span,
    binary_id,
    missing_ids,
    too_many,
)
from gateway_kit.stack.servers.tracestore.ingest.values import without_nul


def decode_json(body: bytes) -> Iterator[Span]:
    """The spans of an export in OTLP's JSON encoding, one by one. May raise ExportError at each."""
    try:
        yield from _json_spans(orjson.loads(body))
    except (ValueError, RecursionError) as exc:
        raise ExportError("Failed to parse OTel JSON Trace") from exc


def _json_spans(export: Any) -> Iterator[Span]:
    count = 0
    for resource_spans in _objects(_object(export).get("resourceSpans")):
        resource = _json_attributes(_object(resource_spans.get("resource")).get("attributes"))
        for scope_spans in _objects(resource_spans.get("scopeSpans")):
            sent = _object(scope_spans.get("scope"))
            scope = Scope(
                _text(sent.get("name")),
                _text(sent.get("version")),
                _json_attributes(sent.get("attributes")),
                resource,
            )
            spans = _objects(scope_spans.get("spans"))
            count += len(spans)
            if count > MAX_SPANS:
                raise too_many("spans")
            for span in spans:
                yield _json_span(span, scope)


def _json_span(span: dict[str, Any], scope: Scope) -> Span:
    status = _object(span.get("status"))
    return Span(
        _json_id(span.get("traceId"), "traceId"),
        _json_id(span.get("spanId"), "spanId"),
        _json_parent(span.get("parentSpanId")),
        _text(span.get("name")),
        _time_ns(span.get("startTimeUnixNano")),
        _time_ns(span.get("endTimeUnixNano")),
        status.get("code") in (2, "STATUS_CODE_ERROR"),
        _text(status.get("message")),
        _json_attributes(span.get("attributes")),
        [(_text(e.get("name")), _json_attributes(e.get("attributes"))) for e in _objects(span.get("events"))],
        scope,
    )


def _json_id(sent: Any, name: str) -> str:
    if isinstance(sent, dict):  # a JavaScript Buffer
        sent = sent.get("data")
    if isinstance(sent, list):
        try:
            return binary_id(bytes(sent), name)
        except (TypeError, ValueError) as exc:
            raise missing_ids(f"a {name} is neither a string nor bytes") from exc
    if sent is None or sent == "":
        raise missing_ids(f"a span has no {name}")
    if not isinstance(sent, str):
        raise missing_ids(f"a {name} is neither a string nor bytes")
    if not sent.strip("0"):
        raise missing_ids(f"a span has no {name}")
    if len(sent) > MAX_ID_CHARS:
        raise missing_ids(f"a {name} is longer than {MAX_ID_CHARS} digits")
    return without_nul(sent)


def _json_parent(sent: Any) -> str | None:
    if isinstance(sent, dict):
        sent = sent.get("data")
    if not sent or (isinstance(sent, str) and not sent.strip("0")):
        return None
    return _json_id(sent, "parentSpanId")


def _time_ns(sent: Any) -> int:
    if sent is None or sent == "":
        return 0
    sent = _of_halves(sent)
    if isinstance(sent, bool) or not isinstance(sent, int | float | str) or len(str(sent)) > 40:
        raise ValueError("not a time")
    if isinstance(sent, float) and not (0 <= sent <= MAX_UNIX_NS):
        raise ValueError("a time beyond 64 bits")
    time_ns = int(sent)
    if not 0 <= time_ns <= MAX_UNIX_NS:
        raise ValueError("a time beyond 64 bits")
    return time_ns


def _json_attributes(pairs: Any, depth: int = 0) -> Attributes:
    pairs = _objects(pairs)
    if len(pairs) > MAX_ATTRIBUTES:
        raise too_many("attributes")
    return {_text(pair.get("key")): _json_value(pair.get("value"), depth) for pair in pairs}


def _json_value(value: Any, depth: int) -> Any:
    if depth > MAX_NESTING:
        raise ValueError("nested too deeply")
    value = _object(value)
    for kind, content in value.items():
        if content is None:
            continue
        if kind == "stringValue":
            return _text(content)
        if kind == "intValue":
            return _integer(content)
        if kind == "doubleValue":
            return _number(content)
        if kind == "boolValue":
            return bool(content)
        if kind == "arrayValue":
            return [_json_value(item, depth + 1) for item in _list(_object(content).get("values"))]
        if kind == "kvlistValue":
            return _json_attributes(_object(content).get("values"), depth + 1)
        if kind == "bytesValue":
            return _bytes_text(content)
    return None


def _of_halves(sent: Any) -> Any:
    """A 64-bit number that an older JavaScript client sent in two halves; any other value unchanged."""
    if isinstance(sent, dict):
        high, low = sent.get("high"), sent.get("low")
        if isinstance(high, int) and isinstance(low, int):
            return ((high & 0xFFFFFFFF) << 32) | (low & 0xFFFFFFFF)
    return sent


def _integer(content: Any) -> int:
    if isinstance(content, dict):
        content = _of_halves(content)
        if isinstance(content, int) and content >= 2**63:
            content -= 2**64
    if isinstance(content, bool) or not isinstance(content, int | str) or len(str(content)) > 40:
        raise ValueError("not an integer")
    number = int(content)
    if not -(2**63) <= number < 2**63:
        raise ValueError("an integer beyond 64 bits")
    return number


def _number(content: Any) -> float:
    if isinstance(content, bool) or not isinstance(content, int | float | str):
        raise ValueError("not a number")
    return float(content)  # "NaN" and "Infinity" are strings in this encoding


def _bytes_text(content: Any) -> str:
    text = _text(content)
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error as exc:
        raise ValueError("not base64") from exc
    return text


def _object(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError("not a list")
    return value


def _objects(value: Any) -> list[dict[str, Any]]:
    return [_object(item) for item in _list(value)]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError("not a text")
    return without_nul(value)
