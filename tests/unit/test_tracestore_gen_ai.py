"""Messages and parameters by OpenTelemetry's and OpenInference's conventions."""

from __future__ import annotations

import json

import pytest

from tests.unit.tracestore_rows import ANSWERED, ASKED, SYSTEM, messages, metadata, row


@pytest.mark.parametrize("as_text", [True, False])
def test_system_instructions_precede_the_messages(as_text):
    asked, system = (json.dumps(ASKED), json.dumps(SYSTEM)) if as_text else (ASKED, SYSTEM)
    attributes = {"gen_ai.input.messages": asked, "gen_ai.system_instructions": system}
    expected = [{"role": "system", "content": "Answer briefly.\nName the line."}, *ASKED]
    assert messages(attributes) == (expected, None)
    assert messages({**attributes, "gen_ai.system_instructions": "Be brief."})[0][0]["content"] == "Be brief."


def test_the_event_with_all_details_of_a_call_is_read():
    event = {"gen_ai.input.messages": json.dumps(ASKED), "gen_ai.output.messages": json.dumps(ANSWERED)}
    events = [("exception", {}), ("gen_ai.client.inference.operation.details", event)]
    assert messages({"input.value": "less"}, events=events) == (ASKED, ANSWERED)


def test_events_become_messages_and_several_choices_a_list():
    events = [
        ("gen_ai.system.message", {"content": "s"}),
        ("gen_ai.tool.message", {"content": "t", "id": "1"}),
        ("gen_ai.choice", {"index": 0}),
        ("gen_ai.choice", {"index": 1}),
    ]
    assert messages({}, events=events) == (
        [{"role": "system", "content": "s"}, {"role": "tool", "content": "t", "id": "1"}],
        [{"index": 0}, {"index": 1}],
    )


def test_semantic_kernels_events_are_a_prompt_and_a_completion():
    events = [
        ("gen_ai.content.prompt", {"gen_ai.prompt": "tram?"}),
        ("gen_ai.content.completion", {"gen_ai.completion": "Line 9."}),
    ]
    assert messages({}, events=events) == ("tram?", "Line 9.")
    assert messages({}, events=[("gen_ai.content.prompt", {"text": "tram?"})])[0] == {"text": "tram?"}


def test_numbers_in_names_are_list_indices_at_every_depth():
    attributes = {
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.2.message.role": "assistant",
        "llm.input_messages.2.message.tool_calls.1.tool_call.function.name": "timetable",
        "llm.output_messages.role": "assistant",
    }
    calls = [None, {"tool_call": {"function": {"name": "timetable"}}}]
    assert messages(attributes) == (
        [{"message": {"role": "user"}}, None, {"message": {"role": "assistant", "tool_calls": calls}}],
        {"role": "assistant"},
    )
    assert metadata(attributes) == {"scope.name": "any"}


@pytest.mark.parametrize("place", ["99999999999999999999", "10001", "0.x.20000", "7.y.9999.z.9999"])
def test_an_index_beyond_the_limit_is_ignored(place):
    attributes = {"gen_ai.prompt.0.content": "kept", f"gen_ai.prompt.{place}.content": "left out"}
    assert messages(attributes)[0] == [{"content": "kept"}]


def test_names_of_javascript_prototypes_are_ignored():
    attributes = {"gen_ai.prompt.0.content": "kept", "gen_ai.prompt.0.__proto__.admin": True}
    assert messages(attributes)[0] == [{"content": "kept"}]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"gen_ai.request.temperature": 0.5, "gen_ai.request.model": "m"}, {"temperature": 0.5}),
        (
            {"llm.invocation_parameters": '{"stop": null, "n": 2}', "gen_ai.request.n": 3},
            {"stop": "null", "n": 2},
        ),
        ({"llm.invocation_parameters.top_p": 0.5, "llm.invocation_parameters.model": "m"}, {"top_p": 0.5}),
        ({"model_config": "broken", "gen_ai.request.stream": True}, {"stream": "true"}),
    ],
)
def test_parameters_are_read_by_each_convention(attributes, expected):
    assert json.loads(row(attributes, scope="any").model_parameters) == expected
