"""Anthropic's SDK and Claude on Bedrock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from anthropic import AnthropicBedrock
from anthropic_client import WEATHER, known, user

MODEL = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
FRANCE = user("What is the capital of France?")


@pytest.fixture
def client(sim_base: str) -> Iterator[AnthropicBedrock]:
    with AnthropicBedrock(
        aws_access_key="sim-bedrock",
        aws_secret_key="simulated",
        aws_region="us-east-1",
        base_url=sim_base,
        max_retries=0,
        _strict_response_validation=True,
    ) as made:
        yield made


def test_a_message_whole_and_streamed(client: AnthropicBedrock) -> None:
    request: dict[str, Any] = {"model": MODEL, "max_tokens": 200, "messages": FRANCE}
    answer = known(client.messages.create(**request))
    assert "Paris" in answer.content[0].text
    with client.messages.stream(**request) as stream:
        assert "".join(stream.text_stream) == answer.content[0].text
        assert stream.get_final_message().usage.output_tokens == answer.usage.output_tokens


def test_a_tool_and_thinking(client: AnthropicBedrock) -> None:
    request: dict[str, Any] = {
        "model": MODEL,
        "max_tokens": 2_000,
        "messages": user("What is the weather in Oslo?"),
    }
    thinking = {"type": "enabled", "budget_tokens": 1_024}
    answer = known(client.messages.create(**request, tools=[WEATHER], thinking=thinking))
    assert [block.type for block in answer.content] == ["thinking", "tool_use"]
    assert answer.content[1].input == {"city": "Oslo"}


def test_errors(client: AnthropicBedrock) -> None:
    with pytest.raises(anthropic.BadRequestError, match="at least one message"):
        client.messages.create(model=MODEL, max_tokens=50, messages=[])
    with pytest.raises(anthropic.BadRequestError, match="temperature: Extra inputs"):
        client.messages.create(model=MODEL, max_tokens=50, messages=FRANCE, extra_body={"temperature": 0.5})
    with pytest.raises(anthropic.BadRequestError, match="model identifier is invalid"):
        client.messages.create(model="us.anthropic.claude-none", max_tokens=50, messages=FRANCE)
