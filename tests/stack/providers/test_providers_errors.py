"""What a provider rejects: wrong keys, prompts that are too long, unknown models, and every kind of broken request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from late_litellm import litellm

from gateway_kit.gateway.providers import Providers

Models = dict[str, dict[str, Any]]
PROMPT = [{"role": "user", "content": "What is an LLM gateway?"}]
KEY = {
    "authorization": "Bearer k",
    "x-api-key": "k",
    "api-key": "k",
    "x-goog-api-key": "k",
    "anthropic-version": "2023-06-01",
}
CHAT_PATHS = {
    "/v1/chat/completions": lambda body: body["error"]["message"],
    "/v1/responses": lambda body: body["error"]["message"],
    "/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21": lambda body: body["error"][
        "message"
    ],
    "/v1/messages": lambda body: body["error"]["message"],
    "/model/us.amazon.nova-micro-v1%3A0/converse": lambda body: body["message"],
    "/v1beta/models/gemini-3.1-flash-lite:generateContent": lambda body: body["error"]["message"],
    "/v1/projects/p/locations/l/publishers/google/models/gemini-1.5-pro:generateContent": lambda body: body[
        "error"
    ]["message"],
    "/api/chat": lambda body: body["error"],
}


def ask(parameters: dict[str, Any], messages: list[dict[str, str]] | None = None, **more: Any) -> Any:
    return litellm.completion(messages=messages or PROMPT, **{**parameters, **more})


@pytest.mark.parametrize(
    "name", ["gpt-4o-mini", "azure-gpt-4o-mini", "claude-haiku-4-5", "gemini-flash-lite", "phi3"]
)
def test_a_wrong_key_is_rejected(name: str, models: Models, quick: Providers) -> None:
    with pytest.raises(litellm.AuthenticationError):
        ask(models[name], api_key="wrong-key")
    assert quick.journal().iloc[-1].outcome == "refused"


def test_a_wrong_aws_key_and_a_wrong_service_account_are_rejected(
    models: Models, quick: Providers, service_account: Callable[[str], str]
) -> None:
    with pytest.raises(litellm.AuthenticationError):
        ask(models["bedrock-nova-micro"], aws_access_key_id="wrong-key")
    with pytest.raises(Exception, match="invalid_client"):
        ask(models["gemini-pro"], vertex_credentials=service_account("wrong-key"))


@pytest.mark.parametrize("path", [path for path in CHAT_PATHS if path != "/api/chat"])
def test_a_missing_key_is_rejected(path: str, quick: Providers, http: httpx.Client) -> None:
    body = {"model": "gpt-4o-mini", "max_tokens": 5, "messages": PROMPT}
    answer = http.post(f"{quick.url}{path}", json=body)
    assert answer.status_code in (401, 403)
    assert CHAT_PATHS[path](answer.json())


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("gpt-3.5-turbo", 16_385), ("gpt-4o-mini", 128_000), ("azure-gpt-4o-mini", 128_000),
        ("claude-haiku-4-5", 200_000), ("bedrock-llama2-13b", 4_096), ("bedrock-llama3-8b", 128_000),
        ("gemini-flash-lite", 1_048_576), ("gemini-pro", 2_097_152),
    ],
)  # fmt: skip
def test_a_prompt_above_the_context_window(name: str, tokens: int, models: Models, quick: Providers) -> None:
    with pytest.raises(litellm.ContextWindowExceededError):
        ask(models[name], [{"role": "user", "content": "word " * (tokens + 10)}])
    row = quick.journal().iloc[-1]
    assert (row.status, row.outcome) == (400, "refused")
    assert row.prompt_tokens > tokens


def test_ollama_also_rejects_a_long_prompt(models: Models, quick: Providers) -> None:
    # LiteLLM 1.106.2 has no context-window mapping for Ollama: its error stays a BadRequestError.
    with pytest.raises(litellm.BadRequestError, match="exceeds the available context size"):
        ask(models["phi3"], [{"role": "user", "content": "word " * 5_000}])


def test_a_changed_context_window_applies(models: Models, quick: Providers) -> None:
    quick.profile("claude-haiku-4-5", context_window=10)
    with pytest.raises(
        litellm.ContextWindowExceededError, match="prompt is too long: 12 tokens > 10 maximum"
    ):
        ask(models["claude-haiku-4-5"])


@pytest.mark.parametrize(
    "name", ["gpt-4o-mini", "azure-gpt-4o-mini", "claude-haiku-4-5", "gemini-flash-lite", "phi3"]
)
def test_an_unknown_model(name: str, models: Models, quick: Providers) -> None:
    prefix = models[name]["model"].split("/")[0]
    with pytest.raises(litellm.NotFoundError):
        ask(models[name], model=f"{prefix}/no-such-model")


def test_an_unknown_bedrock_model(models: Models, quick: Providers) -> None:
    with pytest.raises(litellm.BadRequestError, match="model identifier is invalid"):
        ask(models["bedrock-nova-micro"], model="bedrock/converse/us.amazon.nova-nonsense-v1:0")


@pytest.mark.parametrize("path", CHAT_PATHS)
@pytest.mark.parametrize(
    "content",
    [
        b"", b"{bad", b"[]", b"null", b'"text"', b"\xff\xfe", b"[" * 100_000, b"{}", b'{"model": 5, "messages": 7}',
        b'{"model": "gpt-4o-mini", "messages": []}', b'{"model": "gpt-4o-mini", "messages": [null], "contents": [1]}',
        b'{"model": "gpt-4o-mini", "max_tokens": "x", "messages": [{}], "contents": [{"parts": 3}], "input": {}}',
        b'{"model": "gpt-4o-mini", "tools": {"a": 1}, "max_tokens": 5, "messages": [{"role": "user", "content": 3}]}',
    ],
)  # fmt: skip
def test_broken_bodies_get_a_400_in_the_providers_format(
    path: str, content: bytes, quick: Providers, http: httpx.Client
) -> None:
    if path == "/api/chat":
        content = content.replace(b"gpt-4o-mini", b"phi3")
    answer = http.post(f"{quick.url}{path}", content=content, headers=KEY)
    if path == "/api/chat" and content.endswith((b'"messages": []}', b'"input": {}}')):
        # Go takes its empty value for what is missing, and no message loads the model.
        assert answer.status_code == 200
        return
    assert answer.status_code == 400, answer.text
    assert CHAT_PATHS[path](answer.json())


def test_a_huge_body_is_rejected_and_the_next_request_is_served(quick: Providers, http: httpx.Client) -> None:
    begin = b'{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "'
    answer = http.post(
        f"{quick.url}/v1/chat/completions", content=begin + b"a " * 20_000_000, headers=KEY, timeout=120
    )
    assert answer.status_code == 413
    assert answer.json()["error"]["message"]
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "ping"}]}
    assert http.post(f"{quick.url}/v1/chat/completions", json=body, headers=KEY).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "//",
        "/%ZZ",
        "/v1/audio/speech",
        "/model/x/nonsense",
        "/v1beta/models/x:nonsense",
        "/api/none",
    ],
)
def test_unknown_paths_get_a_404(method: str, path: str, quick: Providers, http: httpx.Client) -> None:
    url = httpx.URL(quick.url).copy_with(raw_path=path.encode())
    answer = http.request(method, url, headers=KEY)
    assert answer.status_code == 404
    assert "error" in answer.json() or "message" in answer.json()


def test_several_choices_and_their_limit(quick: Providers, http: httpx.Client) -> None:
    body: dict[str, Any] = {"model": "gpt-4o-mini", "n": 2, "messages": [{"role": "user", "content": "ping"}]}
    answer = http.post(f"{quick.url}/v1/chat/completions", json=body, headers=KEY)
    assert [choice["message"]["content"] for choice in answer.json()["choices"]] == ["pong", "pong"]
    refused = http.post(f"{quick.url}/v1/chat/completions", json=body | {"n": 129}, headers=KEY)
    assert refused.status_code == 400
