"""Prompts that are not in the bank are answered by the small real model, or rejected with an error."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from conftest import free_port, start_simulator
from late_litellm import litellm

from gateway_kit.gateway.providers import Providers
from gateway_kit.stack.supervisor import ports

Models = dict[str, dict[str, Any]]
KEY = {"authorization": "Bearer k"}


def ask(parameters: dict[str, Any], **more: Any) -> Any:
    messages = [{"role": "user", "content": "Why is the sky blue?"}]
    return litellm.completion(messages=messages, **parameters, **more)


@pytest.mark.parametrize(
    "name", ["gpt-4o-mini", "claude-haiku-4-5", "bedrock-nova-micro", "gemini-flash-lite", "phi3"]
)
def test_a_free_prompt_streams_as_the_model_writes(
    name: str, models: Models, quick: Providers, model_servers: tuple[str, str]
) -> None:
    """The model is paused after its first piece: an answer that is not streamed would not have arrived yet."""
    pid = ports.owner_pid(urlsplit(model_servers[0]).port or 0)
    assert pid is not None
    pieces: list[str] = []
    begun = threading.Event()

    def read() -> None:
        for chunk in ask(models[name], stream=True, max_tokens=200):
            if chunk.choices and chunk.choices[0].delta.content:
                pieces.append(chunk.choices[0].delta.content)
                begun.set()

    with ThreadPoolExecutor() as pool:
        reading = pool.submit(read)
        assert begun.wait(60)
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(1)  # pieces already sent arrive
            before = len(pieces)
            assert not reading.done()
        finally:
            os.kill(pid, signal.SIGCONT)
        reading.result(60)
    row = quick.journal().iloc[-1]
    assert row.source == "chat_model"
    assert len("".join(pieces).split()) > 5
    assert before < len(pieces) == row.completion_tokens


def test_a_free_prompt_gets_the_same_answer_again(models: Models, quick: Providers) -> None:
    answers = {ask(models["gpt-4o-mini"], max_tokens=20).choices[0].message.content for _ in range(2)}
    assert len(answers) == 1
    (answer,) = answers
    assert "sky" in answer.lower()


def test_a_conversation_far_beyond_the_small_model_is_shortened(models: Models, quick: Providers) -> None:
    messages = [
        {"role": "user", "content": "tell me more " * 5_000},
        {"role": "assistant", "content": "yes"},
        {"role": "user", "content": "Name one colour of the rainbow."},
    ]
    answer = litellm.completion(messages=messages, max_tokens=10, **models["gpt-4o-mini"])
    assert answer.choices[0].message.content.strip()
    assert answer.usage.prompt_tokens > 15_000


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A simulator without model servers."""
    nowhere = f"http://127.0.0.1:{free_port()}/v1"
    running = start_simulator(Path(tmp_path_factory.mktemp("alone")), nowhere, nowhere)
    yield running
    assert running.stop() == 0


def test_without_the_model_servers_the_bank_still_answers_and_the_rest_is_a_503(alone: Any) -> None:
    chat = f"{alone.url}/v1/chat/completions"
    known = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "ping"}]}
    assert httpx.post(chat, json=known, headers=KEY).status_code == 200
    for stream in (False, True):
        body = {"model": "gpt-4o-mini", "stream": stream, "messages": [{"role": "user", "content": "Why?"}]}
        answer = httpx.post(chat, json=body, headers=KEY, timeout=60)
        assert answer.status_code == 503
        assert "not reachable" in answer.json()["error"]["message"]
    embedding = {"model": "text-embedding-3-small", "input": "x"}
    assert httpx.post(f"{alone.url}/v1/embeddings", json=embedding, headers=KEY).status_code == 503
    rows = httpx.get(f"{alone.url}/_sim/journal").json()["rows"]
    assert [row["status"] for row in rows] == [200, 503, 503, 503]
