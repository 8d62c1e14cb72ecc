"""The call record against the real gateway: every provider, streams, cache, failures, and the spend log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import openai
import pandas as pd
import pytest

from gateway_kit.errors import GatewayUnreachableError, ProviderFailedError
from gateway_kit.gateway import CALLS, Gateway, connect
from gateway_kit.gateway.providers import Providers

# model name → (provider as LiteLLM names it, the provider's name of the model)
CHAT_MODELS = {
    "gpt-4o-mini": ("openai", "gpt-4o-mini"),
    "azure-gpt-4o-mini": ("azure", "gpt-4o-mini"),
    "claude-haiku-4-5": ("anthropic", "claude-haiku-4-5"),
    "bedrock-nova-micro": ("bedrock", "converse/us.amazon.nova-micro-v1:0"),
    "gemini-pro": ("vertex_ai", "gemini-1.5-pro"),
    "gemini-flash-lite": ("gemini", "gemini-3.1-flash-lite"),
    "phi3": ("ollama_chat", "phi3"),
}
# One that the simulator answers from its bank.
PROMPT = "What is an LLM gateway?"
EMBEDDING_MODELS = ("text-embedding-3-small", "nomic-embed-text", "local-embed")


def test_the_record_agrees_with_the_spend_log(
    gateway: Gateway, own_cache: dict[str, Any], unique: str
) -> None:
    """Each provider, plain and streamed, each a second time (a cache hit), and embeddings."""
    for model in CHAT_MODELS:
        for _ in range(2):
            assert gateway.ask(PROMPT, model, **own_cache).text
            assert "".join(gateway.stream(PROMPT, model, temperature=0.5, **own_cache))
    for model in EMBEDDING_MODELS:
        for _ in range(2):
            assert gateway.embed(f"A text {unique}", model).shape[0] == 1

    calls = gateway.calls.frame()
    assert calls["status"].eq(200).all()
    assert calls["error"].isna().all()
    for model, (provider, name) in CHAT_MODELS.items():
        rows = calls[calls["model"] == model]
        assert set(rows["provider"]) == {provider}, model
        assert set(rows["provider_model"]) == {name}, model
        assert set(rows["deployment"]) <= set(gateway.models.list()["deployment"])
        assert rows["cache_hit"].tolist() == [False, False, True, True], model
    chats = calls[calls["kind"] == "chat"]
    assert (chats.loc[~chats["cache_hit"], "cost_usd"] > 0).all()
    assert (chats.loc[chats["cache_hit"], "cost_usd"] == 0).all()
    assert (chats.loc[chats["cache_hit"], "saved_usd"] > 0).all()
    assert (calls["prompt_tokens"] > 0).all()
    streams = calls[calls["stream"]]
    assert (streams["ttft_s"] > 0).all()
    assert (streams["ttft_s"] <= streams["latency_s"]).all()
    assert calls.loc[~calls["stream"], "ttft_s"].isna().all()
    embeddings = calls[calls["kind"] == "embeddings"]
    assert embeddings["cache_hit"].tolist() == [False, True] * len(EMBEDDING_MODELS)

    log = gateway.spend.wait_for(calls["request_id"])
    both = calls.merge(log, on="request_id", suffixes=("", "_log"), validate="one_to_one")
    assert len(both) == len(calls)
    # The spend log keeps 16 significant digits, the headers 17.
    pd.testing.assert_series_equal(
        both["cost_usd"], both["cost_usd_log"], check_names=False, rtol=1e-15, atol=0
    )
    for column in ("kind", "model", "cache_hit", "prompt_tokens", "completion_tokens", "deployment"):
        assert both[column].tolist() == both[f"{column}_log"].tolist(), column


def test_some_embeddings_from_the_cache(gateway: Gateway, unique: str) -> None:
    gateway.embed([f"{unique} one", f"{unique} two"])
    mixed = gateway.embed([f"{unique} one", f"{unique} three"])
    first, second = gateway.calls
    assert (first.cache_hit, second.cache_hit) == (False, True)
    assert (second.cost_usd, second.saved_usd) == (None, None)  # the answer does not tell them apart
    log = gateway.spend.wait_for([second.request_id or ""])
    assert 0 < log["cost_usd"][0] < (first.cost_usd or 0)
    assert mixed.shape == (2, 1536)


def test_an_answer_asked_afresh_is_no_hit(gateway: Gateway, fresh: dict[str, Any]) -> None:
    gateway.ask(PROMPT)
    again = gateway.ask(PROMPT, **fresh)
    assert not again.call.cache_hit


def test_the_plain_openai_client_is_recorded(gateway: Gateway) -> None:
    messages = [{"role": "user", "content": PROMPT}]
    with gateway.calls.recording() as part:
        gateway.client.models.list()
        chunks = list(
            gateway.client.chat.completions.create(model="gpt-4o-mini", messages=messages, stream=True)  # type: ignore[call-overload]
        )
    assert all(chunk.usage is None for chunk in chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert [call.kind for call in part] == ["models", "chat"]
    assert part.frame().columns.tolist() == CALLS.columns
    assert part.last["total_tokens"] > 0


def test_retries_are_counted(gateway: Gateway, providers: Providers, own_model: Callable[..., str]) -> None:
    model = own_model()
    with providers.fault(deployment=model, kind="server_error", count=1):
        call = gateway.ask(PROMPT, model).call
    assert (call.status, call.retries, call.fallbacks) == (200, 1, 0)


def test_fallbacks_are_counted(gateway: Gateway, providers: Providers, own_model: Callable[..., str]) -> None:
    model = own_model()
    with providers.fault(deployment=model, kind="server_error"):
        call = gateway.ask(
            PROMPT, model, extra_body={"fallbacks": ["claude-haiku-4-5"], "num_retries": 0}
        ).call
    assert (call.model, call.model_group, call.provider) == (model, "claude-haiku-4-5", "anthropic")
    assert call.fallbacks == 1


def test_streams_that_do_not_end_say_so_and_are_charged(
    gateway: Gateway, providers: Providers, own_model: Callable[..., str], fresh: dict[str, Any]
) -> None:
    model = own_model()
    with gateway.stream(PROMPT, model, **fresh) as stream:
        next(iter(stream))
    with (
        providers.fault(deployment=model, kind="cut_stream", after_chunks=5),
        pytest.raises(ProviderFailedError, match="litellm"),
    ):
        list(gateway.stream(PROMPT, model, **fresh))
    left, cut = gateway.calls
    assert stream.call is left
    assert left.error == "left by the caller before its end"
    assert "litellm" in (cut.error or "")
    for call in (left, cut):
        assert (call.status, call.cost_usd) == (200, None)
        assert 0 < (call.ttft_s or 0) <= (call.latency_s or 0)
    log = gateway.spend.wait_for([left.request_id or "", cut.request_id or ""]).set_index("request_id")
    assert log.loc[left.request_id, "cost_usd"] > 0
    assert log.loc[cut.request_id, "cost_usd"] > 0


def test_a_slow_model_meets_the_clients_limit(
    stack_env: dict[str, str], providers: Providers, own_model: Callable[..., str]
) -> None:
    model = own_model()
    with (
        providers.fault(deployment=model, kind="slow", latency_s=30),
        connect(stack_env["GATEWAY_API_KEY"], stack_env["GATEWAY_URL"], timeout_s=0.5) as hasty,
    ):
        with pytest.raises(GatewayUnreachableError, match="timeout_s"):
            hasty.ask(PROMPT, model)
        row = hasty.calls.last
    assert pd.isna(row["status"])
    assert row["error"].startswith("ReadTimeout")
    assert 0.4 < row["latency_s"] < 30


def test_refusals_are_recorded_with_the_gateways_words(gateway: Gateway) -> None:
    with pytest.raises(openai.AuthenticationError):
        gateway.client_for("sk-not-a-key").chat.completions.create(model="gpt-4o-mini", messages=[])
    row = gateway.calls.last
    assert (row["status"], row["key"]) == (401, "…-key")
    assert row["error"].startswith("Authentication Error")


def test_many_at_once_each_have_their_own_row(gateway: Gateway, fresh: dict[str, Any]) -> None:
    answers = gateway.ask_many([PROMPT] * 13, "smart", concurrency=6, **fresh)
    calls = [answer.call for answer in answers if not isinstance(answer, Exception)]
    assert len(calls) == 13
    assert len({call.request_id for call in calls}) == 13 == len(gateway.calls)
