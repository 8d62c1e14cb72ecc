"""Deployments, the router's settings and the spend log at run time, against the real gateway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gateway_kit.errors import GatewayError, ModelNotFoundError, RequestRefusedError
from gateway_kit.gateway import Gateway

# One that the simulator answers from its bank.
PROMPT = "What is an LLM gateway?"


def test_models_tell_prices_and_who_answers(gateway: Gateway) -> None:
    models = gateway.models.list().set_index("model")
    row = models.loc["gpt-4o-mini"]
    assert (row["provider"], row["input_usd_per_million"], row["output_usd_per_million"]) == (
        "openai",
        0.15,
        0.6,
    )
    assert row["simulated"]
    assert not models.loc["smollm2", "simulated"]
    assert len(models.loc[["smart"]]) >= 3
    assert not models["added"].any()
    assert models.loc["chat", "deployment"] == row["deployment"]  # an alias, by the configuration file


def test_a_model_comes_and_goes_at_run_time(gateway: Gateway, stack_env: dict[str, str], unique: str) -> None:
    name = f"test-{unique[:8]}"
    address = f"{stack_env['PROVIDERS_URL']}/v1"
    deployment = gateway.models.add(
        name,
        {
            "model": "openai/gpt-4o-mini",
            "api_base": address,
            "api_key": "sim",
            "input_cost_per_token": 1e-06,
            "output_cost_per_token": 2e-06,
        },
    )
    try:
        row = gateway.models.list().set_index("deployment").loc[deployment]
        assert (row["model"], row["added"], row["input_usd_per_million"]) == (name, True, 1.0)
        call = gateway.ask(PROMPT, name).call
        assert call.deployment == deployment
        assert call.cost_usd == pytest.approx(
            (call.prompt_tokens or 0) * 1e-06 + (call.completion_tokens or 0) * 2e-06
        )
    finally:
        gateway.models.delete(deployment)
    with pytest.raises(ModelNotFoundError):
        gateway.ask(PROMPT, name)


def test_a_model_that_cannot_be_routed_is_not_kept(gateway: Gateway, unique: str) -> None:
    with pytest.raises(GatewayError):
        gateway.models.add(unique, {"model": "no-such-provider/x"})
    assert unique not in set(gateway.models.list()["model"])
    with pytest.raises(GatewayError, match="not found"):
        gateway.models.delete(unique)


@pytest.mark.parametrize("name", ["模型", "ends with a blank ", "two\nlines"])
def test_a_name_that_is_refused_would_fail_after_it_was_paid(
    gateway: Gateway, stack_env: dict[str, str], unique: str, name: str
) -> None:
    """What the kit refuses LiteLLM takes, and then it cannot answer: fails where LiteLLM has fixed that."""
    params = {"model": "openai/gpt-4o-mini", "api_base": f"{stack_env['PROVIDERS_URL']}/v1", "api_key": "sim"}
    named = f"{unique[:8]}{name}"
    with pytest.raises(RequestRefusedError, match="response header"):
        gateway.models.add(named, params)
    gateway_url, master_key = stack_env["GATEWAY_URL"], stack_env["LITELLM_MASTER_KEY"]
    with httpx.Client(
        base_url=gateway_url, headers={"Authorization": f"Bearer {master_key}"}, timeout=60
    ) as http:
        body = {"model_name": named, "litellm_params": params, "model_info": {"id": unique}}
        http.post("/model/new", json=body).raise_for_status()
        try:
            question = {"model": named, "messages": [{"role": "user", "content": PROMPT}]}
            try:
                answer = http.post("/v1/chat/completions", json=question)
            except httpx.RemoteProtocolError:
                return  # the gateway broke the connection
            assert answer.status_code == 500
            assert "latin-1" in answer.text
        finally:
            http.post("/model/delete", json={"id": unique}).raise_for_status()


def test_a_routing_strategy_for_a_while(
    gateway: Gateway,
    own_model: Callable[..., str],
    stack_env: dict[str, str],
    fresh: dict[str, Any],
    unique: str,
) -> None:
    """Two deployments behind one name, one of them dearer: cost-based routing never takes it."""
    name = f"test-{unique[:8]}"
    base = {"api_base": f"{stack_env['PROVIDERS_URL']}/v1"}
    own_model(name, **base, input_cost_per_token=1e-03, output_cost_per_token=1e-03)
    own_model(name, **base, base_model="gpt-4o-mini")
    dearer, cheaper = gateway.models.list().query("model == @name")["deployment"]

    def answering() -> set[str | None]:
        answers = gateway.ask_many([PROMPT] * 16, name, errors="raise", **fresh)
        return {answer.call.deployment for answer in answers if not isinstance(answer, Exception)}

    before = gateway.router.settings()
    assert answering() == {dearer, cheaper}  # another with a chance of 2^-15
    with gateway.router.strategy("cost-based-routing", name):
        assert answering() == {cheaper}
    assert answering() == {dearer, cheaper}
    gateway.router.set_strategy("cost-based-routing", name)
    assert answering() == {cheaper}
    gateway.router.set_strategy(None, name)
    assert gateway.router.settings() == before


@pytest.mark.parametrize("with_base_model", [False, True], ids=["by its model", "by its base_model"])
@pytest.mark.parametrize("first", ["openai", "anthropic"])
def test_cost_based_routing_finds_a_price_as_written(
    gateway: Gateway,
    own_model: Callable[..., str],
    stack_env: dict[str, str],
    fresh: dict[str, Any],
    unique: str,
    first: str,
    with_base_model: bool,
) -> None:
    """Neither `openai/gpt-4o-mini` nor `anthropic/claude-haiku-4-5` is in the price list: the first is taken then."""
    name, url = f"test-{unique[:8]}", stack_env["PROVIDERS_URL"]
    both = {"openai": ("gpt-4o-mini", f"{url}/v1"), "anthropic": ("claude-haiku-4-5", url)}
    for provider in sorted(both, key=lambda provider: provider != first):
        model, address = both[provider]
        base = {"base_model": model} if with_base_model else {}
        own_model(name, model=f"{provider}/{model}", api_base=address, **base)
    with gateway.router.strategy("cost-based-routing", name):
        answers = gateway.ask_many([PROMPT] * 8, name, errors="raise", **fresh)
    by = {answer.call.provider for answer in answers if not isinstance(answer, Exception)}
    assert by == {"openai" if with_base_model else first}


@pytest.mark.parametrize(
    ("prices", "taken"),
    [
        ({"input_cost_per_token": 0, "output_cost_per_token": 0}, "azure"),
        ({"input_cost_per_token": 1e-12}, "azure"),
        ({"output_cost_per_token": 1e-12}, "azure"),
        ({"input_cost_per_token": 1e-12, "output_cost_per_token": 1e-12}, "openai"),
    ],
)
def test_cost_based_routing_takes_a_price_of_0_and_half_a_price_for_none(
    gateway: Gateway,
    own_model: Callable[..., str],
    stack_env: dict[str, str],
    fresh: dict[str, Any],
    unique: str,
    prices: dict[str, float],
    taken: str,
) -> None:
    name, url = f"test-{unique[:8]}", stack_env["PROVIDERS_URL"]
    own_model(name, **prices)
    own_model(name, model="azure/gpt-4o-mini", api_base=url, api_version="2024-10-21")
    with gateway.router.strategy("cost-based-routing", name):
        assert gateway.ask(PROMPT, name, **fresh).call.provider == taken


def test_a_strategy_that_does_not_exist(gateway: Gateway) -> None:
    with pytest.raises(RequestRefusedError, match="latency-based-routing"):
        gateway.router.set_strategy("best", "smart")


def test_the_spend_of_a_key(
    gateway: Gateway, new_key: Callable[..., str], fresh: dict[str, Any], unique: str
) -> None:
    key = new_key(key_alias=f"alias-{unique}")
    answers = [gateway.ask(PROMPT, api_key=key, **fresh) for _ in range(3)]
    gateway.ask(PROMPT, **fresh)  # another key's
    gateway.spend.wait_for(answer.call.request_id or "" for answer in answers)
    log = gateway.spend.logs(key=key)
    assert log["request_id"].tolist() == [answer.call.request_id for answer in answers]
    assert set(log["key_alias"]) == {f"alias-{unique}"}
    assert len(gateway.spend.logs(key=key, limit=2)) == 2
