"""LiteLLM's own code for Gemini and Vertex AI: schemas, thoughts, calls of tools, choices, pictures, refusals."""

from __future__ import annotations

import base64
from typing import Any, Literal

import pytest
from late_litellm import litellm
from pydantic import BaseModel

from gateway_kit.gateway.providers import Providers

Models = dict[str, dict[str, Any]]


class Country(BaseModel):
    name: str
    capital: str
    continent: Literal["Europe", "Asia"]


CHAT = {
    "gemini-flash-lite": {},
    "gemini-2.5": {"model": "gemini/gemini-2.5-flash"},
    "vertex-2.5": {"model": "vertex_ai/gemini-2.5-flash"},
}


@pytest.fixture(params=CHAT)
def google(request: pytest.FixtureRequest, models: Models) -> dict[str, Any]:
    """LiteLLM's parameters of a model of Google's."""
    base = models["gemini-pro" if request.param.startswith("vertex") else "gemini-flash-lite"]
    return {**base, **CHAT[request.param]}


def test_litellm_gets_a_pydantic_model(google: dict[str, Any], quick: Providers) -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is the capital of France?"},
    ]
    answer = litellm.completion(messages=messages, response_format=Country, **google)
    assert Country.model_validate_json(answer.choices[0].message.content).capital == "Paris"


def test_litellm_gets_thoughts(google: dict[str, Any], quick: Providers) -> None:
    messages = [{"role": "user", "content": "How many windows does a tram need?"}]
    answer = litellm.completion(messages=messages, reasoning_effort="medium", **google)
    thoughts = answer.choices[0].message.reasoning_content
    assert thoughts.startswith("Simulated")
    spent = answer.usage.completion_tokens_details.reasoning_tokens
    assert 10 < spent < answer.usage.completion_tokens
    row = quick.journal().iloc[-1]
    assert row.completion_tokens == answer.usage.completion_tokens
    chunks = list(litellm.completion(messages=messages, reasoning_effort="medium", stream=True, **google))
    assert "".join(chunk.choices[0].delta.get("reasoning_content") or "" for chunk in chunks) == thoughts


def test_litellm_brings_back_a_call_with_or_without_its_signature(
    google: dict[str, Any], quick: Providers
) -> None:
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": parameters}}
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Paris?"}]
    first = litellm.completion(messages=messages, tools=[tool], **google).choices[0].message
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
    }
    by_hand = {"role": "assistant", "content": None, "tool_calls": [call]}
    for told in (first.model_dump(), by_hand):
        result = {"role": "tool", "tool_call_id": told["tool_calls"][0]["id"], "content": "hail"}
        answer = litellm.completion(messages=[*messages, told, result], tools=[tool], **google)
        assert "hail" in answer.choices[0].message.content


def test_litellm_counts_choices_and_pictures(google: dict[str, Any], quick: Providers) -> None:
    ask = [{"role": "user", "content": "What is the capital of Italy?"}]
    one, two = (litellm.completion(messages=ask, n=n, **google) for n in (1, 2))
    assert two.usage.completion_tokens == 2 * one.usage.completion_tokens
    head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (640).to_bytes(4) + (480).to_bytes(4)
    picture = {"url": "data:image/png;base64," + base64.b64encode(head).decode()}
    content = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": picture}]
    seen = litellm.completion(messages=[{"role": "user", "content": content}], **google)
    assert seen.usage.prompt_tokens_details.image_tokens in (1_120, 4 * 258, 6 * 258)


@pytest.mark.parametrize(
    "more",
    [
        {"temperature": 5},
        {"max_tokens": 0},
        {"n": 9},
        {"tools": [{"googleSearch": {}}]},
    ],
)
def test_litellm_sees_a_400(more: dict[str, Any], google: dict[str, Any], quick: Providers) -> None:
    with pytest.raises(litellm.BadRequestError):
        litellm.completion(messages=[{"role": "user", "content": "ping"}], **google, **more)
