"""What the real gateway refuses, as the kit's exceptions."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from gateway_kit.errors import (
    BudgetExceededError,
    ContextWindowError,
    KeyRefusedError,
    ModelNotFoundError,
    ProviderFailedError,
    RateLimitedError,
    RequestRefusedError,
)
from gateway_kit.gateway import Gateway, connect
from gateway_kit.gateway.providers import Providers

# One that the simulator answers from its bank.
PROMPT = "What is an LLM gateway?"


def test_an_unknown_model(gateway: Gateway) -> None:
    with pytest.raises(ModelNotFoundError, match=r"gateway\.models\.list\(\)"):
        gateway.ask("Hello", "no-such-model")


@pytest.mark.parametrize(
    ("limits", "words"),
    [({"blocked": True}, "blocked"), ({"models": ["phi3"]}, "not available for this API key")],
)
def test_a_blocked_key_and_one_for_another_model_are_refused(
    gateway: Gateway, new_key: Callable[..., str], limits: dict[str, object], words: str
) -> None:
    with pytest.raises(KeyRefusedError, match=words):
        gateway.ask("Hello", api_key=new_key(**limits))


def test_a_wrong_key_and_an_expired_one(gateway: Gateway, new_key: Callable[..., str]) -> None:
    with pytest.raises(KeyRefusedError, match="gateway-kit env"):
        gateway.ask("Hello", api_key="sk-wrong")
    expiring = new_key(duration="1s")
    time.sleep(1.5)  # the key's own second has to pass
    with pytest.raises(KeyRefusedError, match="Expired"):
        gateway.ask("Hello", api_key=expiring)


def test_a_keys_rate_limit(gateway: Gateway, new_key: Callable[..., str]) -> None:
    key = new_key(rpm_limit=1)
    gateway.ask(PROMPT, api_key=key)
    with pytest.raises(RateLimitedError, match="Rate limit exceeded") as caught:
        gateway.ask(PROMPT, api_key=key)
    assert caught.value.status == 429
    assert 0 < (caught.value.retry_after_s or 0) <= 60


def test_a_spent_budget(gateway: Gateway, new_key: Callable[..., str], fresh: dict[str, Any]) -> None:
    key = new_key(max_budget=1e-9)

    def spend() -> None:
        deadline = time.monotonic() + 120  # until LiteLLM has booked the first call
        while time.monotonic() < deadline:
            gateway.ask(PROMPT, api_key=key, **fresh)

    with pytest.raises(BudgetExceededError, match="Budget has been exceeded") as spent:
        spend()
    assert spent.value.whose == "the key's budget"


def test_a_providers_rate_limit(
    gateway: Gateway, providers: Providers, own_model: Callable[..., str]
) -> None:
    model = own_model()
    with (
        providers.fault(deployment=model, kind="rate_limit", retry_after_s=7),
        pytest.raises(RateLimitedError, match="OpenAIException") as caught,
    ):
        gateway.ask(PROMPT, model, extra_body={"num_retries": 0})
    assert caught.value.retry_after_s == 7
    assert caught.value.request_id == gateway.calls.last["request_id"]


def test_a_provider_that_fails(gateway: Gateway, providers: Providers, own_model: Callable[..., str]) -> None:
    model = own_model()
    with providers.fault(deployment=model, kind="server_error"), pytest.raises(ProviderFailedError) as caught:
        gateway.ask(PROMPT, model, extra_body={"num_retries": 0})
    assert (caught.value.status or 0) >= 500


def test_a_prompt_that_is_too_long(gateway: Gateway) -> None:
    with pytest.raises(ContextWindowError, match="maximum context length"):
        gateway.ask("word " * 140_000)


def test_a_request_that_is_wrong(gateway: Gateway) -> None:
    with pytest.raises(RequestRefusedError):
        gateway.ask([{"role": "nobody"}], temperature="warm")


def test_ask_many_keeps_failures_in_their_place(gateway: Gateway) -> None:
    results = gateway.ask_many([PROMPT, [{"role": "user", "content": 7}]])
    assert [isinstance(result, Exception) for result in results] == [False, True]


def test_connect_finds_the_local_stack(stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "GATEWAY_URL",
        "GATEWAY_API_KEY",
        "LITELLM_MASTER_KEY",
        "PROVIDERS_URL",
        "REDIS_URL",
        "DATABASE_URL",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEWAY_HOME", stack_env["GATEWAY_HOME"])
    with connect() as gateway:
        assert gateway.url == stack_env["GATEWAY_URL"]
        assert not gateway.models.list().empty
        assert gateway.models.list()["simulated"].any()
