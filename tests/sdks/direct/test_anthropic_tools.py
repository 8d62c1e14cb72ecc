"""Anthropic's SDK and tools: calls, results, the runner, Anthropic's own tools."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import pytest
from anthropic import beta_async_tool, beta_tool
from anthropic_client import MODEL, WEATHER, known, strict, strict_async, user

PARIS = user("What is the weather in Paris?")
ADD: dict[str, Any] = {
    "name": "add",
    "description": "Add two numbers",
    "input_schema": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    },
}


def create(base: str, **request: Any) -> Any:
    with strict(base) as client:
        return known(
            client.messages.create(
                **{"model": MODEL, "max_tokens": 1_024, "messages": PARIS, "tools": [WEATHER]} | request
            )
        )


def result(call: Any, content: Any, **more: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": call.id, "content": content, **more}


def test_a_call_and_its_result(sim_base: str) -> None:
    asked = create(sim_base)
    (call,) = asked.content
    assert (asked.stop_reason, call.name, call.input) == ("tool_use", "get_weather", {"city": "Paris"})
    assert call.id.startswith("toolu_")
    turn = {"role": "assistant", "content": asked.content}
    for content in ("18 degrees and cloudy", [{"type": "text", "text": "18 degrees and cloudy"}]):
        told = create(sim_base, messages=[*PARIS, turn, *user([result(call, content)])])
        assert "18 degrees and cloudy" in told.content[0].text
        assert told.stop_reason == "end_turn"


def test_several_calls_at_once_or_one(sim_base: str) -> None:
    both = user("What is the weather in Paris and Tokyo?")
    calls = create(sim_base, messages=both).content
    assert [call.input["city"] for call in calls] == ["Paris", "Tokyo"]
    one = create(sim_base, messages=both, tool_choice={"type": "auto", "disable_parallel_tool_use": True})
    assert len(one.content) == 1
    results = [result(call, "mild") for call in calls]
    told = create(sim_base, messages=[*both, {"role": "assistant", "content": calls}, *user(results)])
    assert "Paris" in told.content[0].text
    assert "Tokyo" in told.content[0].text


def test_tool_choice(sim_base: str) -> None:
    ping = user("ping")
    assert create(sim_base, messages=ping).stop_reason == "end_turn"
    assert create(sim_base, messages=ping, tool_choice={"type": "any"}).stop_reason == "tool_use"
    named = create(sim_base, tools=[WEATHER, ADD], tool_choice={"type": "tool", "name": "add"})
    assert named.content[0].name == "add"
    assert create(sim_base, tool_choice={"type": "none"}).stop_reason == "end_turn"


def refused(base: str, message: str, **request: Any) -> None:
    with pytest.raises(anthropic.BadRequestError, match=message):
        create(base, **request)


def test_tools_that_the_provider_refuses(sim_base: str) -> None:
    schema = WEATHER["input_schema"]
    refused(sim_base, r"tools: Tool names must be unique\.", tools=[WEATHER, WEATHER])
    refused(sim_base, r"tools\.0\.custom\.name: String should match", tools=[{**WEATHER, "name": "a b"}])
    refused(sim_base, r"tools\.0\.custom\.input_schema\.type: Field", tools=[{**WEATHER, "input_schema": {}}])
    refused(
        sim_base, "does not support oneOf", tools=[{**WEATHER, "input_schema": {**schema, "anyOf": [{}]}}]
    )
    refused(
        sim_base, "JSON schema is invalid", tools=[{**WEATHER, "input_schema": {**schema, "required": 5}}]
    )
    refused(sim_base, "'additionalProperties' must be", tools=[{**WEATHER, "strict": True}])
    refused(sim_base, "Tool 'other' not found", tool_choice={"type": "tool", "name": "other"})
    refused(sim_base, "only be specified while providing", tools=[], tool_choice={"type": "any"})
    refused(
        sim_base,
        'type "tool" and "any" are not supported',
        model="claude-fable-5-1",
        tool_choice={"type": "any"},
    )


def test_results_that_belong_to_no_call(sim_base: str) -> None:
    call = create(sim_base).content[0]
    turn = {"role": "assistant", "content": [call]}
    refused(sim_base, r"messages\.1: `tool_use` ids were found without", messages=[*PARIS, turn])
    refused(sim_base, r"messages\.1: `tool_use` ids were", messages=[*PARIS, turn, *user("Well?")])
    stray = result(call, "18")
    refused(sim_base, "unexpected `tool_use_id` found in `tool_result`", messages=user([stray]))
    twice = [*PARIS, turn, *user([stray, stray])]
    refused(sim_base, "each tool_use must have a single result", messages=twice)
    parts = [*PARIS, turn, *user([stray]), *user("Is that warm?")]
    assert create(sim_base, messages=parts).stop_reason == "end_turn"


@beta_tool
def get_weather(city: str) -> str:
    """The weather in a city.

    Args:
        city: The city's name.
    """
    return json.dumps({"temperature_c": 18, "sky": f"cloudy over {city}"})


@beta_async_tool
async def get_weather_later(city: str) -> str:
    """The weather in a city.

    Args:
        city: The city's name.
    """
    return json.dumps({"temperature_c": 19, "sky": f"clear over {city}"})


def test_the_tool_runner(sim_base: str) -> None:
    with strict(sim_base) as client:
        request: dict[str, Any] = {
            "model": MODEL,
            "max_tokens": 1_024,
            "messages": PARIS,
            "tools": [get_weather],
        }
        turns = [known(message) for message in client.beta.messages.tool_runner(**request)]
        assert [message.stop_reason for message in turns] == ["tool_use", "end_turn"]
        assert "cloudy over Paris" in turns[-1].content[0].text
        assert client.beta.messages.tool_runner(**request).until_done().content == turns[-1].content
        texts = [
            "".join(stream.text_stream) for stream in client.beta.messages.tool_runner(**request, stream=True)
        ]
        assert texts == ["", turns[-1].content[0].text]


def test_a_thread_sends_only_what_is_new(sim_base: str) -> None:
    with strict(sim_base) as client:
        thread = client.beta.messages.thread(model=MODEL, max_tokens=500, system="You are a poet.")
        first = thread.send(*user("What is the capital of France?"))
        second = known(thread.send(*user("What is 2 plus 3?")))
        assert thread.previous_message_id == second.id
        assert len(thread.messages) == 4
        assert second.usage.input_tokens > first.usage.input_tokens + first.usage.output_tokens
        request: dict[str, Any] = {"model": MODEL, "max_tokens": 9, "messages": user("ping")}
        gone = {"type": "continue", "previous_message_id": "msg_none"}
        with pytest.raises(anthropic.NotFoundError) as missing:
            client.beta.messages.create(**request, thread=gone, betas=["message-threads-2026-08-12"])
        again = {"type": "continue", "previous_message_id": first.id}
        with pytest.raises(anthropic.BadRequestError) as twice:
            client.beta.messages.create(**request, thread=again, betas=["message-threads-2026-08-12"])
        refused(sim_base, "thread: Extra inputs", extra_body={"thread": {"type": "create"}})
    assert (missing.value.error_code, twice.value.error_code) == (
        "thread_not_found",
        "thread_already_continued",
    )


async def test_the_async_tool_runner(sim_base: str) -> None:
    async with strict_async(sim_base) as client:
        runner = client.beta.messages.tool_runner(
            model=MODEL, max_tokens=1_024, messages=PARIS, tools=[get_weather_later]
        )
        last = await runner.until_done()
    assert "clear over Paris" in last.content[0].text


CLIENT_TOOLS: list[tuple[dict[str, Any], set[str]]] = [
    ({"type": "bash_20250124", "name": "bash"}, {"command"}),
    ({"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"}, {"command", "path"}),
    ({"type": "memory_20250818", "name": "memory"}, {"command", "path"}),
]


@pytest.mark.parametrize(("tool", "names"), CLIENT_TOOLS)
def test_anthropics_tools_that_the_caller_runs(tool: dict[str, Any], names: set[str], sim_base: str) -> None:
    (call,) = create(
        sim_base, tools=[tool], messages=user("Show me the file notes.txt"), tool_choice={"type": "any"}
    ).content
    assert call.name == tool["name"]
    assert set(call.input) == names


def test_computer_use_needs_its_beta(sim_base: str) -> None:
    computer: dict[str, Any] = {
        "type": "computer_20250124", "name": "computer", "display_width_px": 800, "display_height_px": 600,
    }  # fmt: skip
    refused(sim_base, "Input tag 'computer_20250124'", tools=[computer])
    with strict(sim_base) as client:
        (call,) = client.beta.messages.create(
            model=MODEL,
            max_tokens=500,
            tools=[computer],
            tool_choice={"type": "any"},
            messages=user("Take a screenshot"),
            betas=["computer-use-2025-01-24"],
        ).content
    assert call.input["action"]


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "web_search_20250305", "name": "web_search"},
        {"type": "web_fetch_20250910", "name": "web_fetch"},
        {"type": "code_execution_20250825", "name": "code_execution"},
        {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"},
    ],
)
def test_tools_that_anthropic_runs_are_refused(tool: dict[str, Any], sim_base: str) -> None:
    refused(sim_base, "Anthropic runs this tool itself", tools=[tool])
