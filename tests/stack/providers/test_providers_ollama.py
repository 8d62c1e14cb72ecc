"""Ollama by plain HTTP and through LiteLLM: what the SDK hides."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from late_litellm import litellm

from gateway_kit.gateway.providers import Providers

ASK = [{"role": "user", "content": "What is the capital of France?"}]
CHAT = {"model": "phi3", "messages": ASK}
Models = dict[str, dict[str, Any]]


def test_the_type_and_time_of_an_answer(quick: Providers, http: httpx.Client) -> None:
    whole = http.post(f"{quick.url}/api/chat", json={**CHAT, "stream": False})
    assert whole.headers["content-type"] == "application/json; charset=utf-8"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", whole.json()["created_at"])
    stream = http.post(f"{quick.url}/api/chat", json=CHAT)
    assert stream.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in stream.text.splitlines()]
    assert [line["done"] for line in lines] == [False] * (len(lines) - 1) + [True]
    assert lines[-1]["message"] == {"role": "assistant", "content": ""}


@pytest.mark.parametrize("path", ["/", "/api/tags", "/api/version"])
def test_whether_the_server_is_there(path: str, quick: Providers, http: httpx.Client) -> None:
    assert http.head(f"{quick.url}{path}").status_code == 200


def test_the_durations_share_out_the_time(providers: Providers, http: httpx.Client) -> None:
    providers.profile("phi3", ttft_s=0.1, tokens_per_s=100, jitter=0)
    answer = http.post(f"{providers.url}/api/chat", json={**CHAT, "stream": False}).json()
    parts = [answer[name] for name in ("load_duration", "prompt_eval_duration", "eval_duration")]
    assert abs(sum(parts) - answer["total_duration"]) <= 2
    # So that the rate that people compute from an answer is the model's.
    assert answer["eval_count"] / (answer["eval_duration"] / 1e9) == pytest.approx(100, rel=0.01)


def test_litellm_writes_a_conversation_for_generate(models: Models, quick: Providers) -> None:
    asked = [{"role": "system", "content": "Be brief."}, *ASK]
    answer = litellm.completion(messages=asked, **{**models["phi3"], "model": "ollama/phi3"})
    assert "Paris" in answer.choices[0].message.content


def test_thinking_through_litellm(models: Models, quick: Providers) -> None:
    qwen = {**models["phi3"], "model": "ollama_chat/qwen3"}
    message = litellm.completion(messages=ASK, reasoning_effort="low", **qwen).choices[0].message
    assert message.reasoning_content
    assert "Paris" in message.content
    with pytest.raises(litellm.BadRequestError, match='"phi3\\\\" does not support thinking'):
        litellm.completion(messages=ASK, reasoning_effort="low", **models["phi3"])


def test_the_models_that_are_loaded(providers: Providers, http: httpx.Client) -> None:
    providers.profile("*", ttft_s=0.0, tokens_per_s=100_000.0, jitter=0.0)
    http.post(f"{providers.url}/api/generate", json={"model": "codellama", "keep_alive": "1h"})
    loaded = {row["name"]: row for row in http.get(f"{providers.url}/api/ps").json()["models"]}
    assert loaded["codellama:latest"]["context_length"] == 16_384
    first = http.post(f"{providers.url}/api/generate", json={"model": "codellama", "keep_alive": 0}).json()
    assert first["done_reason"] == "unload"
    names = {row["name"] for row in http.get(f"{providers.url}/api/ps").json()["models"]}
    assert "codellama:latest" not in names
