"""OTLP exports for tests."""

from __future__ import annotations

import secrets
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

TRACES = "/api/public/otel/v1/traces"
PROTOBUF = {"content-type": "application/x-protobuf"}
START_NS = 1_795_420_321_808_000_000


def new_trace_id() -> str:
    return secrets.token_hex(16)


def json_export(trace_id: str, *span_ids: str, **fields: Any) -> dict[str, Any]:
    """An export in JSON; `fields` are set on each span."""
    spans = [
        {
            "traceId": trace_id,
            "spanId": span_id,
            "name": "a span",
            "startTimeUnixNano": str(START_NS),
            "endTimeUnixNano": str(START_NS + 1_000_000),
            **fields,
        }
        for span_id in span_ids
    ]
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {"name": "test"}, "spans": spans}]}]}


def protobuf_export(trace_id: str, count: int, *, name: str = "a span", first: int = 1) -> bytes:
    """An export of `count` spans, numbered from `first`."""
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for number in range(first, first + count):
        span = spans.add(
            trace_id=bytes.fromhex(trace_id),
            span_id=number.to_bytes(8, "big"),
            name=name,
            start_time_unix_nano=START_NS + number * 1000,
            end_time_unix_nano=START_NS + number * 1000 + 5_000_000,
        )
        attribute = span.attributes.add(key="langfuse.observation.type")
        attribute.value.string_value = "generation"
    return request.SerializeToString()
