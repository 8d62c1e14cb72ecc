"""Any prompt is answered at once, by the simulator alone; only vectors need the embeddings model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import free_port, start_simulator
from late_litellm import litellm

from gateway_kit.gateway.providers import Providers

Models = dict[str, dict[str, Any]]
KEY = {"authorization": "Bearer k"}


def ask(parameters: dict[str, Any], **more: Any) -> Any:
    messages = [{"role": "user", "content": "Why is the sky blue?"}]
    return litellm.completion(messages=messages, **parameters, **more)


@pytest.mark.parametrize(
    "name", ["gpt-4o-mini", "claude-haiku-4-5", "bedrock-nova-micro", "gemini-flash-lite", "phi3"]
)
def test_any_prompt_streams_and_is_marked_as_simulated(name: str, models: Models, quick: Providers) -> None:
    chunks = ask(models[name], stream=True, max_tokens=200)
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    row = quick.journal().iloc[-1]
    assert row.source == "made_up"
    assert "simulated" in "".join(pieces).lower()
    assert len([piece for piece in pieces if piece]) == row.completion_tokens > 5


def test_a_prompt_gets_the_same_answer_again(models: Models, quick: Providers) -> None:
    assert len({ask(models["gpt-4o-mini"]).choices[0].message.content for _ in range(2)}) == 1


def test_a_very_long_conversation_is_answered(models: Models, quick: Providers) -> None:
    messages = [
        {"role": "user", "content": "tell me more " * 5_000},
        {"role": "assistant", "content": "yes"},
        {"role": "user", "content": "Name one colour of the rainbow."},
    ]
    answer = litellm.completion(messages=messages, max_tokens=10, **models["gpt-4o-mini"])
    assert answer.choices[0].message.content.strip()
    assert answer.usage.prompt_tokens > 15_000


def test_the_header_says_that_an_answer_is_simulated(quick: Providers, http: httpx.Client) -> None:
    for prompt, source in (("ping", "bank"), ("Why is the sky blue?", "made_up")):
        body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": prompt}]}
        answer = http.post(f"{quick.url}/v1/chat/completions", json=body, headers=KEY)
        assert answer.headers["x-simulated"] == source


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A simulator without the embeddings server."""
    nowhere = f"http://127.0.0.1:{free_port()}/v1"
    running = start_simulator(Path(tmp_path_factory.mktemp("alone")), nowhere)
    yield running
    assert running.stop() == 0


def test_without_the_embeddings_server_chat_is_answered_and_vectors_are_a_503(alone: Any) -> None:
    for prompt in ("ping", "Why?"):
        body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": prompt}]}
        assert httpx.post(f"{alone.url}/v1/chat/completions", json=body, headers=KEY).status_code == 200
    embedding = {"model": "text-embedding-3-small", "input": "x"}
    refused = httpx.post(f"{alone.url}/v1/embeddings", json=embedding, headers=KEY)
    assert refused.status_code == 503
    assert "not reachable" in refused.json()["error"]["message"]
    rows = httpx.get(f"{alone.url}/_sim/journal").json()["rows"]
    assert [row["status"] for row in rows] == [200, 200, 503]
