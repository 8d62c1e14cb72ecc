"""Gemini and Vertex AI through the gateway: with OpenAI's SDK, and with google-genai on LiteLLM's own Gemini route."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from google import genai
from google.genai import errors, types
from openai import BadRequestError, OpenAI
from pydantic import BaseModel

MODELS = ["gemini-flash-lite", "gemini-pro"]
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg=="
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city now",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["c", "f"]}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}


class Country(BaseModel):
    name: str
    capital: str
    population: int
    continent: Literal["Europe", "Asia"]


@pytest.fixture
def client(gateway_url: str, gateway_key: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{gateway_url}/v1", api_key=gateway_key, max_retries=0) as made:
        yield made


@pytest.fixture
def gemini(gateway_url: str, gateway_key: str) -> Iterator[genai.Client]:
    options = types.HttpOptions(base_url=gateway_url, api_version="v1beta")
    with genai.Client(api_key=gateway_key, http_options=options) as made:
        yield made


@pytest.mark.parametrize("model", MODELS)
def test_a_pydantic_model_is_parsed(client: OpenAI, model: str) -> None:
    answer = client.chat.completions.parse(
        model=model,
        messages=[
            {"role": "system", "content": "You know the countries of the world."},
            {"role": "user", "content": "What is the capital of France?"},
        ],
        response_format=Country,
    )
    parsed = answer.choices[0].message.parsed
    assert parsed
    assert parsed.capital == "Paris"


@pytest.mark.parametrize("model", MODELS)
def test_any_json(client: OpenAI, model: str) -> None:
    answer = client.chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": "Describe Oslo as JSON"}],
        response_format={"type": "json_object"},
    )
    assert isinstance(json.loads(answer.choices[0].message.content or ""), dict)


@pytest.mark.parametrize("model", MODELS)
def test_a_tool_is_called_and_its_result_told(client: OpenAI, model: str) -> None:
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Paris and Rome?"}]
    first = client.chat.completions.create(model=model, messages=messages, tools=[WEATHER])
    calls = first.choices[0].message.tool_calls or []
    assert first.choices[0].finish_reason == "tool_calls"
    arguments = [json.loads(call.function.arguments) for call in calls if call.type == "function"]
    assert [one["city"] for one in arguments] == ["Paris", "Rome"]
    messages.append(first.choices[0].message)
    messages += [{"role": "tool", "tool_call_id": call.id, "content": "12 degrees"} for call in calls]
    second = client.chat.completions.create(model=model, messages=messages, tools=[WEATHER])
    assert (second.choices[0].message.content or "").count("12 degrees") == 2


@pytest.mark.parametrize("model", MODELS)
def test_a_call_that_the_client_wrote_itself(client: OpenAI, model: str) -> None:
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'},
    }
    messages: list[Any] = [
        {"role": "user", "content": "What is the weather in Oslo?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "snow"},
    ]
    answer = client.chat.completions.create(model=model, messages=messages, tools=[WEATHER])
    assert "snow" in (answer.choices[0].message.content or "")


@pytest.mark.parametrize("model", MODELS)
def test_several_choices_are_all_counted(client: OpenAI, model: str) -> None:
    messages: Any = [{"role": "user", "content": "What is the capital of Italy?"}]
    one, two = (client.chat.completions.create(model=model, messages=messages, n=n) for n in (1, 2))
    assert len(two.choices) == 2
    assert one.usage
    assert two.usage
    assert two.usage.completion_tokens == 2 * one.usage.completion_tokens


@pytest.mark.parametrize("model", MODELS)
def test_a_picture_counts(client: OpenAI, model: str) -> None:
    content: Any = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
    ]
    answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": content}])
    assert answer.usage
    assert answer.usage.prompt_tokens > 258


def test_thoughts_are_counted(client: OpenAI) -> None:
    answer = client.chat.completions.create(
        model="gemini-flash-lite",
        messages=[{"role": "user", "content": "How many windows does a tram need?"}],
        reasoning_effort="low",
    )
    assert answer.usage
    assert answer.usage.completion_tokens_details
    assert (answer.usage.completion_tokens_details.reasoning_tokens or 0) > 10


@pytest.mark.parametrize("model", MODELS)
def test_what_gemini_refuses_is_a_400(client: OpenAI, model: str) -> None:
    with pytest.raises(BadRequestError, match="temperature"):
        client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "ping"}], temperature=5
        )


def test_google_genai_reaches_gemini_through_litellm(gemini: genai.Client) -> None:
    answer = gemini.models.generate_content(
        model="gemini-flash-lite", contents="What is the capital of France?"
    )
    assert "Paris" in (answer.text or "")
    assert answer.usage_metadata
    assert answer.usage_metadata.total_token_count
    chunks = gemini.models.generate_content_stream(model="gemini-flash-lite", contents="Count to 5")
    assert "5" in "".join(chunk.text or "" for chunk in chunks)


def test_google_genai_gets_a_pydantic_model_through_litellm(gemini: genai.Client) -> None:
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=Country)
    answer = gemini.models.generate_content(
        model="gemini-flash-lite", contents="What is the capital of France?", config=config
    )
    assert isinstance(answer.parsed, Country)


def test_google_genai_counts_through_litellm(gemini: genai.Client) -> None:
    counted = gemini.models.count_tokens(model="gemini-flash-lite", contents="Why is the sea salty?")
    assert (counted.total_tokens or 0) > 4


def test_google_genai_gets_an_error_through_litellm(gemini: genai.Client) -> None:
    with pytest.raises(errors.APIError):
        gemini.models.generate_content(model="gemini-flash-lite", contents="ping", config={"temperature": 5})
