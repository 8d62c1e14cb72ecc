"""Latency profiles hold for whole answers and for streams, vary a little, and change at run time."""

from __future__ import annotations

import itertools
import statistics
import time
from typing import Any

import pytest
from late_litellm import litellm

from gateway_kit.gateway.providers import Providers
from gateway_kit.gateway.simulator import PROFILES

Models = dict[str, dict[str, Any]]


def ask(parameters: dict[str, Any], prompt: str, **more: Any) -> Any:
    messages = [{"role": "user", "content": prompt}]
    return litellm.completion(messages=messages, **parameters, **more)


@pytest.mark.parametrize("name", ["gpt-4o-mini", "bedrock-nova-micro", "phi3"])
def test_first_token_and_rate_of_whole_answers_and_streams(
    name: str, models: Models, providers: Providers
) -> None:
    providers.profile("*", ttft_s=0.3, tokens_per_s=100.0, jitter=0.0)
    late_s = []
    # A busy machine is late with some answers, but never early, and seldom late with all of them.
    while not late_s or (min(late_s) >= 0.3 and len(late_s) < 20):
        providers.clear_journal()
        ask(models[name], "Count from 1 to 10")
        list(ask(models[name], "Count from 1 to 10", stream=True))
        whole, stream = providers.journal().itertuples()
        expected = 0.3 + whole.completion_tokens / 100
        assert min(whole.latency_s, stream.latency_s) >= expected - 0.03
        assert stream.ttft_s >= 0.295
        assert expected - 0.03 <= whole.ttft_s <= whole.latency_s
        late_s.append(max(whole.latency_s - expected, stream.latency_s - expected, stream.ttft_s - 0.3))
    assert min(late_s) < 0.3, late_s


def test_a_caller_sees_the_pieces_one_by_one(models: Models, providers: Providers) -> None:
    providers.profile("claude-haiku-4-5", ttft_s=0.1, tokens_per_s=40.0, jitter=0.0)
    arrivals = [
        time.monotonic() for chunk in ask(models["claude-haiku-4-5"], "Count from 1 to 10", stream=True)
        if chunk.choices[0].delta.content
    ]  # fmt: skip
    gaps = [later - earlier for earlier, later in itertools.pairwise(arrivals)]
    assert 0.015 < statistics.median(gaps) < 0.06


def test_jitter_varies_within_its_bounds_and_repeats_after_a_reset(
    models: Models, providers: Providers
) -> None:
    def once() -> list[float]:
        providers.reset()
        providers.profile("gemini-3.1-flash-lite", ttft_s=0.1, tokens_per_s=100_000.0, jitter=0.5)
        for _ in range(5):
            ask(models["gemini-flash-lite"], "ping")
        return [float(value) for value in providers.journal().latency_s]

    def first_tokens() -> list[float]:
        """The shortest of three: a busy machine adds to a wait, and takes nothing away."""
        return [min(waits) for waits in zip(once(), once(), once(), strict=True)]

    first, second = first_tokens(), first_tokens()
    assert max(first) - min(first) > 0.01
    assert all(0.05 <= value < 0.4 for value in first)
    # The machine adds up to some milliseconds to each.
    assert second == pytest.approx(first, abs=0.03)


def test_the_table_of_profiles_and_models(providers: Providers) -> None:
    profiles = providers.profiles()
    assert {name: str(dtype) for name, dtype in profiles.dtypes.items()} == PROFILES.dtypes
    assert profiles.loc[profiles.kind == "chat", "ttft_s"].between(0.05, 0.35).all()
    assert profiles.loc[profiles.kind == "chat", "tokens_per_s"].between(80, 300).all()
    windows = providers.models().set_index(["provider", "provider_model"]).context_window
    assert windows["ollama", "phi3"] == 4096
    assert windows["openai", "gpt-3.5-turbo"] == 16385

    changed = providers.profile("gpt-4o-mini", provider="azure", ttft_s=1.5)
    assert list(changed.provider) == ["azure"]
    assert set(
        providers.profiles().query("provider_model == 'gpt-4o-mini' and provider == 'openai'").ttft_s
    ) == {0.15}
    providers.reset_profiles()
    assert providers.profiles().equals(profiles)
