"""Claude through LiteLLM: JSON of a schema, thinking, the prompt cache, images."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest
from late_litellm import litellm
from pydantic import BaseModel, Field

from gateway_kit.gateway.providers import Providers

FRANCE = [{"role": "user", "content": "What is the capital of France?"}]
PARIS = [{"role": "user", "content": "What is the weather in Paris?"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
# A black picture of 8 by 8 pixels.
GIF = base64.b64encode(b"GIF89a\x08\x00\x08\x00\x80\x00\x00" + b"\x00" * 6 + b";").decode()


class Capital(BaseModel):
    """A capital, with limits that Anthropic's schemas do not take."""

    city: str
    country: str
    size: int = Field(ge=3, le=4)


def ask(url: str, model: str, messages: list[Any] = FRANCE, **more: Any) -> Any:
    return litellm.completion(
        model=f"anthropic/{model}",
        api_base=url,
        api_key="sim-claude",
        num_retries=0,
        max_retries=0,
        messages=messages,
        **more,
    )


@pytest.mark.parametrize(
    "model", ["claude-haiku-4-5", "claude-sonnet-4-6", "claude-sonnet-5", "claude-opus-5-5"]
)
def test_json_of_a_schema(model: str, quick: Providers) -> None:
    whole = ask(quick.url, model, response_format=Capital).choices[0].message.content
    assert Capital.model_validate_json(whole).city == "Paris"
    parts = list(ask(quick.url, model, response_format=Capital, stream=True))
    built = litellm.stream_chunk_builder(parts).choices[0].message.content
    assert Capital.model_validate_json(built) == Capital.model_validate_json(whole)


def test_a_tool_that_stands_for_a_schema(quick: Providers) -> None:
    """LiteLLM's way for models that have no structured output of their own."""
    schema = {**Capital.model_json_schema(), "additionalProperties": False}
    tool = {"type": "function", "function": {"name": "json_tool_call", "parameters": schema}}
    forced = {"type": "function", "function": {"name": "json_tool_call"}}
    message = ask(quick.url, "claude-haiku-4-5", tools=[tool], tool_choice=forced).choices[0].message
    (call,) = message.tool_calls
    assert Capital.model_validate_json(call.function.arguments).city == "Paris"


def test_json_that_a_prompt_asks_for(quick: Providers) -> None:
    asked = [{"role": "user", "content": "Return a JSON object with the keys city and country for France."}]
    answer = ask(quick.url, "claude-haiku-4-5", asked, response_format={"type": "json_object"})
    assert set(json.loads(answer.choices[0].message.content)) == {"city", "country"}
    code = [{"role": "user", "content": "Write a function that parses JSON files."}]
    assert not ask(quick.url, "claude-haiku-4-5", code).choices[0].message.content.startswith("{")


@pytest.mark.parametrize("model", ["claude-haiku-4-5", "claude-opus-4-5", "claude-opus-4-7", "claude-opus-5"])
def test_reasoning_effort_shows_reasoning(model: str, quick: Providers) -> None:
    answer = ask(quick.url, model, reasoning_effort="low")
    assert answer.choices[0].message.reasoning_content
    assert "Paris" in answer.choices[0].message.content
    streamed = litellm.stream_chunk_builder(list(ask(quick.url, model, reasoning_effort="low", stream=True)))
    assert streamed.choices[0].message.reasoning_content == answer.choices[0].message.reasoning_content


def test_thinking_survives_a_loop_of_tools(quick: Providers) -> None:
    think: dict[str, Any] = {
        "thinking": {"type": "enabled", "budget_tokens": 1_024},
        "max_tokens": 3_000,
        "tools": [WEATHER],
    }
    message = ask(quick.url, "claude-haiku-4-5", PARIS, **think).choices[0].message
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "18 degrees"}
    told = ask(quick.url, "claude-haiku-4-5", [*PARIS, message.model_dump(), result], **think)
    assert "18 degrees" in told.choices[0].message.content
    assert told.choices[0].message.thinking_blocks[0]["signature"]


def test_the_prompt_cache_lowers_the_cost(quick: Providers) -> None:
    text = f"{uuid.uuid4()} {'The gateway routes calls. ' * 400}"
    system = {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}
    messages = [{"role": "system", "content": [system]}, *FRANCE]
    first, second = (ask(quick.url, "claude-sonnet-4-6", messages) for _ in range(2))
    written = first.usage.cache_creation_input_tokens
    assert written > 1_024
    assert second.usage.prompt_tokens_details.cached_tokens == written
    assert first.usage.prompt_tokens == second.usage.prompt_tokens
    assert litellm.completion_cost(second) < litellm.completion_cost(first) / 2
    quick.reset()
    third = ask(quick.url, "claude-sonnet-4-6", messages)
    assert third.usage.cache_creation_input_tokens == written, "a reset empties the cache"


def test_images_and_refusals(quick: Providers) -> None:
    picture = {"type": "image_url", "image_url": {"url": f"data:image/gif;base64,{GIF}"}}
    content = [picture, {"type": "text", "text": "ping"}]
    seen = ask(quick.url, "claude-haiku-4-5", [{"role": "user", "content": content}])
    assert seen.choices[0].message.content == "pong"
    with pytest.raises(litellm.BadRequestError, match="Anthropic runs this tool itself"):
        ask(quick.url, "claude-haiku-4-5", web_search_options={})
    with pytest.raises(litellm.BadRequestError, match="does not support assistant message prefill"):
        ask(quick.url, "claude-sonnet-4-6", [*FRANCE, {"role": "assistant", "content": "The capital"}])
    begun = ask(quick.url, "claude-haiku-4-5", [*FRANCE, {"role": "assistant", "content": "The capital"}])
    assert begun.choices[0].message.content.startswith(" of France is Paris.")
