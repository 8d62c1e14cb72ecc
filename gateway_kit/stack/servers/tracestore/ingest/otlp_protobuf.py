"""OTLP trace exports in protobuf."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from gateway_kit.stack.servers.tracestore.ingest.span import (
    MAX_ATTRIBUTES,
    MAX_ID_CHARS,
    MAX_SPANS,
    Attributes,
    ExportError,
    Scope,
    Span,
    binary_id,
    too_many,
)
from gateway_kit.stack.servers.tracestore.ingest.values import without_nul


def decode_protobuf(body: bytes) -> Iterator[Span]:
    """The spans of an ExportTraceServiceRequest, one by one. May raise ExportError at each."""
    try:
        request = ExportTraceServiceRequest.FromString(body)
    except (DecodeError, RecursionError) as exc:
        raise ExportError("Failed to parse OTel Protobuf Trace") from exc
    count = 0
    for resource_spans in request.resource_spans:
        resource = _attributes(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            count += len(scope_spans.spans)
            if count > MAX_SPANS:
                raise too_many("spans")
            sent = scope_spans.scope
            scope = Scope(
                without_nul(sent.name), without_nul(sent.version), _attributes(sent.attributes), resource
            )
            for span in scope_spans.spans:
                yield _protobuf_span(span, scope)


def _protobuf_span(span: Any, scope: Scope) -> Span:
    parent = span.parent_span_id
    return Span(
        binary_id(span.trace_id, "traceId"),
        binary_id(span.span_id, "spanId"),
        # Some exporters send zeros for "no parent".
        parent.hex() if parent and parent.strip(b"\x00") and len(parent) * 2 <= MAX_ID_CHARS else None,
        without_nul(span.name),
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.status.code == 2,
        without_nul(span.status.message),
        _attributes(span.attributes),
        [(event.name, _attributes(event.attributes)) for event in span.events] if span.events else [],
        scope,
    )


def _attributes(pairs: Any) -> Attributes:
    if len(pairs) > MAX_ATTRIBUTES:
        raise too_many("attributes")
    return {without_nul(pair.key): _value(pair.value) for pair in pairs}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return without_nul(value.string_value)
    if kind is None:
        return None
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {without_nul(pair.key): _value(pair.value) for pair in value.kvlist_value.values}
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    return getattr(value, kind)
