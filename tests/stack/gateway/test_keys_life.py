"""Keys, teams, users, end users and budgets, made and ended on the real gateway."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest

from gateway_kit.errors import (
    BudgetExceededError,
    GatewayError,
    KeyRefusedError,
    RateLimitedError,
    RequestRefusedError,
)
from gateway_kit.gateway import Gateway
from gateway_kit.keys import Keys
from gateway_kit.keys.tables import KEYS
from gateway_kit.litellm_api.connection import Connection

PROMPT = "What is an LLM gateway?"


@pytest.fixture
def keys(gateway: Gateway, unique: str) -> Iterator[Keys]:
    yield gateway.keys
    gateway.keys.clean_up(unique)


def refusal(gateway: Gateway, secret: str, model: str = "gpt-4o-mini", **more: Any) -> GatewayError | None:
    try:
        gateway.ask(PROMPT, model, api_key=secret, max_tokens=20, **more)
    except GatewayError as exc:
        return exc
    return None


def eventually(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_key_from_its_making_to_its_end(gateway: Gateway, keys: Keys, unique: str) -> None:
    key = keys.create(unique, models=["gpt-4o-mini"], max_budget_usd=1, budget_duration="30d", rpm_limit=50)
    assert key.secret is not None
    assert refusal(gateway, key.secret) is None
    assert isinstance(refusal(gateway, key.secret, "phi3"), KeyRefusedError)
    row = keys.info(key)
    assert (row["key_alias"], row["state"], row["models"]) == (unique, "active", ["gpt-4o-mini"])
    assert (row["max_budget_usd"], row["budget_duration"], row["rpm_limit"]) == (1.0, "30d", 50)
    for named in (unique, key.hash, str(key.secret)):
        assert keys.info(named)["key_hash"] == key.hash
        assert keys.find(named).secret is None

    keys.block(key)
    assert keys.info(key)["state"] == "blocked"
    assert "blocked" in str(refusal(gateway, key.secret))
    keys.unblock(unique)
    assert refusal(gateway, key.secret) is None

    changed = keys.update(key, rpm_limit=0, budget_duration=None, max_budget_usd=None, models=None)
    assert changed["models"] == []
    assert pd.isna(changed["max_budget_usd"])
    assert isinstance(refusal(gateway, key.secret), RateLimitedError)
    keys.update(key, rpm_limit=None)
    assert refusal(gateway, key.secret) is None

    assert keys.update(key, expires_in="1s")["expires"] > row["created"]
    eventually(lambda: keys.info(key)["state"] == "expired")
    eventually(lambda: "Expired" in str(refusal(gateway, str(key.secret))))
    with pytest.raises(RequestRefusedError, match="has expired"):
        keys.rotate(key)
    keys.delete(key)
    assert isinstance(refusal(gateway, key.secret), KeyRefusedError)
    for named in (unique, key.hash, str(key.secret)):
        with pytest.raises(RequestRefusedError, match=r"keys\.list\(\)"):
            keys.info(named)


def test_no_table_has_a_secret(keys: Keys, stack_env: dict[str, str], unique: str) -> None:
    key = keys.create(unique)
    frame = keys.list()
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == KEYS.dtypes
    mine = frame[frame["key_alias"] == unique]
    assert mine["key"].tolist() == [key.masked]
    shown = frame.to_csv() + keys.reports.by_key().to_csv() + repr(key) + repr(keys)
    for secret in (str(key.secret), stack_env["GATEWAY_API_KEY"], stack_env["LITELLM_MASTER_KEY"]):
        assert secret not in shown


def test_invalid_input_that_litellm_accepts_is_refused(keys: Keys, unique: str) -> None:
    """Each of these LiteLLM 1.106.2 answers with 200, or with an internal error."""
    key = keys.create(unique, max_budget_usd=1)
    with pytest.raises(RequestRefusedError, match="exists already"):
        keys.create(f"{unique}-again", secret=str(key.secret))
    assert keys.info(key)["max_budget_usd"] == 1.0
    with pytest.raises(RequestRefusedError, match="a key with the name"):
        keys.create(unique)
    with pytest.raises(RequestRefusedError, match="There is no team"):
        keys.create(f"{unique}-t", team="nowhere")
    with pytest.raises(RequestRefusedError, match="There is no user"):
        keys.create(f"{unique}-u", user="nobody")
    with pytest.raises(RequestRefusedError, match="no model 'gpt-none'"):
        keys.create(f"{unique}-m", models="gpt-none")
    keys.teams.create(f"{unique}-team")
    with pytest.raises(RequestRefusedError, match="a team"):
        keys.teams.create(f"{unique}-team")
    with pytest.raises(RequestRefusedError, match="There is no budget"):
        keys.end_users.create(f"{unique}-e", budget="none")
    with pytest.raises(RequestRefusedError, match="There is no user"):
        keys.teams.add_member(f"{unique}-team", "nobody")
    assert keys.list()["key_alias"].str.startswith(unique, na=False).sum() == 1


@pytest.mark.parametrize("master_key", ["sk-wrong-master-key", "a virtual key", "an expired key"])
def test_a_wrong_master_key_is_explained(
    keys: Keys, stack_env: dict[str, str], unique: str, master_key: str
) -> None:
    if master_key == "a virtual key":
        master_key = stack_env["GATEWAY_API_KEY"]
    elif master_key == "an expired key":
        key = keys.create(unique, expires_in="1s")
        eventually(lambda: keys.info(key)["state"] == "expired")
        master_key = str(key.secret)
    with Gateway(Connection(stack_env["GATEWAY_URL"], "sk-x", master_key)) as gateway:
        stranger = gateway.keys
        for call in (stranger.list, stranger.reports.by_day, lambda: stranger.create("x")):
            with pytest.raises(KeyRefusedError, match="LITELLM_MASTER_KEY") as caught:
                call()
            assert master_key not in str(caught.value)


def test_a_rotation_keeps_everything_but_the_secret(gateway: Gateway, keys: Keys, unique: str) -> None:
    keys.teams.create(unique)
    old = keys.create(unique, team=unique, models="gpt-4o-mini", max_budget_usd=1, tpm_limit=9000)
    answer = gateway.ask(PROMPT, api_key=old.secret, extra_body={"cache": {"no-cache": True}})
    keys.wait_for_spend(old, answer.call.cost_usd or 1.0)
    keys.block(old)
    seen: list[tuple[bool, str]] = []

    def switch(new: Any) -> None:
        seen.append((refusal(gateway, new.secret) is None, keys.info(old)["key_alias"]))

    new = keys.rotate(old, switch)
    assert seen == [(True, f"{unique}--until-switched-{old.hash[:8]}")]
    row = keys.info(new)
    assert (row["key_alias"], row["team"], row["models"]) == (unique, unique, ["gpt-4o-mini"])
    assert (row["max_budget_usd"], row["tpm_limit"], row["state"]) == (1.0, 9000, "active")
    assert row["spend_usd"] >= (answer.call.cost_usd or 1.0)  # a rotation fills no budget up
    assert isinstance(refusal(gateway, str(old.secret)), KeyRefusedError)
    assert refusal(gateway, str(new.secret)) is None

    def fail(_: Any) -> None:
        raise OSError("the application could not be told")

    with pytest.raises(OSError, match="could not be told"):
        keys.rotate(new, fail)
    assert keys.info(unique)["key_hash"] == new.hash
    assert refusal(gateway, str(new.secret)) is None
    assert len(keys.list(team=unique)) == 1


def test_a_member_has_a_budget_within_the_teams(gateway: Gateway, keys: Keys, unique: str) -> None:
    ada, bob = f"{unique}-ada", f"{unique}-bob"
    keys.teams.create(unique, models="gpt-4o-mini", max_budget_usd=1)
    for user, share in ((ada, 1e-6), (bob, None)):
        keys.users.create(user)
        keys.teams.add_member(unique, user, max_budget_usd=share)
    with pytest.raises(RequestRefusedError, match="already"):
        keys.teams.add_member(unique, ada)
    of_ada = keys.create(f"{unique}-a", team=unique, user=ada)
    of_bob = keys.create(f"{unique}-b", team=unique, user=bob)
    fresh = {"extra_body": {"cache": {"no-cache": True}}}
    assert refusal(gateway, str(of_ada.secret), **fresh) is None
    refused = refusal(gateway, str(of_ada.secret), **fresh)
    assert isinstance(refused, BudgetExceededError)
    assert f"TeamMember={ada}" in str(refused)
    assert refusal(gateway, str(of_bob.secret), **fresh) is None
    assert isinstance(refusal(gateway, str(of_bob.secret), "phi3"), KeyRefusedError)
    members = keys.teams.members(unique).set_index("user")
    assert members.loc[ada, "max_budget_usd"] == 1e-6
    assert pd.isna(members.loc[bob, "max_budget_usd"])
    assert keys.list(team=unique)["user"].tolist() == [bob, ada]
    keys.teams.remove_member(unique, bob)
    assert bob not in set(keys.teams.members(unique)["user"])
    keys.teams.update(unique, max_budget_usd=None, rpm_limit=7)
    team = keys.teams.list().set_index("team").loc[unique]
    assert pd.isna(team["max_budget_usd"])
    assert team["rpm_limit"] == 7


def test_end_users_share_a_budget_by_name_and_not_by_money(gateway: Gateway, keys: Keys, unique: str) -> None:
    key = keys.create(unique)
    keys.budgets.create(unique, max_budget_usd=1e-6, budget_duration="1d")
    anna, ben = (keys.end_users.create(f"{unique}-{name}", budget=unique) for name in ("anna", "ben"))
    fresh = {"extra_body": {"cache": {"no-cache": True}}}
    assert refusal(gateway, str(key.secret), user=anna, **fresh) is None
    assert isinstance(refusal(gateway, str(key.secret), user=anna, **fresh), BudgetExceededError)
    assert refusal(gateway, str(key.secret), user=ben, **fresh) is None
    known = keys.end_users.list().set_index("end_user")
    assert known.loc[anna, "budget"] == unique
    assert known.loc[ben, "max_budget_usd"] == 1e-6
    assert unique in set(keys.budgets.list()["budget"])


def test_an_end_user_whom_litellm_only_counts_can_be_given_a_budget_once(
    gateway: Gateway, keys: Keys, unique: str
) -> None:
    def known() -> pd.DataFrame:
        return keys.end_users.list().set_index("end_user")

    gateway.ask("ping", user=unique, extra_body={"cache": {"no-cache": True}})
    eventually(lambda: unique in known().index)
    assert keys.end_users.create(unique) == unique
    assert pd.isna(known().loc[unique, "budget"])
    keys.budgets.create(unique, max_budget_usd=1, budget_duration="1d")
    keys.end_users.create(unique, budget=unique)
    assert known().loc[unique, "budget"] == unique
    with pytest.raises(RequestRefusedError, match="There is an end user"):
        keys.end_users.create(unique, budget=unique)


def test_the_clean_up_takes_the_prefix_and_nothing_else(keys: Keys, unique: str) -> None:
    keys.create(f"{unique}-x")
    keys.users.create(f"{unique}-x")
    keys.create(f"other-{unique}")
    keys.clean_up(unique)
    assert keys.list()["key_alias"].str.contains(unique, na=False).sum() == 1
    assert f"{unique}-x" not in set(keys.users.list()["user"])
    keys.delete(f"other-{unique}")
