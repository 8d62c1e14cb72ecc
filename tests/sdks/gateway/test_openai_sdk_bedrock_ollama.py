"""Tools, forms and streams of Bedrock's and Ollama's models through the gateway, with OpenAI's SDK."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from gateway_models import added_bedrock_model
from openai import BadRequestError, OpenAI
from pydantic import BaseModel

MODELS = ("bedrock-llama3-8b", "bedrock-nova-micro", "phi3")
QUESTION: list[Any] = [{"role": "user", "content": "What is the capital of France?"}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city now",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"


class Country(BaseModel):
    """What one knows of a country."""

    capital: str
    population: int


@pytest.fixture(scope="module")
def client(gateway_url: str, gateway_key: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{gateway_url}/v1", api_key=gateway_key, max_retries=0) as made:
        yield made


@pytest.fixture(scope="module", params=["bedrock/converse/", "bedrock/invoke/", "bedrock/"])
def claude(request: pytest.FixtureRequest, gateway_url: str) -> Iterator[tuple[OpenAI, str]]:
    """Claude by Bedrock, added to the running gateway; only the master key may call it."""
    with (
        added_bedrock_model(gateway_url, f"{request.param}{HAIKU}") as name,
        OpenAI(base_url=f"{gateway_url}/v1", api_key=os.environ["LITELLM_MASTER_KEY"], max_retries=0) as made,
    ):
        yield made, name


def check_form(client: OpenAI, model: str) -> None:
    answer = client.chat.completions.parse(model=model, messages=QUESTION, response_format=Country)
    parsed = answer.choices[0].message.parsed
    assert parsed is not None
    assert parsed.capital == "Paris"
    with client.chat.completions.stream(model=model, messages=QUESTION, response_format=Country) as stream:
        text = stream.get_final_completion().choices[0].message.content
    assert Country.model_validate_json(text or "").capital == "Paris"


def check_tools(client: OpenAI, model: str) -> None:
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Oslo?"}]
    first = client.chat.completions.create(model=model, messages=messages, tools=[WEATHER]).choices[0]
    assert first.finish_reason == "tool_calls"
    (call,) = first.message.tool_calls or []
    assert json.loads(call.function.arguments) == {"city": "Oslo"}
    result = json.dumps({"temperature_c": 4, "sky": "snowy"})
    messages += [first.message.to_dict(), {"role": "tool", "tool_call_id": call.id, "content": result}]
    second = client.chat.completions.create(model=model, messages=messages, tools=[WEATHER]).choices[0]
    assert "snowy" in (second.message.content or "")
    with client.chat.completions.stream(model=model, messages=messages[:1], tools=[WEATHER]) as stream:
        (streamed,) = stream.get_final_completion().choices[0].message.tool_calls or []
    assert json.loads(streamed.function.arguments) == {"city": "Oslo"}


def check_stream(client: OpenAI, model: str) -> None:
    whole = client.chat.completions.create(model=model, messages=QUESTION)
    chunks = list(
        client.chat.completions.create(
            model=model, messages=QUESTION, stream=True, stream_options={"include_usage": True}
        )
    )
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == whole.choices[0].message.content
    (counted,) = [chunk.usage for chunk in chunks if chunk.usage]
    assert whole.usage
    assert counted.completion_tokens == whole.usage.completion_tokens
    assert counted.prompt_tokens == whole.usage.prompt_tokens


@pytest.mark.parametrize("check", [check_form, check_tools, check_stream])
@pytest.mark.parametrize("model", MODELS)
def test_a_configured_model(model: str, check: Any, client: OpenAI) -> None:
    check(client, model)


@pytest.mark.parametrize("check", [check_form, check_tools, check_stream])
def test_claude_by_bedrock(check: Any, claude: tuple[OpenAI, str]) -> None:
    check(*claude)


def test_claude_by_bedrock_thinks(claude: tuple[OpenAI, str]) -> None:
    client, model = claude
    answer = client.chat.completions.create(model=model, messages=QUESTION, reasoning_effort="low")
    assert answer.choices[0].message.to_dict()["reasoning_content"]
    assert answer.usage
    assert answer.usage.completion_tokens_details
    assert answer.usage.completion_tokens_details.reasoning_tokens


@pytest.mark.parametrize("model", MODELS)
def test_any_object(model: str, client: OpenAI) -> None:
    asked: list[Any] = [{"role": "user", "content": "Reply in JSON: what do snails eat?"}]
    answer = client.chat.completions.create(
        model=model, messages=asked, response_format={"type": "json_object"}
    )
    assert isinstance(json.loads(answer.choices[0].message.content or ""), dict)


def test_a_refusal_of_the_provider_is_a_400(client: OpenAI) -> None:
    with pytest.raises(BadRequestError, match=r"inferenceConfig\.temperature"):
        client.chat.completions.create(model="bedrock-nova-micro", messages=QUESTION, temperature=2)
    with pytest.raises(BadRequestError, match="does not support thinking"):
        client.chat.completions.create(model="phi3", messages=QUESTION, reasoning_effort="low")
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    with pytest.raises(BadRequestError):
        client.chat.completions.create(
            model="bedrock-nova-micro", messages=[{"role": "user", "content": [image]}]
        )
