"""Spans of the Vercel AI SDK are read as Langfuse reads them."""

from __future__ import annotations

import json

import pytest

from tests.unit.tracestore_rows import ANSWERED, ASKED, START_NS, messages, metadata, row, usage


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("ai.generateText.doGenerate", "GENERATION"),
        ("ai.streamObject.doStream", "GENERATION"),
        ("ai.embed.doEmbed", "EMBEDDING"),
        ("ai.embedMany.doEmbed", "EMBEDDING"),
        ("ai.toolCall", "TOOL"),
        ("ai.generateText", "SPAN"),
    ],
)
def test_vercel_ai_operations_have_types(operation, expected):
    assert row({"ai.operationId": operation, "ai.model.id": "m"}, scope="ai").type == expected
    # The name may be followed by the id of a function.
    assert (
        row({"operation.name": f"{operation} tram-search", "ai.model.id": "m"}, scope="ai").type == expected
    )


def test_a_vercel_ai_call_without_a_model_is_a_span():
    assert row({"ai.operationId": "ai.generateText.doGenerate"}, scope="ai").type == "SPAN"


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({"ai.operationId": "ai.streamText"}, "ai.streamText"),
        ({"ai.operationId": "ai.streamText", "ai.telemetry.functionId": "trams"}, "trams:ai.streamText"),
        ({"ai.operationId": "ai.toolCall", "ai.toolCall.name": "timetable"}, "timetable"),
        ({}, "a span"),
    ],
)
def test_a_vercel_ai_span_is_named_by_its_operation(attributes, name):
    assert row(attributes, scope="ai").name == name


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"ai.prompt.messages": "[1]", "ai.prompt": "[2]", "ai.response.text": "hi"}, ([1], "hi")),
        ({"ai.prompt": '{"prompt":"hi"}', "ai.result.text": "old"}, ({"prompt": "hi"}, "old")),
        (
            {"ai.toolCall.args": '{"line":9}', "ai.toolCall.result": '{"at":"9:10"}'},
            ({"line": 9}, {"at": "9:10"}),
        ),
        ({"ai.response.text": "", "ai.response.object": '{"line":9}'}, (None, {"line": 9})),
        (
            {"ai.response.text": "", "ai.response.toolCalls": "[{}]"},
            (None, {"role": "assistant", "content": "", "tool_calls": "[{}]"}),
        ),
        (
            {"gen_ai.input.messages": json.dumps(ASKED), "gen_ai.output.messages": json.dumps(ANSWERED)},
            (ASKED, ANSWERED),
        ),
        # What another instrumentation would mean is not looked for.
        ({"input.value": "other"}, (None, None)),
    ],
)
def test_vercel_ai_messages_are_found_in_each_version(attributes, expected):
    assert messages(attributes, "ai") == expected
    assert (
        not {f"attributes.{key}" for key in attributes if key != "input.value"}
        & metadata(attributes, "ai").keys()
    )


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (
            {"gen_ai.usage.input_tokens": 30, "gen_ai.usage.output_tokens": 12, "ai.usage.tokens": 42},
            {"input": 30, "output": 12, "total": 42},
        ),
        ({"gen_ai.usage.prompt_tokens": 30}, {"input": 30, "output": 0, "total": 30}),
        (
            {
                "gen_ai.usage.input_tokens": 30,
                "gen_ai.usage.output_tokens": 12,
                "ai.usage.cachedInputTokens": 20,
                "ai.usage.reasoningTokens": '{"intValue": 4}',
            },
            {"input": 10, "input_cached_tokens": 20, "output": 8, "output_reasoning_tokens": 4, "total": 42},
        ),
        (
            {
                "gen_ai.usage.input_tokens": 30,
                "gen_ai.usage.output_tokens": 12,
                "ai.response.providerMetadata": json.dumps(
                    {"openai": {"cachedPromptTokens": 6, "reasoningTokens": 2, "acceptedPredictionTokens": 1}}
                ),
            },
            {
                "input": 24,
                "input_cached_tokens": 6,
                "output": 10,
                "output_reasoning_tokens": 2,
                "accepted_prediction_tokens": 1,
                "total": 43,
            },
        ),
        (
            {
                "gen_ai.usage.input_tokens": 100,
                "ai.response.providerMetadata": json.dumps(
                    {
                        "anthropic": {
                            "usage": {
                                "cache_creation_input_tokens": 50,
                                "cache_read_input_tokens": 10,
                                "cache_creation": {
                                    "ephemeral_5m_input_tokens": 30,
                                    "ephemeral_1h_input_tokens": 15,
                                },
                            }
                        }
                    }
                ),
            },
            {
                "input": 40,
                "input_cached_tokens": 10,
                "input_cache_creation": 5,
                "input_cache_creation_5m": 30,
                "input_cache_creation_1h": 15,
                "output": 0,
                "total": 100,
            },
        ),
        (
            {
                "gen_ai.usage.input_tokens": 100,
                "ai.response.providerMetadata": json.dumps(
                    {"bedrock": {"usage": {"cacheReadInputTokens": 60, "cacheWriteInputTokens": 7}}}
                ),
            },
            {"input": 40, "input_cache_read": 60, "input_cache_write": 7, "output": 0, "total": 107},
        ),
        (
            {"gen_ai.usage.input_tokens": 5, "ai.response.providerMetadata": "broken"},
            {"input": 5, "output": 0, "total": 5},
        ),
    ],
)
def test_vercel_ai_tokens_are_split_as_each_provider_counts_them(attributes, expected):
    assert usage(attributes, "ai") == expected


def test_vercel_ai_parameters_are_texts_and_langfuses_own_override_them():
    attributes = {
        "gen_ai.request.temperature": 1.0,
        "gen_ai.request.max_tokens": 64,
        "gen_ai.response.finish_reasons": ["stop", "length"],
        "ai.model.provider": "openai.chat",
        "ai.response.providerMetadata": '{"openai": {"serviceTier": "flex"}}',
        "langfuse.observation.model.parameters": '{"maxTokens": 65, "top_p": 0.5}',
    }
    made = json.loads(row(attributes, scope="ai").model_parameters)
    assert {name: value for name, value in made.items() if value is not None} == {
        "temperature": "1", "maxTokens": 65, "finishReason": "stop,length", "system": "openai.chat",
        "service_tier": "flex", "top_p": 0.5,
    }  # fmt: skip
    assert made["maxRetries"] is None


def test_vercel_ai_telemetry_metadata_becomes_user_session_tags_and_metadata():
    attributes = {
        "ai.telemetry.metadata.userId": "u",
        "ai.telemetry.metadata.sessionId": "s",
        "ai.telemetry.metadata.tags": ["a", "b"],
        "ai.telemetry.metadata.city": "Basel",
    }
    made = row(attributes, scope="ai")
    assert (made.user_id, made.session_id, made.tags) == ("u", "s", '{"a","b"}')
    assert json.loads(made.metadata) == {"city": "Basel", "scope.name": "ai"}


def test_vercel_ai_reports_the_time_to_the_first_token():
    made = row({"ai.response.msToFirstChunk": 41.2}, scope="ai", start_ns=START_NS)
    assert made.ttft_ms == 42
