"""Faults: each kind in each provider's error format, for providers, models and deployments, and how they end."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpx
import pandas as pd
import pytest
from late_litellm import litellm

from gateway_kit.gateway.providers import Providers

# One model of each provider.
ONE_EACH = {
    "openai": "gpt-4o-mini", "azure": "azure-gpt-4o-mini", "anthropic": "claude-haiku-4-5",
    "bedrock": "bedrock-nova-micro", "vertex_ai": "gemini-pro", "gemini": "gemini-flash-lite", "ollama": "phi3",
}  # fmt: skip
Models = dict[str, dict[str, Any]]
PROMPT = [{"role": "user", "content": "What is an LLM gateway?"}]


def ask(parameters: dict[str, Any], **more: Any) -> Any:
    return litellm.completion(messages=PROMPT, **{**parameters, **more})


def status(http: httpx.Client, url: str, key: str = "k", model: str = "gpt-4o-mini") -> int:
    body = {"model": model, "messages": [{"role": "user", "content": "ping"}]}
    return http.post(
        f"{url}/chat/completions", json=body, headers={"authorization": f"Bearer {key}"}
    ).status_code


@pytest.mark.parametrize("provider", ONE_EACH)
def test_rate_limit(provider: str, models: Models, quick: Providers) -> None:
    with (
        quick.fault(provider, kind="rate_limit", retry_after_s=7),
        pytest.raises(litellm.RateLimitError) as caught,
    ):
        ask(models[ONE_EACH[provider]])
    headers = getattr(caught.value, "litellm_response_headers", None) or caught.value.response.headers
    assert headers["retry-after"] == "7"
    assert ask(models[ONE_EACH[provider]]).choices[0].message.content, "the fault is off after the block"
    rows = quick.journal()
    assert list(rows.status) == [429, 200]
    assert rows.fault.tolist()[0] == "rate_limit"


@pytest.mark.parametrize("provider", ONE_EACH)
def test_server_error(provider: str, models: Models, quick: Providers) -> None:
    # LiteLLM's provider code decides which of these errors it raises; the journal has the status on the wire.
    kinds = (litellm.InternalServerError, litellm.ServiceUnavailableError, litellm.APIError)
    with quick.fault(provider, kind="server_error"), pytest.raises(kinds):
        ask(models[ONE_EACH[provider]])
    assert list(quick.journal().status) == [500]


@pytest.mark.parametrize("provider", ONE_EACH)
def test_a_model_that_the_provider_no_longer_has(provider: str, models: Models, quick: Providers) -> None:
    # Bedrock answers 400, and LiteLLM raises its own error for it.
    kinds = (litellm.NotFoundError, litellm.BadRequestError)
    with quick.fault(provider, kind="unknown_model"), pytest.raises(kinds):
        ask(models[ONE_EACH[provider]])
    row = quick.journal().iloc[0]
    assert (row["status"], row["fault"]) == (400 if provider == "bedrock" else 404, "unknown_model")


@pytest.mark.parametrize("provider", ONE_EACH)
def test_a_stream_is_cut_after_the_given_number_of_chunks(
    provider: str, models: Models, quick: Providers
) -> None:
    pieces: list[str] = []

    def read() -> None:
        for chunk in ask(models[ONE_EACH[provider]], stream=True):
            pieces.extend(choice.delta.content for choice in chunk.choices if choice.delta.content)

    with quick.fault(provider, kind="cut_stream", after_chunks=4):
        with pytest.raises(litellm.exceptions.MidStreamFallbackError):
            read()
        assert ask(models[ONE_EACH[provider]]).choices[0].message.content, "only streams are cut"
    assert len(pieces) == 4
    row = quick.journal().iloc[0]
    assert (row.status, row.outcome, row.completion_tokens) == (200, "cut", 4)


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
def test_an_error_within_a_stream_is_the_providers_or_a_cut(
    provider: str, models: Models, quick: Providers
) -> None:
    with quick.fault(provider, kind="stream_error", after_chunks=2):
        with pytest.raises(litellm.exceptions.MidStreamFallbackError) as caught:
            list(ask(models[ONE_EACH[provider]], stream=True))
        assert ask(models[ONE_EACH[provider]]).choices[0].message.content, "only streams are struck"
    assert ("Overloaded" in str(caught.value)) == (provider == "anthropic")
    row = quick.journal().iloc[0]
    assert (row.outcome, row.fault) == ("cut", "stream_error")


def test_a_timeout_holds_the_request_until_the_caller_leaves(models: Models, quick: Providers) -> None:
    with quick.fault("anthropic", kind="timeout", hold_s=30):
        begun = time.monotonic()
        with pytest.raises(litellm.Timeout):
            ask(models["claude-haiku-4-5"], timeout=0.5)
        assert 0.4 < time.monotonic() - begun < 30  # held until the caller leaves
    row = wait_for_row(quick)
    assert (row.outcome, row.fault) == ("client_left", "timeout")
    assert pd.isna(row.status)


def test_a_timeout_ends_by_dropping_the_connection(quick: Providers, http: httpx.Client) -> None:
    with quick.fault("openai", kind="timeout", hold_s=0.3), pytest.raises(httpx.RemoteProtocolError):
        status(http, f"{quick.url}/v1")
    assert wait_for_row(quick).outcome == "no_answer"


def held_caller(url: str, model: str) -> tuple[threading.Thread, list[Exception]]:
    """A thread whose call is held, and the list that will contain its error."""
    errors: list[Exception] = []

    def call() -> None:
        with httpx.Client(timeout=120, trust_env=False, verify=False) as client:
            try:
                status(client, url, model=model)
            except httpx.HTTPError as exc:
                errors.append(exc)

    caller = threading.Thread(target=call)
    caller.start()
    return caller, errors


def test_switching_a_fault_off_releases_only_its_requests(quick: Providers) -> None:
    first = quick.fault(model="gpt-4o-mini", kind="timeout", hold_s=600)
    quick.fault(model="gpt-5-nano", kind="timeout", hold_s=600)
    callers = [held_caller(f"{quick.url}/v1", model) for model in ("gpt-4o-mini", "gpt-5-nano")]
    end = time.monotonic() + 60
    while quick.faults().hits.sum() < 2:
        assert time.monotonic() < end
        time.sleep(0.02)

    first.off()
    callers[0][0].join(timeout=50)
    assert isinstance(callers[0][1][0], httpx.RemoteProtocolError)
    assert callers[1][0].is_alive(), "the other fault still holds its request"
    assert quick.clear_faults() == 1
    callers[1][0].join(timeout=50)
    assert isinstance(callers[1][1][0], httpx.RemoteProtocolError)


def test_slow_adds_its_seconds(models: Models, quick: Providers) -> None:
    with quick.fault("gemini", kind="slow", latency_s=0.4):
        ask(models["gemini-flash-lite"])
    row = quick.journal().iloc[-1]
    assert row.latency_s >= 0.4
    assert (row.outcome, row.fault) == ("answered", "slow")


def test_slow_and_another_fault_can_apply_together(quick: Providers, http: httpx.Client) -> None:
    with quick.fault(kind="slow", latency_s=0.3), quick.fault(kind="server_error"):
        assert status(http, f"{quick.url}/v1") == 500
    row = quick.journal().iloc[-1]
    assert row.latency_s >= 0.3
    assert row.fault == "server_error"


def test_a_deployment_is_recognised_by_key_or_path(quick: Providers, http: httpx.Client) -> None:
    with quick.fault(deployment="openai-east", kind="server_error"):
        assert status(http, f"{quick.url}/v1", key="sim-openai-east") == 500
        assert status(http, f"{quick.url}/v1", key="sim-openai-west") == 200
        assert status(http, f"{quick.url}/d/openai-east/v1") == 500
        assert status(http, f"{quick.url}/d/openai-west/v1") == 200
    with quick.fault(deployment="sim-openai-west", kind="rate_limit"):
        assert status(http, f"{quick.url}/v1", key="sim-openai-west") == 429
    assert list(quick.journal().deployment) == ["openai-east", "openai-west"] * 2 + ["openai-west"]


def test_paths_with_a_label_reach_every_provider(models: Models, quick: Providers) -> None:
    url = quick.url
    project = "v1/projects/simulated-project/locations/us-central1/publishers/google/models/gemini-1.5-pro"
    bases = {
        "gpt-4o-mini": {"api_base": f"{url}/d/west/v1"},
        "azure-gpt-4o-mini": {"api_base": f"{url}/d/west"},
        "claude-haiku-4-5": {"api_base": f"{url}/d/west"},
        "bedrock-nova-micro": {"aws_bedrock_runtime_endpoint": f"{url}/d/west"},
        "gemini-pro": {"api_base": f"{url}/d/west/{project}"},
        "gemini-flash-lite": {"api_base": f"{url}/d/west/v1beta"},
        "phi3": {"api_base": f"{url}/d/west"},
    }
    for name, base in bases.items():
        assert ask(models[name], **base).choices[0].message.content
    assert set(quick.journal().deployment) == {"west"}


def test_a_fault_can_affect_only_one_model_or_provider(quick: Providers, http: httpx.Client) -> None:
    with quick.fault("openai", kind="server_error", model="gpt-4o-mini"):
        assert status(http, f"{quick.url}/v1", model="gpt-4o-mini") == 500
        assert status(http, f"{quick.url}/v1", model="gpt-5-nano") == 200
    with quick.fault("azure", kind="server_error"):
        assert status(http, f"{quick.url}/v1") == 200


def test_count_and_seconds_end_a_fault(quick: Providers, http: httpx.Client) -> None:
    quick.fault("openai", kind="server_error", count=2)
    assert [status(http, f"{quick.url}/v1") for _ in range(3)] == [500, 500, 200]
    assert quick.faults().empty
    quick.fault("openai", kind="server_error", seconds=0.3)
    assert status(http, f"{quick.url}/v1") == 500
    time.sleep(0.35)
    assert status(http, f"{quick.url}/v1") == 200


def test_the_same_seed_gives_the_same_random_faults(quick: Providers, http: httpx.Client) -> None:
    def series(seed: int) -> list[int]:
        with quick.fault("openai", kind="server_error", probability=0.5, seed=seed):
            return [status(http, f"{quick.url}/v1") for _ in range(20)]

    first = series(3)
    assert series(3) == first
    assert series(4) != first
    assert 3 <= first.count(500) <= 17


def test_faults_also_affect_embeddings(models: Models, quick: Providers) -> None:
    with quick.fault("ollama", kind="rate_limit"), pytest.raises(litellm.RateLimitError):
        litellm.embedding(input=["a"], **models["nomic-embed-text"])


def wait_for_row(providers: Providers) -> Any:
    """The journal's last row; a request whose client has left is recorded a moment later."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        rows = providers.journal()
        if len(rows):
            return rows.iloc[-1]
        time.sleep(0.02)
    raise AssertionError("nothing was written into the journal")
