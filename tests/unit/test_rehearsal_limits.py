"""Limits of keys, teams and users from one's own file and from LiteLLM's lists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.limits import KeyLimits, TeamLimits, UserLimits, read_limits

OWN = """
teams:
  - alias: customer-service
    max_budget: 20
    budget_duration: 1d
keys:
  - {alias: chatbot, team: customer-service, models: [gpt-4o], rpm: 60, max_parallel: 4, key: sk-0123456789}
  - alias: batch
    budget: small
users:
  ann@example.com: {budget: small}
budgets:
  small: {max_budget: 1, budget_duration: 30 days}
"""


@pytest.fixture
def listed(tmp_path: Path):
    def write(content: Any, name: str = "limits.yaml") -> Path:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


def test_ones_own_file_has_keys_teams_users_and_budgets_that_they_share(listed):
    limits = read_limits(listed(OWN))
    assert limits.keys == (
        KeyLimits("chatbot", team="customer-service", models=("gpt-4o",), rpm=60, max_parallel=4),
        KeyLimits("batch", max_budget=1.0, budget_duration="30d"),
    )
    assert limits.teams == (TeamLimits("customer-service", max_budget=20.0, budget_duration="1d"),)
    assert limits.users == (UserLimits("ann@example.com", max_budget=1.0, budget_duration="30d"),)
    assert "sk-0123456789" not in repr(limits)


def test_litellms_lists_are_read_as_exported_and_keys_find_their_team(listed):
    key = {
        "token": "a" * 64, "key_name": "sk-...cdef", "key_alias": "chatbot", "spend": 0.5, "team_id": "t-1",
        "models": ["all-team-models"], "rpm_limit": 60, "tpm_limit": None, "max_budget": None,
        "budget_duration": None, "max_parallel_requests": 3, "user_id": "default_user_id", "blocked": None,
        "metadata": {"model_rpm_limit": {"gpt-4o": 5}}, "litellm_budget_table": {"max_budget": 9.0, "tpm_limit": 70},
        "permissions": {}, "org_id": None,
    }  # fmt: skip
    team = {
        "team_id": "t-1", "team_alias": "support", "members_with_roles": [], "rpm_limit": 100, "tpm_limit": None,
        "max_budget": 30.0, "budget_duration": "24h", "models": ["gpt-4o"], "blocked": False, "spend": 2.0,
        "keys": [{"token": "b" * 64}],
    }  # fmt: skip
    pages = [{"keys": [key], "total_count": 3}, {"keys": [key | {"key_alias": None, "token": "c" * 64}]}]
    limits = read_limits(listed(pages, "keys.json"), listed([team], "teams.json"))
    first, second = limits.keys
    assert first == KeyLimits(
        "chatbot", team="support", user="default_user_id", rpm=60, tpm=70, max_budget=9.0, max_parallel=3,
        model_rpm={"gpt-4o": 5}, spent=0.5, hash="a" * 64,
    )  # fmt: skip
    assert second.alias == "c" * 64
    assert limits.teams == (
        TeamLimits(
            "support",
            id="t-1",
            models=("gpt-4o",),
            rpm=100,
            max_budget=30.0,
            budget_duration="24h",
            spent=2.0,
        ),
    )
    assert limits.notes == ("keys.json has 2 of 3 keys: export the other pages too (page=2 …).",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("keys: [{alias: a, rmp: 3}]", r"key 1 \(a\): rmp is unknown; did you mean rpm\?"),
        ("keys: [{rpm: 3}]", "key 1: has no alias"),
        ("keys: [{alias: a, rpm: -1}]", "rpm is a number from 0 on, not -1"),
        ("keys: [{alias: a, rpm: 1.5}]", "rpm is a whole number"),
        ("keys: [{alias: a, max_budget: lots}]", "max_budget is a number"),
        (
            "keys: [{alias: a, budget_duration: monthly}]",
            "budget_duration is a number with s, m, h, d, w or mo",
        ),
        ("keys: [{alias: a, budget: none}]", "budget 'none' is not among the file's budgets"),
        ("keys: [{alias: a}, {alias: a, rpm: 3}]", "'a' is listed twice, with different limits"),
        ("keys: [a, b]", "return_full_object=true"),
        ("model_list: []", "none of keys:, teams: and users:, only model_list"),
        ("a: [", "neither YAML nor JSON"),
        ("- 3", "where keys, teams or users belong"),
        ("", "no keys, teams or users"),
    ],
)
def test_a_wrong_file_is_refused_in_words_that_name_the_place(listed, content, words):
    with pytest.raises(RehearsalError, match=words):
        read_limits(listed(content))


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(RehearsalError, match=r"no file .*keys\.yaml"):
        read_limits(tmp_path / "keys.yaml")
    with pytest.raises(RehearsalError, match="is a folder"):
        read_limits(teams=tmp_path)


def test_a_secret_in_place_of_an_alias_becomes_litellms_hash(listed):
    (key,) = read_limits(listed({"keys": [{"alias": "sk-0123456789"}]})).keys
    assert len(key.alias) == 64
    assert "0123456789" not in key.alias


def test_end_users_with_a_budget_and_internal_users_are_told_apart(listed):
    customers = [
        {"user_id": "bob", "blocked": False, "litellm_budget_table": {"budget_id": "b", "rpm_limit": 7}}
    ]
    assert read_limits(listed(customers, "customers.json")).users == (UserLimits("bob", rpm=7),)
    internal = {
        "users": [{"user_id": "default_user_id", "user_role": "proxy_admin", "max_budget": 1}],
        "total": 1,
    }
    limits = read_limits(listed(internal, "users.json"))
    assert limits.users == ()
    (note,) = limits.notes
    assert "users.json has 1 user of LiteLLM's pages: their limits are not rehearsed" in note
