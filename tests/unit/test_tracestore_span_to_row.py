"""Spans become rows: wire files of recorded clients, and each rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway_kit.stack.servers.tracestore.ingest.otlp_json import decode_json
from gateway_kit.stack.servers.tracestore.ingest.otlp_protobuf import decode_protobuf
from gateway_kit.stack.servers.tracestore.ingest.span import Scope
from gateway_kit.stack.servers.tracestore.ingest.span_to_row import rows_of_spans
from gateway_kit.stack.servers.tracestore.store.rows import ObservationRow
from tests.unit.tracestore_rows import NOW_NS, PRICES, row

RECORDED = Path(__file__).parents[1] / "stack" / "tracestore" / "recorded"


def recorded_rows(name: str) -> dict[str, ObservationRow]:
    body = (RECORDED / "wire" / f"{name}.pb").read_bytes()
    return {made.id: made for made in rows_of_spans(decode_protobuf(body), PRICES, NOW_NS)}


def answered() -> list[dict[str, Any]]:
    text = (RECORDED / "answers" / "31-observations-v2-trace-allfields.json").read_text()
    return list(json.loads(text)["body"]["data"])


@pytest.mark.parametrize("answer", answered(), ids=lambda answer: answer["name"])
def test_a_recorded_sdk_span_has_the_fields_that_langfuse_answers(answer):
    made = recorded_rows("063-sdk4-evonly2")[answer["id"]]
    same = {
        "traceId": made.trace_id,
        "parentObservationId": made.parent_id,
        "type": made.type,
        "name": made.name,
        "level": made.level,
        "statusMessage": made.status_message,
        "version": made.version,
        "environment": made.environment,
        "input": made.input,
        "output": made.output,
        "metadata": json.loads(made.metadata),
        "model": made.model,
        "modelParameters": json.loads(made.model_parameters),
        "usageDetails": json.loads(made.usage_details),
        "inputUsage": made.input_usage,
        "outputUsage": made.output_usage,
        "totalUsage": made.total_usage,
        "costDetails": json.loads(made.cost_details),
        "inputCost": made.input_cost,
        "outputCost": made.output_cost,
        "totalCost": made.total_cost,
        "userId": made.user_id,
        "sessionId": made.session_id,
        "traceName": made.trace_name,
        "release": made.release,
        "public": made.public,
        "timeToFirstToken": None if made.ttft_ms is None else made.ttft_ms / 1000,
    }
    assert same == {name: answer[name] for name in same}
    assert made.tags == '{"alpha","beta"}'
    assert made.start_time.startswith(answer["startTime"][:-1])
    if answer["latency"] is not None:
        assert made.latency_ms == round(answer["latency"] * 1000)
    if answer["inputPrice"] is not None:
        assert (float(made.input_price), float(made.output_price)) == (1.5e-7, 6e-7)


def test_litellms_own_exporter_sends_numbers_as_texts():
    rows = recorded_rows("012-litellm-langfuse_otel")
    first = rows["a403dffbe0ae41f3"]
    assert (first.type, first.environment, first.tags) == ("GENERATION", "production", '{"t1","t2"}')
    assert json.loads(first.usage_details) == {"input": 10, "output": 20, "total": 30}
    assert json.loads(first.cost_details) == {"total": 1.35e-05}
    metadata = json.loads(first.metadata)
    assert metadata["tmk"] == "tmv"
    assert metadata["attributes.llm.is_streaming"] == "False"
    assert metadata["scope.name"] == "litellm"
    assert "attributes.output.value" not in metadata
    failed = rows["272dce0e7d28fa99"]
    assert (failed.level, failed.status_message) == ("ERROR", "")


def test_metadata_that_sdk_5_quotes_twice_is_unquoted():
    made = recorded_rows("008-sdk5-evonly")["55ac65d7093d496a"]
    assert json.loads(made.metadata)["tm"] == "trace-meta"


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"langfuse.observation.type": "retriever"}, "RETRIEVER"),
        ({"langfuse.observation.type": "nonsense"}, "SPAN"),
        ({"openinference.span.kind": "LLM"}, "GENERATION"),
        ({"openinference.span.kind": "RERANKER"}, "SPAN"),
        ({"langfuse.observation.type": "span", "openinference.span.kind": "LLM"}, "SPAN"),
        ({"gen_ai.operation.name": "chat"}, "GENERATION"),
        ({"gen_ai.operation.name": "embeddings", "gen_ai.request.model": "m"}, "EMBEDDING"),
        ({"gen_ai.operation.name": "invoke_agent"}, "AGENT"),
        ({"gen_ai.operation.name": "execute_tool"}, "TOOL"),
        ({"llm.model_name": "m"}, "GENERATION"),
        ({"langfuse.observation.type": ["span"]}, "SPAN"),
        ({}, "SPAN"),
    ],
)
def test_the_first_attribute_with_a_type_decides_it(attributes, expected):
    assert row(attributes).type == expected


@pytest.mark.parametrize(
    ("field", "attributes", "expected"),
    [
        ("user_id", {"user.id": "b", "langfuse.user.id": "a"}, "a"),
        ("user_id", {"langfuse.trace.metadata.langfuse_user_id": "c"}, "c"),
        ("user_id", {"user.id": 7}, "7"),
        ("session_id", {"session.id": "b", "gen_ai.conversation.id": "c"}, "b"),
        ("session_id", {"gen_ai.conversation.id": "c"}, "c"),
        ("trace_name", {"langfuse.trace.name": "t"}, "t"),
        ("trace_name", {}, None),
        ("model", {"gen_ai.request.model": "a", "gen_ai.response.model": "b"}, "b"),
        ("model", {"model": "m"}, "m"),
        ("tags", {"langfuse.trace.tags": '["x", "y"]'}, '{"x","y"}'),
        ("tags", {"langfuse.tags": "x, y"}, '{"x","y"}'),
        (
            "tags",
            {"tag.tags": ['qu"ote', "back\\slash", "{}", "x", "x"]},
            '{"qu\\"ote","back\\\\slash","{}","x"}',
        ),
        ("environment", {"deployment.environment": "b", "deployment.environment.name": "a"}, "a"),
        ("environment", {}, "default"),
        ("public", {"langfuse.trace.public": "true"}, True),
        ("is_app_root", {"langfuse.internal.is_app_root": True}, True),
        ("user_id", {"user.id": "u" * 5000}, "u" * 500),
    ],
)
def test_a_field_is_taken_from_the_first_of_its_attributes(field, attributes, expected):
    assert getattr(row(attributes), field) == expected


def test_release_version_and_environment_may_come_from_the_resource():
    scope = Scope(
        resource={"service.version": "1.2", "langfuse.release": "r", "deployment.environment": "prod"}
    )
    made = row({}, scope=scope)
    assert (made.version, made.release, made.environment) == ("1.2", "r", "prod")


def test_a_failed_span_is_an_error_with_its_status_message():
    made = row({}, failed=True, status_message="boom")
    assert (made.level, made.status_message) == ("ERROR", "boom")


def test_a_missing_cost_is_computed_from_the_price_of_the_model():
    usage = '{"input": 1000, "output": 500, "cache_read_input_tokens": 100}'
    made = row({"langfuse.observation.usage_details": usage, "model": "openai/gpt-4o-mini-2024-07-18"})
    details = json.loads(made.cost_details)
    assert details == {
        "input": 0.00015, "output": 0.0003, "cache_read_input_tokens": 7.5e-06, "total": 0.0004575
    }  # fmt: skip
    assert (made.input_cost, made.output_cost, made.total_cost) == (0.0001575, 0.0003, 0.0004575)
    assert made.model_id == PRICES.find("gpt-4o-mini").id


def test_a_cost_that_was_sent_counts_and_an_unknown_model_has_none():
    sent = {"gen_ai.usage.cost": "0.25", "model": "gpt-4o-mini", "gen_ai.usage.input_tokens": 1}
    assert json.loads(row(sent).cost_details) == {"total": 0.25}
    unknown = row({"model": "my-own", "gen_ai.usage.input_tokens": 1})
    assert (unknown.total_cost, unknown.input_cost, unknown.model_id) == (0, None, "")


@pytest.mark.parametrize(
    ("attributes", "events", "expected"),
    [
        ({"input.value": "q", "output.value": {"a": 1}}, [], ("q", '{"a":1}')),
        (
            {
                "gen_ai.prompt.0.role": "user",
                "gen_ai.prompt.0.content": "q",
                "gen_ai.completion.0.content": "a",
            },
            [],
            ('[{"role":"user","content":"q"}]', '[{"content":"a"}]'),
        ),
        (
            {"llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": "q"},
            [],
            ('[{"message":{"role":"user","content":"q"}}]', "{}"),
        ),
        ({"gen_ai.input.messages": "[1]"}, [], ("[1]", None)),
        (
            {},
            [("gen_ai.user.message", {"content": "q"}), ("gen_ai.choice", {"content": "a"})],
            ('[{"role":"user","content":"q"}]', '{"content":"a"}'),
        ),
        ({"langfuse.observation.input": "", "input.value": "no"}, [], (None, None)),
        ({"langfuse.observation.output": ""}, [], (None, None)),
        ({}, [], (None, None)),
    ],
)
def test_input_and_output_are_found_where_each_instrumentation_puts_them(attributes, events, expected):
    made = row(attributes, events=events)
    assert (made.input, made.output) == expected


def test_the_applications_metadata_overrides_the_stores():
    made = row(
        {
            "langfuse.observation.metadata": '{"step": "first", "only": {"here": 1}}',
            "langfuse.trace.metadata.step": "whole",
            "langfuse.trace.metadata.scope": "mine",
            "langfuse.metadata.both": "b",
            "other": 2,
        },
        scope=Scope("any", "1.0"),
    )
    assert json.loads(made.metadata) == {
        "step": "whole", "only.here": 1, "both": "b", "scope": "mine", "attributes.other": 2,
        "attributes.langfuse.metadata.both": "b",
    }  # fmt: skip


def test_latency_is_the_difference_of_the_answered_times():
    # 0.0009 s pass, and the answered times are 1 ms apart.
    made = row({}, start_ns=1_000_000_500_000, end_ns=1_000_001_400_000)
    assert made.latency_ms == 1


def test_times_that_were_not_sent_are_taken_from_each_other_and_from_the_clock():
    assert row({}, start_ns=0).start_time == row({}).end_time
    assert row({}, start_ns=0, end_ns=0).start_time.startswith("2027-01-15T08:00:00")
    assert row({}, start_ns=0, end_ns=2**64 - 1).latency_ms == 0


def exported(**fields: Any) -> ObservationRow:
    """The row of a span in OTLP's JSON."""
    span = {"traceId": "ab" * 16, "spanId": "cd" * 8, **fields}
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    (made,) = rows_of_spans(decode_json(body), PRICES, NOW_NS)
    return made


@pytest.mark.parametrize(
    ("halves", "value"),
    [
        ({"low": 7, "high": 0, "unsigned": False}, 7),
        ({"low": -1, "high": -1, "unsigned": False}, -1),
        ({"low": 5, "high": 1}, 2**32 + 5),
        ({"low": -294967296, "high": 0}, 4_000_000_000),
    ],
)
def test_a_number_may_come_in_two_halves_of_32_bits(halves, value):
    made = exported(attributes=[{"key": "n", "value": {"intValue": halves}}])
    assert json.loads(made.metadata) == {"attributes.n": value}


@pytest.mark.parametrize("parent", ["", "00" * 8, [], {"type": "Buffer", "data": []}, None])
def test_a_span_whose_parent_is_empty_is_a_root(parent):
    assert exported(parentSpanId=parent).parent_id is None
