"""Tool calls and tool results through LiteLLM, at every provider that has them."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from late_litellm import litellm

from gateway_kit.gateway.providers import Providers

WITH_TOOLS = [
    "gpt-3.5-turbo", "azure-gpt-4o-mini", "claude-haiku-4-5", "bedrock-llama3-8b", "bedrock-nova-micro",
    "bedrock-invoke-claude", "gemini-pro", "gemini-flash-lite", "phi3",
]  # fmt: skip
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city now",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
Models = dict[str, dict[str, Any]]


def ask(messages: list[Any], parameters: dict[str, Any], **more: Any) -> Any:
    return litellm.completion(messages=messages, tools=[WEATHER], **parameters, **more)


@pytest.mark.parametrize("name", WITH_TOOLS)
def test_call_then_result(name: str, models: Models, quick: Providers) -> None:
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Paris?"}]
    first = ask(messages, models[name])
    (call,) = first.choices[0].message.tool_calls
    assert first.choices[0].finish_reason == "tool_calls"
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Paris"})
    assert first.usage.completion_tokens > 0

    result = json.dumps({"temperature_c": 18, "sky": "cloudy"})
    messages += [
        first.choices[0].message.model_dump(),
        {"role": "tool", "tool_call_id": call.id, "name": "get_weather", "content": result},
    ]
    told = ask(messages, models[name]).choices[0].message.content
    assert "Paris" in told
    assert "18 degrees Celsius" in told
    assert "cloudy" in told


@pytest.mark.parametrize("name", WITH_TOOLS)
def test_a_streamed_call(name: str, models: Models, quick: Providers) -> None:
    messages = [{"role": "user", "content": "What is the weather in Oslo?"}]
    built = litellm.stream_chunk_builder(list(ask(messages, models[name], stream=True)))
    (call,) = built.choices[0].message.tool_calls
    assert json.loads(call.function.arguments) == {"city": "Oslo"}
    assert built.choices[0].finish_reason == "tool_calls"


def test_two_cities_are_two_calls(models: Models, quick: Providers) -> None:
    messages = [{"role": "user", "content": "What is the weather in Paris and Tokyo?"}]
    for name in ("gpt-4o-mini", "claude-haiku-4-5", "gemini-flash-lite"):
        calls = ask(messages, models[name]).choices[0].message.tool_calls
        assert [json.loads(call.function.arguments)["city"] for call in calls] == ["Paris", "Tokyo"]
        assert len({call.id for call in calls}) == 2


def test_tools_are_not_called_for_other_prompts_or_when_forbidden(models: Models, quick: Providers) -> None:
    other = ask([{"role": "user", "content": "What is the capital of France?"}], models["gpt-4o-mini"])
    assert not other.choices[0].message.tool_calls
    weather = [{"role": "user", "content": "What is the weather in Paris?"}]
    forbidden = ask(weather, models["gpt-4o-mini"], tool_choice="none")
    assert not forbidden.choices[0].message.tool_calls


@pytest.mark.parametrize(
    "name", ["gpt-4o-mini", "claude-haiku-4-5", "bedrock-nova-micro", "gemini-flash-lite"]
)
def test_a_forced_tool_is_called(name: str, models: Models, quick: Providers) -> None:
    add = {
        "type": "function",
        "function": {
            "name": "add",
            "parameters": {
                "type": "object",
                "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
                "required": ["a", "b"],
            },
        },
    }
    answer = litellm.completion(
        messages=[{"role": "user", "content": "Add 20 and 22, please"}],
        tools=[add],
        tool_choice={"type": "function", "function": {"name": "add"}},
        **models[name],
    )
    (call,) = answer.choices[0].message.tool_calls
    assert json.loads(call.function.arguments) == {"a": 20, "b": 22}


@pytest.mark.parametrize("place", ["/v1", "/openai/v1"])
def test_a_call_is_sent_back_with_what_litellm_adds_to_it(
    place: str, quick: Providers, http: httpx.Client
) -> None:
    function = {"name": "get_weather", "arguments": "{}"}
    added = {"index": 0, "caller": {"type": "direct"}, "provider_specific_fields": {}}
    call = {"id": "c", "type": "function", "function": function, **added}
    messages = [
        {"role": "user", "content": "What is the weather in Oslo?"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "rain"},
    ]
    answer = http.post(
        f"{quick.url}{place}/chat/completions",
        json={"model": "gpt-4o-mini", "messages": messages},
        headers={"authorization": "Bearer k", "api-key": "k"},
    )
    assert answer.status_code == 200, answer.text
