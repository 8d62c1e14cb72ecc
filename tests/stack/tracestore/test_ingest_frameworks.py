"""Spans of applications that learners bring, made by OpenTelemetry's SDK, are answered as Langfuse answers them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from .exports import PROTOBUF, TRACES
from .store_program import StoreProgram

FIELDS = "core,basic,io,metadata,model,usage,prompt"


def answered(
    store: StoreProgram, scope: str, name: str, attributes: dict[str, Any], events: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    with provider.get_tracer(scope).start_as_current_span(name, attributes=attributes) as span:
        for event, fields in events.items():
            span.add_event(event, fields)
    provider.shutdown()
    sent = kept.get_finished_spans()
    answer = store.http.post(TRACES, content=encode_spans(sent).SerializeToString(), headers=PROTOBUF)
    assert answer.json() == {}
    trace_id = f"{sent[0].context.trace_id:032x}"
    rows = store.http.get(
        "/api/public/v2/observations", params={"traceId": trace_id, "fields": FIELDS}
    ).json()["data"]
    assert len(rows) == 1
    return dict(rows[0])


@pytest.mark.parametrize(
    ("scope", "name", "attributes", "events", "expected"),
    [
        (
            "ai",
            "ai.generateText.doGenerate",
            {
                "ai.operationId": "ai.generateText.doGenerate",
                "ai.model.id": "m",
                "ai.prompt.messages": '[{"role":"user"}]',
                "ai.response.text": "Line 9.",
                "ai.usage.cachedInputTokens": 4,
                "gen_ai.usage.input_tokens": 10,
                "gen_ai.usage.output_tokens": 3,
                "ai.telemetry.metadata.langfusePrompt": '{"name": "trams", "version": 2}',
                "deployment.environment.name": "STAGING",
            },
            {},
            {
                "type": "GENERATION",
                "input": '[{"role":"user"}]',
                "output": "Line 9.",
                "usageDetails": {"input": 6, "input_cached_tokens": 4, "output": 3, "total": 13},
                "promptName": "trams",
                "promptVersion": 2,
                "environment": "staging",
            },
        ),
        (
            "genkit-tracer",
            "timetable",
            {"genkit:name": "timetable", "genkit:metadata:subtype": "tool", "genkit:input": '{"line":9}'},
            {},
            {"type": "TOOL", "input": '{"line":9}', "output": None, "promptName": "", "promptVersion": None},
        ),
        (
            "livekit-agents",
            "tts_node",
            {"lk.response.text": "Line 9.", "langfuse.observation.prompt.name": "no"},
            {},
            {"type": "SPAN", "level": "DEBUG", "output": "Line 9.", "promptName": ""},
        ),
        (
            "mine",
            "a call",
            {"gen_ai.request.model": "m", "langfuse.observation.level": "warn"},
            {
                "gen_ai.client.inference.operation.details": {
                    "gen_ai.input.messages": '[{"role":"user"}]',
                    "gen_ai.system_instructions": "Be brief.",
                }
            },
            {
                "type": "GENERATION",
                "level": "WARNING",
                "input": '[{"role":"system","content":"Be brief."},{"role":"user"}]',
                "output": None,
            },
        ),
        ("mine", "nothing", {"langfuse.observation.input": ""}, {}, {"input": None, "output": None}),
    ],
    ids=["vercel-ai", "genkit", "livekit", "event", "empty"],
)
def test_a_frameworks_span_is_answered_as_langfuse_does(store, scope, name, attributes, events, expected):
    answer = answered(store, scope, name, attributes, events)
    assert {field: answer[field] for field in expected} == expected
    assert json.dumps(answer["metadata"]).count("Line 9") == 0  # what is output is not metadata as well
