"""A cooldown and a spent budget, as LiteLLM answers them: the exception says which it is, and whose."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from gateway_kit.errors import BudgetExceededError, CooldownError, GatewayError, RateLimitedError
from gateway_kit.gateway import Gateway
from gateway_kit.litellm_api import errors
from gateway_kit.litellm_api.first_failures import FailureMemory

PROMPT = "Hello"


@pytest.mark.parametrize(
    ("params", "first"),
    [({"api_key": "wrong-key"}, "AuthenticationError"), ({"model": "openai/gpt-nope"}, "NotFoundError")],
)
@pytest.mark.parametrize("how", ["ask", "stream"])
def test_a_cooldown_says_what_failed_first_and_is_no_limit(
    gateway: Gateway,
    own_model: Callable[..., str],
    fresh: dict[str, Any],
    params: dict[str, str],
    first: str,
    how: str,
) -> None:
    model = own_model(**params)

    def call(client: Gateway) -> None:
        if how == "stream":
            list(client.stream(PROMPT, model, **fresh))
        else:
            client.ask(PROMPT, model, **fresh)

    with pytest.raises(GatewayError, match=first) as failed:
        call(gateway)
    assert not isinstance(failed.value, CooldownError)
    with pytest.raises(CooldownError) as resting:
        call(gateway)
    assert resting.value.status == 429
    assert 0 < (resting.value.retry_after_s or 0) <= 60
    assert first in (resting.value.first_failure or "")
    assert "No limit of yours" in str(resting.value)
    assert "raise the limit" not in str(resting.value)
    assert not isinstance(resting.value, RateLimitedError)


def test_a_models_budget_is_named_as_the_models(
    gateway: Gateway, own_model: Callable[..., str], fresh: dict[str, Any]
) -> None:
    model = own_model(max_budget=1e-9, budget_duration="1d")

    def spend() -> None:
        deadline = time.monotonic() + 30  # until LiteLLM has booked the first call
        while time.monotonic() < deadline:
            gateway.ask(PROMPT, model, **fresh)

    with pytest.raises(BudgetExceededError) as spent:
        spend()
    assert spent.value.whose == f"the budget of the model {model}"


@pytest.fixture
def team_key(stack_env: dict[str, str]) -> Iterator[Callable[..., str]]:
    """Makes a key of a team with limits of its own; the team and its keys are deleted at the end."""
    headers = {"Authorization": f"Bearer {stack_env['LITELLM_MASTER_KEY']}"}
    made: list[str] = []
    url = stack_env["GATEWAY_URL"]
    with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=30) as http:

        def make(**limits: object) -> str:
            made.append(http.post("/team/new", json=limits).raise_for_status().json()["team_id"])
            key: str = http.post("/key/generate", json={"team_id": made[-1]}).raise_for_status().json()["key"]
            return key

        yield make
        http.post("/team/delete", json={"team_ids": made}).raise_for_status()


def test_a_teams_budget_is_named_as_the_teams(
    gateway: Gateway, team_key: Callable[..., str], fresh: dict[str, Any]
) -> None:
    key = team_key(max_budget=1e-9)

    def spend() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            gateway.ask(PROMPT, api_key=key, **fresh)

    with pytest.raises(BudgetExceededError) as spent:
        spend()
    assert spent.value.whose == "the team's budget"


def test_a_teams_limit_is_named_as_the_teams(
    gateway: Gateway, team_key: Callable[..., str], fresh: dict[str, Any]
) -> None:
    key = team_key(rpm_limit=1)
    answers = gateway.ask_many([PROMPT] * 3, api_key=key, concurrency=1, **fresh)
    assert [getattr(one, "whose", "") for one in answers] == ["", "the team's limit", "the team's limit"]
    assert isinstance(answers[-1], RateLimitedError)


def test_a_process_that_met_no_failure_is_told_where_to_look(
    own_model: Callable[..., str], gateway: Gateway, fresh: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = own_model(api_key="wrong-key")
    with pytest.raises(GatewayError):
        gateway.ask(PROMPT, model, **fresh)
    monkeypatch.setattr(errors, "_failures", FailureMemory())  # as another process has it
    with pytest.raises(CooldownError, match="gateway-kit logs gateway") as resting:
        gateway.ask(PROMPT, model, **fresh)
    assert resting.value.first_failure is None
