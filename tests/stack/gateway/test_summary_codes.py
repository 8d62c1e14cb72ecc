"""The status codes of the course's one page, as the gateway answers them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway_kit.errors import GatewayError
from gateway_kit.gateway import Gateway
from gateway_kit.gateway.providers import Providers

SUMMARY = Path(__file__).resolve().parents[3] / "docs" / "summary.md"
PROMPT = "What is an LLM gateway?"


def meaning(status: int | None) -> str:
    row = re.search(rf"^\| {status} \| (.*?) \|", SUMMARY.read_text(encoding="utf-8"), re.MULTILINE)
    assert row, f"{status} is not on the page"
    return row[1]


def refusal(gateway: Gateway, *words: Any, **params: Any) -> GatewayError:
    with pytest.raises(GatewayError) as raised:
        gateway.ask(*words, **params)
    return raised.value


def test_400_unknown_model_wrong_request_and_too_long_a_prompt(gateway: Gateway) -> None:
    assert "unknown model" in meaning(refusal(gateway, PROMPT, "no-such-model").status)
    assert "wrong request" in meaning(refusal(gateway, [{"role": "nobody"}]).status)
    assert "longer than the context window" in meaning(refusal(gateway, "word " * 140_000).status)


def test_401_unknown_blocked_and_expired_keys(gateway: Gateway, new_key: Callable[..., str]) -> None:
    keys = {"unknown": "sk-wrong", "blocked": new_key(blocked=True), "expired": new_key(duration="1s")}
    time.sleep(1.5)  # the key's own second has to pass
    for word, key in keys.items():
        assert word in meaning(refusal(gateway, PROMPT, api_key=key).status)


def test_403_a_model_and_a_route_that_the_key_may_not_use(
    gateway: Gateway, new_key: Callable[..., str]
) -> None:
    key = new_key(models=["phi3"])
    assert "may not use this model" in meaning(refusal(gateway, PROMPT, api_key=key).status)
    headers = {"Authorization": f"Bearer {key}"}
    listed = httpx.get(f"{gateway.url}/key/list", headers=headers, trust_env=False, timeout=60)
    assert "not this route" in meaning(listed.status_code)


def test_422_a_spent_budget_and_429_a_keys_limit(gateway: Gateway, new_key: Callable[..., str]) -> None:
    assert "a budget is spent" in meaning(refusal(gateway, PROMPT, api_key=new_key(max_budget=0)).status)
    quick = new_key(rpm_limit=1)
    gateway.ask(PROMPT, api_key=quick)
    assert "a limit of the key" in meaning(refusal(gateway, PROMPT, api_key=quick).status)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "rate_limit"}, "or of the provider"),
        ({"kind": "server_error"}, "the provider failed"),
        ({"kind": "timeout", "hold_s": 5}, "took longer than `timeout`"),
    ],
)
def test_429_500_and_408_of_the_provider(
    gateway: Gateway, providers: Providers, own_model: Callable[..., str], fault: dict[str, Any], words: str
) -> None:
    model = own_model(timeout=1)
    with providers.fault(deployment=model, **fault):
        once = {"num_retries": 0, "cache": {"no-cache": True}}
        assert words in meaning(refusal(gateway, PROMPT, model, extra_body=once).status)


@pytest.mark.parametrize(
    ("params", "words"),
    [({"model": "openai/gpt-nope"}, "no such model"), ({"api_key": "wrong-key"}, "the gateway's own key")],
)
def test_404_and_401_of_the_provider_and_then_429_for_the_cooldown(
    gateway: Gateway, own_model: Callable[..., str], params: dict[str, str], words: str
) -> None:
    model = own_model(**params)
    once = {"num_retries": 0, "cache": {"no-cache": True}}
    first = refusal(gateway, PROMPT, model, extra_body=once)
    assert words in meaning(first.status)
    if first.status == 401:
        assert "litellm.AuthenticationError" in first.gateway_message
    resting = refusal(gateway, PROMPT, model, extra_body=once)
    assert "all are cooling down" in meaning(resting.status)
    assert "No deployments available" in resting.gateway_message
