"""Spend to the last digit, limits that hold under concurrency, budgets that end and begin anew."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import pytest

from gateway_kit.errors import BudgetExceededError, GatewayError, RateLimitedError
from gateway_kit.gateway import Answer, Gateway
from gateway_kit.keys import Keys

PROMPT = "What is an LLM gateway?"
FRESH: dict[str, Any] = {"cache": {"no-cache": True}}


@pytest.fixture
def keys(gateway: Gateway, unique: str) -> Iterator[Keys]:
    yield gateway.keys
    gateway.keys.clean_up(unique)


def test_the_call_record_is_what_litellm_books(gateway: Gateway, keys: Keys, unique: str) -> None:
    keys.teams.create(unique)
    keys.users.create(unique)
    key = keys.create(unique, team=unique, user=unique)
    tags = {**FRESH, "metadata": {"tags": [unique]}}
    with gateway.calls.recording() as record:
        for model in ("gpt-4o-mini", "claude-haiku-4-5", "gemini-flash-lite"):
            gateway.ask_many([PROMPT] * 3, model, api_key=key.secret, user=unique, extra_body=tags)
        # The same once more, from the cache: no cost, and tokens again.
        namespace = {"cache": {"namespace": unique}}
        for _ in range(2):
            gateway.ask(PROMPT, api_key=key.secret, extra_body=namespace)
    calls = record.frame()
    assert calls["error"].isna().all()
    assert calls["cache_hit"].sum() == 1
    recorded = math.fsum(calls["cost_usd"])
    assert round(keys.wait_for_spend(key, recorded) - recorded, 12) == 0

    by_tag = keys.reports.wait_for_tag(unique, 9).set_index("tag")
    tagged = math.fsum(calls["cost_usd"][:9])
    assert by_tag.loc[unique, "spend_usd"] == round(tagged, 12)
    by_key = keys.reports.by_key().set_index("key_alias")
    assert by_key.loc[unique, ["spend_usd", "requests", "failed"]].tolist() == [round(recorded, 12), 11, 0]
    for table in (keys.reports.by_team(), keys.reports.by_user(), keys.reports.by_end_user()):
        mine = table.set_index(table.columns[0]).loc[unique]
        expected = (tagged, 9) if table.columns[0] == "end_user" else (recorded, 11)
        assert (mine["spend_usd"], mine["requests"]) == (round(expected[0], 12), expected[1])
    by_model = keys.reports.by_model().set_index("model")
    assert {"gpt-4o-mini", "claude-haiku-4-5", "gemini-flash-lite"} <= set(by_model.index)
    today = keys.reports.by_day().iloc[-1]
    assert today["spend_usd"] >= round(recorded, 12)
    assert today["requests"] == keys.reports.by_key()["requests"].sum()


def ends(results: list[Answer | GatewayError]) -> tuple[int, list[GatewayError]]:
    """(answered, refusals)"""
    refused = [one for one in results if isinstance(one, GatewayError)]
    return len(results) - len(refused), refused


def test_as_many_requests_pass_as_the_limit_says(gateway: Gateway, keys: Keys, unique: str) -> None:
    key = keys.create(unique, rpm_limit=7)
    answered, refused = ends(
        gateway.ask_many([PROMPT] * 64, concurrency=64, api_key=key.secret, max_tokens=5, extra_body=FRESH)
    )
    assert answered == 7
    assert all(isinstance(one, RateLimitedError) for one in refused)
    assert all("requests" in one.gateway_message for one in refused)


def test_tokens_are_set_aside_before_they_are_counted(gateway: Gateway, keys: Keys, unique: str) -> None:
    """A call is set aside at a quarter of its prompt's characters and `max_tokens`: 25 tokens; it uses 32.

    So 4 pass where all come at once, and 3 where as many have been counted by the time the next one comes.
    """
    key = keys.create(unique, tpm_limit=120)
    results = gateway.ask_many(
        [PROMPT] * 16, concurrency=16, api_key=key.secret, max_tokens=20, extra_body=FRESH
    )
    answered, refused = ends(results)
    assert answered in (3, 4)
    assert all("tokens" in one.gateway_message for one in refused)


@pytest.mark.parametrize("clients", [1, 16, 64])
def test_a_budget_is_passed_by_no_more_calls_than_fit_into_it_and_one(
    gateway: Gateway, keys: Keys, unique: str, clients: int
) -> None:
    """Bounded by a count. A call is set aside at 0.0000141 USD, so 7 of them fit and an 8th takes the rest.

    When one of the 7 settles, a bit comes back, and may let in one more call while the 8th is still under way. A single
    caller meets this too, since a call settles a moment after its answer.
    """
    budget_usd, fit = 0.0001, 7
    key = keys.create(unique, max_budget_usd=budget_usd)
    with gateway.calls.recording() as record:
        results = gateway.ask_many(
            [PROMPT] * 64, concurrency=clients, api_key=key.secret, max_tokens=20, extra_body=FRESH
        )
    answered, refused = ends(results)
    assert all(isinstance(one, BudgetExceededError) for one in refused)
    costs = record.frame()["cost_usd"].dropna()
    spent = math.fsum(costs)
    assert spent >= budget_usd
    assert fit < answered <= 2 * fit + 1
    assert (spent - budget_usd) / costs.max() < fit + 1
    assert round(keys.wait_for_spend(key, spent) - spent, 12) == 0


def test_calls_under_way_hold_a_budget_that_is_not_spent(gateway: Gateway, keys: Keys, unique: str) -> None:
    """Without max_tokens a call holds the price of the longest answer."""
    key = keys.create(unique, max_budget_usd=0.001)
    with gateway.calls.recording() as record:
        results = gateway.ask_many([PROMPT] * 8, concurrency=8, api_key=key.secret, extra_body=FRESH)
    answered, refused = ends(results)
    assert answered < 8
    assert refused
    assert math.fsum(record.frame()["cost_usd"].dropna()) < 0.001 / 2


def test_a_budget_begins_anew(gateway: Gateway, keys: Keys, unique: str) -> None:
    key = keys.create(unique, max_budget_usd=1e-6, budget_duration="3s")

    def answers() -> bool:
        try:
            gateway.ask(PROMPT, api_key=key.secret, max_tokens=5, extra_body=FRESH)
        except BudgetExceededError:
            return False
        return True

    def wait_until(wanted: bool) -> None:
        end = time.monotonic() + 120
        while answers() != wanted:
            assert time.monotonic() < end
            time.sleep(0.2)

    assert answers()
    wait_until(False)
    wait_until(True)
    wait_until(False)
    row = keys.info(key)
    assert row["budget_duration"] == "3s"
    assert row["lifetime_spend_usd"] >= row["spend_usd"]


def test_the_master_key_bypasses_a_teams_and_a_keys_budget(
    gateway: Gateway, keys: Keys, stack_env: dict[str, str], unique: str
) -> None:
    key = keys.create(unique, max_budget_usd=0)
    with pytest.raises(BudgetExceededError):
        gateway.ask(PROMPT, api_key=key.secret)
    master = stack_env["LITELLM_MASTER_KEY"]
    cost = gateway.ask(PROMPT, api_key=master, extra_body=FRESH).call.cost_usd
    assert cost is not None
    assert cost > 0
    # All but an end user's, who is somebody else's customer.
    keys.budgets.create(unique, max_budget_usd=1e-9)
    keys.end_users.create(unique, budget=unique)
    gateway.ask(PROMPT, api_key=master, user=unique, extra_body=FRESH)

    def ask() -> None:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            gateway.ask(PROMPT, api_key=master, user=unique, max_tokens=5, extra_body=FRESH)

    with pytest.raises(BudgetExceededError, match=r"End User|EndUser"):
        ask()
