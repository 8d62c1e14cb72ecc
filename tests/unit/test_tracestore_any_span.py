"""Any span is refused or becomes a row that PostgreSQL can store."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway_kit.stack.servers.tracestore.ingest.otlp_json import decode_json
from gateway_kit.stack.servers.tracestore.ingest.otlp_protobuf import decode_protobuf
from gateway_kit.stack.servers.tracestore.ingest.span import ExportError
from tests.unit.tracestore_rows import row

NESTED = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [
        "langfuse.observation.usage_details", "langfuse.observation.cost_details", "langfuse.trace.tags",
        "langfuse.observation.metadata", "langfuse.trace.metadata.x", "langfuse.observation.model.parameters",
        "langfuse.observation.completion_start_time", "langfuse.observation.level", "langfuse.observation.type",
        "user.id", "model", "gen_ai.usage.input_tokens", "gen_ai.usage.cost", "gen_ai.prompt.0.x.y", "input.value",
        "langfuse.observation.prompt.version", "llm.invocation_parameters", "metadata", "ai.prompt.messages",
        "ai.response.text", "ai.response.toolCalls", "ai.response.providerMetadata", "ai.operationId",
        "ai.prompt.tools", "ai.telemetry.metadata.langfusePrompt", "ai.usage.cachedInputTokens",
        "ai.response.msToFirstChunk",
        "genkit:input", "genkit:output", "genkit:name", "genkit:metadata:subtype", "gcp.vertex.agent.llm_response",
        "gcp.vertex.agent.tool_call_args", "events", "pydantic_ai.all_messages", "gen_ai.system_instructions",
        "gen_ai.input.messages", "gen_ai.tool.definitions", "model_request_parameters", "model_config",
        "llm.tools.0.tool.json_schema", "llm.input_messages.0.a.1.b", "gen_ai.usage.output_tokens",
        "llm.token_count.prompt_details.cache_read", "flue.turn.input", "lk.chat_ctx", "langfuse.environment",
        "langfuse.observation.metadata.tools", "gen_ai.operation.name", "langfuse.observation.cost_details",
    ]
)  # fmt: skip
SCOPES = st.sampled_from(
    [
        "",
        "langfuse-sdk",
        "ai",
        "genkit-tracer",
        "gcp.vertex.agent",
        "pydantic-ai",
        "livekit-agents",
        "@flue/opentelemetry",
    ]
)  # fmt: skip
EVENTS = st.sampled_from(
    [
        "gen_ai.user.message", "gen_ai.choice", "gen_ai.client.inference.operation.details", "gen_ai.content.prompt",
        "gen_ai.content.completion", "exception",
    ]
)  # fmt: skip


def has_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(has_nul(name) or has_nul(item) for name, item in value.items())
    return any(map(has_nul, value)) if isinstance(value, list) else isinstance(value, str) and "\x00" in value


ATTRIBUTES = st.dictionaries(KEYS | st.text(max_size=20), NESTED | NESTED.map(json.dumps), max_size=6)


@given(ATTRIBUTES, SCOPES, st.lists(st.tuples(EVENTS, ATTRIBUTES), max_size=2))
def test_any_attributes_make_a_row_that_postgresql_can_store(attributes, scope, events):
    made = row(attributes, scope=scope, events=events)
    for column in ("metadata", "model_parameters", "usage_details", "cost_details"):
        assert isinstance(json.loads(getattr(made, column)), dict)
        assert not has_nul(json.loads(getattr(made, column)))
    assert 0 <= made.total_cost < 10**12
    assert 0 <= made.total_usage <= 2**53


@given(st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused(body):
    for decode in (decode_protobuf, decode_json):
        with contextlib.suppress(ExportError):
            list(decode(body))
