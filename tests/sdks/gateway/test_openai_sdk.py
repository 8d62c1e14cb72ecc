"""OpenAI's SDK reaches the models of every provider through the gateway."""

from __future__ import annotations

import pytest
from openai import OpenAI

MODELS = (
    "gpt-4o-mini",
    "azure-gpt-4o-mini",
    "claude-haiku-4-5",
    "bedrock-llama3-8b",
    "bedrock-nova-micro",
    "gemini-pro",
    "gemini-flash-lite",
    "phi3",
)


@pytest.mark.parametrize("model", MODELS)
def test_a_chat_completion(model: str, gateway_url: str, gateway_key: str) -> None:
    with OpenAI(base_url=f"{gateway_url}/v1", api_key=gateway_key) as client:
        answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "ping"}])
    assert answer.choices[0].message.content == "pong"
