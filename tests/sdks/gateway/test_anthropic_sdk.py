"""Anthropic's SDK through the gateway: Claude, and other providers' models behind Anthropic's API."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest
from anthropic import Anthropic, beta_tool
from anthropic_client import WEATHER, user
from openai import OpenAI
from pydantic import BaseModel

CLAUDE = "claude-haiku-4-5"
# LiteLLM asks OpenAI for encrypted reasoning, which only its reasoning models have.
OTHERS = ("gpt-5-nano", "azure-gpt-4o-mini", "gemini-flash-lite", "bedrock-nova-micro", "phi3")


class Capital(BaseModel):
    """A country's capital."""

    city: str
    country: str


def text_of(answer: Any) -> list[str]:
    return [block.text for block in answer.content if block.type == "text"]


@pytest.fixture
def client(gateway_url: str, gateway_key: str) -> Any:
    with Anthropic(base_url=gateway_url, api_key=gateway_key, max_retries=0) as made:
        yield made


@pytest.mark.parametrize("model", [CLAUDE, *OTHERS])
def test_a_message_whole_and_streamed(model: str, client: Anthropic) -> None:
    request: dict[str, Any] = {"model": model, "max_tokens": 200, "messages": user("ping")}
    answer = client.messages.create(**request)
    assert ("".join(text_of(answer)), answer.stop_reason) == ("pong", "end_turn")
    assert answer.usage.input_tokens > 0
    with client.messages.stream(**request) as stream:
        assert "".join(stream.text_stream) == "pong"


@pytest.mark.parametrize("model", [CLAUDE, *OTHERS])
def test_a_tool_and_its_result(model: str, client: Anthropic) -> None:
    asked = user("What is the weather in Paris?")
    request: dict[str, Any] = {"model": model, "max_tokens": 300, "tools": [WEATHER]}
    first = client.messages.create(**request, messages=asked)
    call = next(block for block in first.content if block.type == "tool_use")
    assert call.input == {"city": "Paris"}
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "18 degrees"}
    turns = [*asked, {"role": "assistant", "content": [call.to_dict()]}, *user([result])]
    told = client.messages.create(**request, messages=turns)
    assert "18 degrees" in "".join(text_of(told))


def test_claude_parses_thinks_and_counts(client: Anthropic) -> None:
    question = user("What is the capital of France?")
    parsed = client.messages.parse(model=CLAUDE, max_tokens=500, messages=question, output_format=Capital)
    assert parsed.parsed_output == Capital(city="Paris", country="France")
    thought = client.messages.create(
        model=CLAUDE,
        max_tokens=2_000,
        messages=question,
        thinking={"type": "enabled", "budget_tokens": 1_024},
    )
    assert [block.type for block in thought.content] == ["thinking", "text"]
    assert client.messages.count_tokens(model=CLAUDE, messages=question).input_tokens > 5


@beta_tool
def get_weather(city: str) -> str:
    """The weather in a city.

    Args:
        city: The city's name.
    """
    return f"It is cloudy over {city}."


def test_the_tool_runner(client: Anthropic) -> None:
    # LiteLLM leaves out the thread that the runner continues by default, and the second turn then has no first.
    runner = client.beta.messages.tool_runner(
        model=CLAUDE,
        max_tokens=500,
        messages=user("What is the weather in Paris?"),
        tools=[get_weather],
        thread=False,
    )
    assert "cloudy over Paris" in "".join(text_of(runner.until_done()))


def test_errors_keep_their_class(client: Anthropic) -> None:
    with pytest.raises(anthropic.BadRequestError, match="at least one message"):
        client.messages.create(model=CLAUDE, max_tokens=50, messages=[])
    with pytest.raises(anthropic.BadRequestError, match="Anthropic runs this tool itself"):
        client.messages.create(
            model=CLAUDE,
            max_tokens=50,
            messages=user("ping"),
            tools=[{"type": "code_execution_20250825", "name": "code_execution"}],
        )


@pytest.mark.parametrize("stream", [False, True])
def test_openais_sdk_gets_json_from_claude(stream: bool, gateway_url: str, gateway_key: str) -> None:
    form: Any = {
        "type": "json_schema",
        "json_schema": {"name": "capital", "schema": Capital.model_json_schema(), "strict": True},
    }
    with OpenAI(base_url=f"{gateway_url}/v1", api_key=gateway_key) as client:
        request: dict[str, Any] = {
            "model": CLAUDE,
            "messages": user("What is the capital of France?"),
            "response_format": form,
        }
        if stream:
            chunks = client.chat.completions.create(**request, stream=True)
            text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        else:
            text = client.chat.completions.create(**request).choices[0].message.content
    assert Capital.model_validate_json(text) == Capital(city="Paris", country="France")
