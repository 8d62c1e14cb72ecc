"""Every model of a simulated provider that LiteLLM has a price for is simulated, once somebody asks for it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from gateway_kit.errors import ProvidersError
from gateway_kit.gateway.providers import Providers
from gateway_kit.stack.services.providers import price_list

KEYS = {
    "authorization": "Bearer k",
    "x-api-key": "k",
    "x-goog-api-key": "k",
    "anthropic-version": "2023-06-01",
}
PING = [{"role": "user", "content": "ping"}]
# A priced model of each provider that has no row of its own: how to ask it.
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "o3-mini": ("/v1/chat/completions", {"model": "o3-mini", "messages": PING}),
    "claude-mythos-preview": (
        "/v1/messages",
        {"model": "claude-mythos-preview", "max_tokens": 50, "messages": PING},
    ),
    "mistral.mistral-large-2402-v1:0": (
        "/model/mistral.mistral-large-2402-v1:0/converse",
        {"messages": [{"role": "user", "content": [{"text": "ping"}]}]},
    ),
    "gemma-3-27b-it": (
        "/v1beta/models/gemma-3-27b-it:generateContent",
        {"contents": [{"role": "user", "parts": [{"text": "ping"}]}]},
    ),
    "llama3.1": ("/api/chat", {"model": "llama3.1", "messages": PING, "stream": False}),
}


@pytest.mark.parametrize("model", ASKED)
def test_a_priced_model_answers(model: str, quick: Providers, http: httpx.Client) -> None:
    assert model in {name.rsplit("/", 1)[-1] for name in json.loads(price_list().read_text())}
    path, body = ASKED[model]
    answer = http.post(f"{quick.url}{path}", json=body, headers=KEYS)
    assert answer.status_code == 200, answer.text
    assert "pong" in answer.text
    # What was set for all models holds for it, too.
    row = quick.profiles().query("provider_model == @model").iloc[0]
    assert row.ttft_s == 0
    assert row.context_window > 1_000


def test_a_priced_model_can_be_given_a_profile_before_it_is_asked(providers: Providers) -> None:
    changed = providers.profile("o3-mini", ttft_s=0.5)
    assert list(changed.provider_model) == ["o3-mini"] * len(changed)
    assert set(changed.provider) == {"openai", "azure"}
    assert set(changed.ttft_s) == {0.5}
    with pytest.raises(ProvidersError, match='No simulated model "gpt-nonesuch"'):
        providers.profile("gpt-nonesuch", ttft_s=0.5)


def test_after_a_reset_only_the_usual_models_are_listed(providers: Providers) -> None:
    usual = set(providers.models().provider_model)
    assert "o3-mini" not in usual
    providers.profile("o3-mini", ttft_s=0.5)
    assert "o3-mini" in set(providers.models().provider_model)
    providers.reset()
    assert set(providers.models().provider_model) == usual


def test_a_name_without_a_price_is_unknown(quick: Providers, http: httpx.Client) -> None:
    body = {"model": "gpt-nonesuch", "messages": PING}
    answer = http.post(f"{quick.url}/v1/chat/completions", json=body, headers=KEYS)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "model_not_found"
