"""A rehearsal's simulator knows every model and address; what LiteLLM tells it of a call."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from conftest import KEYS, Post, Simulator, models_at, start_simulator
from late_litellm import litellm

from gateway_kit.gateway.providers import Providers
from gateway_kit.rehearsal.run_folder import PLAN_HEADER
from gateway_kit.stack.services.providers import price_list

MESSAGES = [{"role": "user", "content": "What is the capital of France?"}]


ANY_NAMES: dict[str, tuple[str, Any, Mapping[str, str]]] = {
    "a provider that speaks OpenAI's API": (
        "/d/east/v1/chat/completions",
        {
            "model": "llama-3.3-70b-versatile",
            "messages": MESSAGES,
            "top_k": 3,
            "reasoning_effort": "low",
            "max_tokens": 100_000,
            "stream_options": {"include_usage": True},
            "response_format": {"type": "json_object"},
        },
        {},
    ),
    "without /v1": ("/d/east/chat/completions", {"model": "sonar", "messages": MESSAGES}, {}),
    "below a path": ("/d/east/api/inference/v1/chat/completions", {"model": "a/b", "messages": MESSAGES}, {}),
    "embeddings": ("/d/east/embeddings", {"model": "bge-m3", "input": "one", "input_type": "query"}, {}),
    "responses": ("/d/east/v1/responses", {"model": "grok-9", "input": "one"}, {}),
    "completions": ("/d/east/v1/completions", {"model": "starcoder", "prompt": "one", "top_k": 1}, {}),
    "an Azure deployment": (
        "/d/east/openai/deployments/our-own-gpt/chat/completions?api-version=2024-10-21",
        {"messages": MESSAGES},
        {},
    ),
    "Bedrock": (
        "/model/newvendor.some-model-v1%3A0/converse",
        {"messages": [{"role": "user", "content": [{"text": "Hello"}]}]},
        {},
    ),
    "Gemini": (
        "/d/east/v1beta/models/gemini-9-pro:generateContent",
        {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]},
        {},
    ),
    "Anthropic": (
        "/d/east/v1/messages",
        {"model": "claude-zephyr-9", "max_tokens": 50, "messages": MESSAGES},
        {"anthropic-version": "2023-06-01"},
    ),
    "Ollama": ("/d/east/api/chat", {"model": "our-llama:70b", "messages": MESSAGES, "stream": False}, {}),
}


def test_without_an_embedding_model_embeddings_are_made_up(
    http: httpx.Client, tmp_path: Path, rehearsing: Simulator
) -> None:
    def embed(url: str, texts: list[str]) -> list[list[float]]:
        body = {"model": "text-embedding-3-small", "input": texts, "encoding_format": "float"}
        answer = http.post(f"{url}/v1/embeddings", json=body, headers=KEYS).raise_for_status().json()
        return [row["embedding"] for row in answer["data"]]

    alone = start_simulator(tmp_path, "", rehearsal=True)
    try:
        one, other, again = embed(alone.url, ["one", "other", "one"])
        with Providers(alone.url) as control:
            assert list(control.journal()["source"]) == ["made_up"]
    finally:
        assert alone.stop() == 0
    assert one == again != other
    assert len(one) == 1536
    assert sum(number**2 for number in one) == pytest.approx(1)
    with Providers(rehearsing.url) as control:
        embed(rehearsing.url, ["one"])
        assert list(control.journal()["source"])[-1] == "embeddings_model"


@pytest.mark.parametrize("name", ANY_NAMES)
def test_a_rehearsal_knows_every_model_at_every_address(
    name: str, post: Post, rehearsing: Simulator, simulator: Simulator, http: httpx.Client
) -> None:
    path, body, more = ANY_NAMES[name]
    headers = {**(KEYS if "/d/" not in path else {}), **more}
    answer = post(path, body, "call=77;in=20;out=5", headers)
    assert answer.status_code == 200, answer.text
    with Providers(rehearsing.url) as control:
        row = control.journal(call=77).iloc[-1]
        (plain,) = control.journal_rows(after_id=int(row.id) - 1)
    assert (row.deployment, row.status, row.prompt_tokens) == ("east", 200, 20)
    assert plain == {column: None if pd.isna(value) else value for column, value in row.items()}
    ordinary = http.post(simulator.url + path, json=body, headers={**KEYS, "x-goog-api-key": "k", **headers})
    assert ordinary.status_code >= 400, (
        "an ordinary simulator has the models and addresses of the providers alone"
    )


def test_a_foreign_models_context_is_that_of_the_price_list_or_large(
    rehearsing: Simulator, post: Post
) -> None:
    for model in ("llama-3.3-70b-versatile", "a-name-of-our-own"):
        post("/d/east/v1/chat/completions", {"model": model, "messages": MESSAGES}, "call=1")
    with Providers(rehearsing.url) as control:
        windows = control.models().set_index("provider_model").context_window
    prices = json.loads(Path(price_list() or "").read_text())
    listed = [
        one["max_input_tokens"] for name, one in prices.items() if name.endswith("/llama-3.3-70b-versatile")
    ]
    assert windows["llama-3.3-70b-versatile"] == max(listed)
    assert windows["a-name-of-our-own"] == 2_000_000


def test_a_model_of_another_kind_is_still_refused(post: Post) -> None:
    chat = post("/v1/chat/completions", {"model": "text-embedding-3-small", "messages": MESSAGES}, "call=1")
    vector = post("/v1/embeddings", {"model": "gpt-4o", "input": "one"}, "call=1")
    assert chat.status_code >= 400
    assert vector.status_code >= 400


def test_other_providers_streams_end_with_their_usage_unasked(post: Post) -> None:
    body = {"model": "mistral-large-latest", "messages": MESSAGES, "stream": True}
    last = post("/d/east/v1/chat/completions", body, "in=20;out=5").text.split("data: ")[-2]
    usage = json.loads(last)["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (20, 5)


WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
# Where LiteLLM forwards no headers, as plans.mjs says.
NOT_FORWARDED = {"nomic-embed-text", "vertex-embedding"}
# Where it counts the tokens itself.
COUNTED_BY_LITELLM = {"gemini-embedding", "bedrock-invoke-llama3"}


@pytest.mark.parametrize(
    "model",
    [
        "gpt-4o-mini", "azure-gpt-4o-mini", "claude-haiku-4-5", "bedrock-nova-micro", "bedrock-invoke-llama3",
        "bedrock-invoke-claude", "gemini-pro", "gemini-flash-lite", "phi3",
    ],
)  # fmt: skip
def test_litellm_forwards_the_header_with_chats_and_streams(
    model: str, rehearsing: Simulator, service_account: Callable[[str], str]
) -> None:
    """As the proxy passes a client's headers on: another version of LiteLLM shows here what it no longer forwards."""
    call = {
        **models_at(rehearsing.url, service_account)[model],
        "messages": MESSAGES,
        "headers": {PLAN_HEADER: "in=812;out=95"},
    }
    whole = litellm.completion(**call)
    assert (whole.usage.prompt_tokens, whole.usage.completion_tokens) == (812, 95)
    *_, last = litellm.completion(**call, stream=True, stream_options={"include_usage": True})
    used = (last.usage.prompt_tokens, last.usage.completion_tokens)
    assert used == (812, 95) or model in COUNTED_BY_LITELLM


@pytest.mark.parametrize(
    "model",
    [
        "azure-gpt-4o-mini", "claude-haiku-4-5", "bedrock-nova-micro", "bedrock-invoke-claude", "gemini-pro",
        "gemini-flash-lite", "phi3",
    ],
)  # fmt: skip
def test_a_tool_is_called_and_counted_as_planned_in_every_dialect(
    model: str, rehearsing: Simulator, service_account: Callable[[str], str]
) -> None:
    parameters = models_at(rehearsing.url, service_account)[model]
    question = [{"role": "user", "content": "What is the weather in Paris?"}]
    plan = {PLAN_HEADER: "in=50;out=23"}
    answer = litellm.completion(**parameters, messages=question, tools=[WEATHER], headers=plan)
    (made,) = answer.choices[0].message.tool_calls
    assert json.loads(made.function.arguments) == {"city": "Paris"}
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (50, 23)


@pytest.mark.parametrize(
    "model",
    [
        "text-embedding-3-small", "azure-embedding", "titan-v2", "vertex-embedding", "gemini-embedding",
        "nomic-embed-text",
    ],
)  # fmt: skip
def test_litellm_forwards_the_header_with_most_embeddings(
    model: str, rehearsing: Simulator, service_account: Callable[[str], str]
) -> None:
    parameters = models_at(rehearsing.url, service_account)[model]
    plan = {PLAN_HEADER: "call=9;in=40;texts=2"}
    answer = litellm.embedding(**parameters, input=["one", "two"], headers=plan)
    with Providers(rehearsing.url) as control:
        row = control.journal().iloc[-1]
    if model in NOT_FORWARDED:
        assert pd.isna(row["call"]), "plans.mjs says that these forward no header; now they do"
        return
    assert row["call"] == 9
    assert answer.usage.prompt_tokens == 40 or model in COUNTED_BY_LITELLM
