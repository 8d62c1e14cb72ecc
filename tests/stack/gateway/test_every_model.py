"""Every model of the offline configuration, through the gateway: chat, streams, tools, vectors, tokens and cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gateway_kit.gateway import Gateway
from gateway_kit.gateway.providers import Providers
from gateway_kit.stack.configuration import models_of_text

CHAT = [
    "gpt-3.5-turbo", "gpt-4o-mini", "gpt-5-nano", "azure-gpt-4o-mini", "claude-haiku-4-5", "bedrock-llama2-13b",
    "bedrock-llama3-8b", "bedrock-nova-micro", "gemini-pro", "gemini-flash-lite", "phi3", "smollm2", "smart", "chat",
]  # fmt: skip
EMBEDDINGS = {"text-embedding-3-small": 1536, "nomic-embed-text": 768, "local-embed": 384}
# LiteLLM itself offers no tools for Llama 2 on Bedrock, and the small real model was never taught any.
TOOLS = [model for model in CHAT if model not in ("bedrock-llama2-13b", "smollm2")]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city now",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
# The seed of the configuration that the gateway's users know.
KNOWN_NAMES = {"gpt-3.5-turbo", "bedrock-llama2-13b", "gemini-pro", "phi3", "nomic-embed-text"}


def test_the_lists_above_are_the_whole_configuration(stack_env: dict[str, str]) -> None:
    file = Path(stack_env["GATEWAY_HOME"], "config", "model-config.yaml")
    rows = models_of_text(file.read_text(), stack_env)
    assert {row.model_name for row in rows} == {*CHAT, *EMBEDDINGS} - {"chat"}
    assert {*CHAT, *EMBEDDINGS} >= KNOWN_NAMES


@pytest.mark.parametrize("model", CHAT)
def test_chat_answers_with_tokens_and_cost(gateway: Gateway, model: str, fresh: dict[str, Any]) -> None:
    answer = gateway.ask("What is the capital of France?", model, **fresh)
    assert "Paris" in answer.text
    assert answer.call.prompt_tokens
    assert answer.call.completion_tokens
    assert answer.call.cost_usd
    assert not answer.call.cache_hit


@pytest.mark.parametrize("model", CHAT)
def test_a_stream_says_the_same_piece_by_piece(gateway: Gateway, model: str, fresh: dict[str, Any]) -> None:
    stream = gateway.stream("What is the capital of France?", model, **fresh)
    pieces = list(stream)
    assert "Paris" in "".join(pieces)
    assert len(pieces) > 1
    assert stream.call is not None
    assert stream.call.ttft_s is not None
    assert stream.call.latency_s is not None
    assert stream.call.ttft_s <= stream.call.latency_s
    assert stream.call.completion_tokens
    assert stream.call.cost_usd


@pytest.mark.parametrize("model", TOOLS)
def test_a_tool_is_called_and_its_result_is_told(gateway: Gateway, model: str, fresh: dict[str, Any]) -> None:
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Paris?"}]
    asked = gateway.ask(messages, model, tools=[WEATHER], **fresh)
    (call,) = asked.completion.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert json.loads(call.function.arguments) == {"city": "Paris"}
    result = {"role": "tool", "tool_call_id": call.id, "content": '{"temperature_c": 31}'}
    messages += [asked.completion.choices[0].message.model_dump(exclude_none=True), result]
    told = gateway.ask(messages, model, tools=[WEATHER], **fresh)
    assert "31" in told.text


@pytest.mark.parametrize("model", EMBEDDINGS)
def test_vectors_mean_something(gateway: Gateway, model: str) -> None:
    vectors = gateway.embed(
        ["A cat sleeps on the sofa.", "A kitten naps on the couch.", "Interest rates rose."], model
    )
    assert vectors.shape == (3, EMBEDDINGS[model])
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    near, far = unit[0] @ unit[1], unit[0] @ unit[2]
    assert near > far + 0.3


def test_the_journal_shows_each_providers_own_dialect(
    gateway: Gateway, providers: Providers, fresh: dict[str, Any]
) -> None:
    expected = {
        "gpt-4o-mini": ("openai", "/v1/chat/completions"),
        "azure-gpt-4o-mini": ("azure", "/openai/deployments/gpt-4o-mini/chat/completions"),
        "claude-haiku-4-5": ("anthropic", "/v1/messages"),
        "bedrock-llama3-8b": ("bedrock", "/converse"),
        "gemini-pro": ("vertex_ai", ":generateContent"),
        "gemini-flash-lite": ("gemini", ":generateContent"),
        "phi3": ("ollama", "/api/chat"),
    }
    for model, (provider, route) in expected.items():
        gateway.ask("What is the capital of France?", model, **fresh)
        row = providers.journal(provider=provider).iloc[-1]
        assert route in row["route"], model
        assert row["source"] == "bank"
