"""Spans of Genkit, Google ADK, LiveKit, Pydantic AI and Flue are read as Langfuse reads them."""

from __future__ import annotations

import json

import pytest

from tests.unit.tracestore_rows import ASKED, SYSTEM, messages, metadata, row, usage

# Genkit


GENKIT = {
    "genkit:name": "googleai/gemini",
    "genkit:metadata:subtype": "model",
    "genkit:input": json.dumps(
        {"messages": [{"role": "user"}], "config": {"temperature": 0.3, "stop": ["x"]}}
    ),
    "genkit:output": json.dumps(
        {
            "message": {"role": "model", "content": [{"text": "Line 9."}]},
            "usage": {"inputTokens": 40, "outputTokens": 30, "thoughtsTokens": 18, "totalTokens": 70},
        }
    ),
}


def test_a_genkit_model_is_a_generation_with_its_messages_usage_and_parameters():
    made = row(GENKIT, scope="genkit-tracer")
    assert (made.type, made.name, made.model) == ("GENERATION", "googleai/gemini", "googleai/gemini")
    assert messages(GENKIT, "genkit-tracer") == (
        [{"role": "user"}], {"role": "model", "content": [{"text": "Line 9."}]}
    )  # fmt: skip
    assert usage(GENKIT, "genkit-tracer") == {"input": 40, "output": 12, "output_reasoning": 18, "total": 70}
    assert json.loads(made.model_parameters) == {"temperature": 0.3, "stop": '["x"]'}
    assert not {"attributes.genkit:input", "attributes.genkit:output"} & json.loads(made.metadata).keys()


@pytest.mark.parametrize(
    ("subtype", "expected"),
    [("tool.v2", "TOOL"), ("embedder", "EMBEDDING"), ("retriever", "RETRIEVER"), ("flow", "SPAN")],
)
def test_genkit_subtypes_are_types_and_have_no_model(subtype, expected):
    made = row({**GENKIT, "genkit:metadata:subtype": subtype}, scope="genkit-tracer")
    assert (made.type, made.model) == (expected, "")


def test_a_genkit_flow_keeps_its_whole_input_and_output():
    attributes = {"genkit:input": '"Basel"', "genkit:output": '{"line": 9}'}
    assert messages(attributes, "genkit-tracer") == ("Basel", {"line": 9})


# Google ADK


def test_google_adk_takes_cached_tokens_from_the_response_once():
    response = json.dumps({"usage_metadata": {"cached_content_token_count": 30}})
    attributes = {"gcp.vertex.agent.llm_response": response, "gen_ai.usage.input_tokens": 100}
    reported = {**attributes, "gen_ai.usage.cache_read.input_tokens": 25}
    assert usage(attributes, "gcp.vertex.agent") == {"input": 70, "input_cached_tokens": 30, "total": 100}
    assert usage(reported, "gcp.vertex.agent") == {"input": 75, "input_cached_tokens": 25, "total": 100}
    assert usage(attributes, "someone") == {"input": 100, "total": 100}


@pytest.mark.parametrize("empty", ["{}", None])
def test_google_adk_tools_have_arguments_and_response(empty):
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gcp.vertex.agent.llm_request": empty,
        "gcp.vertex.agent.llm_response": empty,
        "gcp.vertex.agent.tool_call_args": '{"line": 9}',
        "gcp.vertex.agent.tool_response": '{"at": "9:10"}',
    }
    assert row(attributes, scope="gcp.vertex.agent").type == "TOOL"
    assert messages(attributes, "gcp.vertex.agent") == ({"line": 9}, {"at": "9:10"})
    assert metadata(attributes, "x") == {
        "attributes.gen_ai.operation.name": "execute_tool",
        "scope.name": "x",
    }


# LiveKit


@pytest.mark.parametrize(
    ("name", "kind", "level"),
    [
        ("agent_turn", "AGENT", "DEFAULT"),
        ("function_tool", "TOOL", "DEFAULT"),
        ("start_agent_activity", "AGENT", "DEBUG"),
        ("tts_node", "SPAN", "DEBUG"),
        ("agent_session", "SPAN", "DEFAULT"),
    ],
)
def test_livekit_span_names_give_the_type(name, kind, level):
    made = row({}, scope="livekit-agents", name=name)
    assert (made.type, made.level) == (kind, level)
    assert row({}, scope="livekit-agents", name=name, failed=True).level == "ERROR"
    foreign = row({}, scope="someone", name=name)
    assert (foreign.type, foreign.level) == ("SPAN", "DEFAULT")


def test_livekit_input_is_the_users_speech():
    attributes = {"lk.user_transcript": "tram?", "lk.chat_ctx": "{}", "lk.response.text": "Line 9."}
    assert messages(attributes, "livekit-agents") == ("tram?", "Line 9.")
    tool = {"lk.function_tool.output": '{"line": 9}', "lk.response.text": "no"}
    assert messages(tool, "livekit-agents") == (None, {"line": 9})


# Pydantic AI


def test_a_pydantic_ai_run_has_all_its_messages_and_its_result():
    attributes = {
        "pydantic_ai.all_messages": json.dumps(ASKED),
        "final_result": "Line 9.",
        "gen_ai.system_instructions": json.dumps(SYSTEM),
        "logfire.msg": "tram_agent run",
    }
    system = {"role": "system", "content": "Answer briefly.\nName the line."}
    assert messages(attributes, "pydantic-ai") == ([system, *ASKED], "Line 9.")
    assert row(attributes, scope="pydantic-ai").name == "tram_agent run"
    with_system = {**attributes, "pydantic_ai.all_messages": json.dumps([{"role": "system"}, *ASKED])}
    assert messages(with_system, "pydantic-ai")[0] == [{"role": "system"}, *ASKED]
    assert messages(attributes, "someone") == (None, None)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"tool_arguments": '{"line":9}', "tool_response": "9:10"}, ({"line": 9}, "9:10")),
        (
            {"gen_ai.tool.call.arguments": '{"line":9}', "gen_ai.tool.call.result": "9:10"},
            ({"line": 9}, "9:10"),
        ),
    ],
)
def test_a_pydantic_ai_tool_is_named_by_the_tool(attributes, expected):
    attributes = {**attributes, "gen_ai.tool.name": "timetable", "logfire.msg": "running tool: timetable"}
    made = row(attributes, scope="pydantic-ai")
    assert (made.type, made.name) == ("TOOL", "timetable")
    assert messages(attributes, "pydantic-ai") == expected


def test_the_events_of_pydantic_ais_first_instrumentation_are_messages():
    asked = {"event.name": "gen_ai.user.message", "content": "tram?"}
    choice = {"event.name": "gen_ai.choice", "message": {"content": "Line 9."}}
    assert messages({"events": json.dumps([asked, choice])}) == ([asked], choice)
    assert messages({"events": "[]"}) == messages({"events": "broken"}) == (None, None)
    assert messages({"prompt": "tram?", "all_messages_events": "[1]"}) == ("tram?", [1])


# Flue


@pytest.mark.parametrize(
    ("attributes", "kind", "expected"),
    [
        (
            {"flue.tool.name": "t", "flue.tool.arguments": '{"a":1}', "flue.tool.result": "r"},
            "TOOL",
            ({"a": 1}, "r"),
        ),
        (
            {"flue.task.id": "1", "flue.task.prompt": "do", "flue.task.result": "done"},
            "AGENT",
            ("do", "done"),
        ),
        ({"flue.operation.result": "done"}, "SPAN", (None, "done")),
    ],
)
def test_flue_spans_are_tools_and_tasks(attributes, kind, expected):
    assert row(attributes, scope="@flue/opentelemetry").type == kind
    assert messages(attributes, "@flue/opentelemetry") == expected
    assert messages(attributes, "someone") == (None, None)
