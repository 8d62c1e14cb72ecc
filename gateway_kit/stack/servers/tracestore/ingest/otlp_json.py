"""OTLP trace exports in JSON."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from gateway_kit.stack.servers.tracestore.ingest.span import (
    MAX_ATTRIBUTES,
    MAX_ID_CHARS,
    MAX_NESTING,
    MAX_SPANS,
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
        yield from _spans(orjson.loads(body))
    except (ValueError, RecursionError) as exc:
        raise ExportError("Failed to parse OTel JSON Trace") from exc


def _spans(export: Any) -> Iterator[Span]:
    count = 0
    for resource_spans in _objects(_object(export).get("resourceSpans")):
        resource = _attributes(_object(resource_spans.get("resource")).get("attributes"))
        for scope_spans in _objects(resource_spans.get("scopeSpans")):
            sent = _object(scope_spans.get("scope"))
            scope = Scope(
                _text(sent.get("name")),
                _text(sent.get("version")),
                _attributes(sent.get("attributes")),
                resource,
            )
            spans = _objects(scope_spans.get("spans"))
            count += len(spans)
            if count > MAX_SPANS:
                raise too_many("spans")
            for span in spans:
                yield _span(span, scope)


def _span(span: dict[str, Any], scope: Scope) -> Span:
    status = _object(span.get("status"))
    return Span(
        _id(span.get("traceId"), "traceId"),
        _id(span.get("spanId"), "spanId"),
        _parent(span.get("parentSpanId")),
        _text(span.get("name")),
        _time_ns(span.get("startTimeUnixNano")),
        _time_ns(span.get("endTimeUnixNano")),
        status.get("code") in (2, "STATUS_CODE_ERROR"),
        _text(status.get("message")),
        _attributes(span.get("attributes")),
        [(_text(e.get("name")), _attributes(e.get("attributes"))) for e in _objects(span.get("events"))],
        scope,
    )


def _id(sent: Any, name: str) -> str:
    if isinstance(sent, dict):  # a JavaScript Buffer
        sent = sent.get("data")
    if isinstance(sent, list):
        try:
            return binary_id(bytes(sent), name)
        except (TypeError, ValueError) as exc:
            raise missing_ids(f"a {name} is neither a string nor bytes") from exc
    if sent is not None and not isinstance(sent, str):
        raise missing_ids(f"a {name} is neither a string nor bytes")
    if not sent or not sent.strip("0"):
        raise missing_ids(f"a span has no {name}")
    if len(sent) > MAX_ID_CHARS:
        raise missing_ids(f"a {name} is longer than {MAX_ID_CHARS} digits")
    return without_nul(sent)


def _parent(sent: Any) -> str | None:
    if isinstance(sent, dict):
        sent = sent.get("data")
    if not sent or (isinstance(sent, str) and not sent.strip("0")):
        return None
    return _id(sent, "parentSpanId")


def _attributes(pairs: Any, depth: int = 0) -> Attributes:
    pairs = _objects(pairs)
    if len(pairs) > MAX_ATTRIBUTES:
        raise too_many("attributes")
    return {_text(pair.get("key")): _value(pair.get("value"), depth) for pair in pairs}


def _value(value: Any, depth: int) -> Any:
    if depth > MAX_NESTING:
        raise ValueError("nested too deeply")
    for kind, content in _object(value).items():
        if content is None:
            continue
        if kind == "arrayValue":
            return [_value(item, depth + 1) for item in _list(_object(content).get("values"))]
        if kind == "kvlistValue":
            return _attributes(_object(content).get("values"), depth + 1)
        if kind in _SCALARS:
            return _SCALARS[kind](content)
    return None


def _time_ns(sent: Any) -> int:
    return 0 if sent is None or sent == "" else _whole(_of_halves(sent), 0, 2**64)


def _integer(sent: Any) -> int:
    if isinstance(sent, float):
        raise ValueError("not an integer")
    value = _of_halves(sent)
    is_negative = value is not sent and value >= 2**63
    return _whole(value - 2**64 if is_negative else value, -(2**63), 2**63)


def _of_halves(sent: Any) -> Any:
    """A 64-bit number that an older JavaScript client sent in two halves; any other value unchanged."""
    if isinstance(sent, dict):
        high, low = sent.get("high"), sent.get("low")
        if isinstance(high, int) and isinstance(low, int):
            return ((high & 0xFFFFFFFF) << 32) | (low & 0xFFFFFFFF)
    return sent


def _whole(sent: Any, least: int, limit: int) -> int:
    """Raises ValueError for anything but a number or its text, from `least` to less than `limit`."""
    if isinstance(sent, bool) or not isinstance(sent, int | float | str) or len(str(sent)) > 40:
        raise ValueError("not a whole number")
    if isinstance(sent, float) and not least <= sent < limit:
        raise ValueError("beyond 64 bits")
    number = int(sent)
    if not least <= number < limit:
        raise ValueError("beyond 64 bits")
    return number


def _number(sent: Any) -> float:
    if isinstance(sent, bool) or not isinstance(sent, int | float | str):
        raise ValueError("not a number")
    return float(sent)  # "NaN" and "Infinity" are strings in this encoding


def _bytes(sent: Any) -> str:
    text = _text(sent)
    base64.b64decode(text, validate=True)
    return text


def _object(value: Any) -> dict[str, Any]:
    return {} if value is None else _typed(value, dict)


def _list(value: Any) -> list[Any]:
    return [] if value is None else _typed(value, list)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [_object(item) for item in _list(value)]


def _text(value: Any) -> str:
    return "" if value is None else without_nul(_typed(value, str))


def _typed(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"expected {kind.__name__}, received {type(value).__name__}")
    return value


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "stringValue": _text, "intValue": _integer, "doubleValue": _number, "boolValue": bool, "bytesValue": _bytes,
}  # fmt: skip
