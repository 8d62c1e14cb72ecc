"""Keys, teams, users, budgets and spend, by HTTP on the real gateway and in its real database."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

import httpx
import psycopg
import pytest


class Gateway:
    """The gateway's HTTP interface, as its administrator and as the owner of a key."""

    def __init__(self, url: str, master_key: str) -> None:
        self.http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {master_key}"}, timeout=60, trust_env=False
        )

    def admin(self, path: str, **body: object) -> dict[str, object]:
        answer = self.http.post(path, json=body)
        assert answer.status_code == 200, answer.text
        made = answer.json()
        assert isinstance(made, dict)
        return made

    def key(self, **body: object) -> str:
        return str(self.admin("/key/generate", **body)["key"])

    def chat(self, key: str, model: str = "gpt-4o-mini") -> httpx.Response:
        """One call that no cache can answer."""
        body = {"model": model, "messages": [{"role": "user", "content": f"Say hello to {uuid.uuid4()}"}]}
        return self.http.post("/v1/chat/completions", json=body, headers={"Authorization": f"Bearer {key}"})


@pytest.fixture
def gateway(stack_env: dict[str, str]) -> Iterator[Gateway]:
    made = Gateway(stack_env["GATEWAY_URL"], stack_env["LITELLM_MASTER_KEY"])
    yield made
    made.http.close()


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def test_the_preconfigured_key_answers_and_is_counted(gateway: Gateway, stack_env: dict[str, str]):
    answer = gateway.chat(stack_env["GATEWAY_API_KEY"])
    assert answer.status_code == 200, answer.text
    assert answer.json()["choices"][0]["message"]["content"]
    assert float(answer.headers["x-litellm-response-cost"]) > 0


def test_spend_is_written_to_postgresql_with_team_user_and_cost(gateway: Gateway, stack_env: dict[str, str]):
    team = gateway.admin("/team/new", team_alias=unique("team"))["team_id"]
    user = gateway.admin("/user/new", user_id=unique("user"), auto_create_key=False)["user_id"]
    gateway.admin("/team/member_add", team_id=team, member={"role": "user", "user_id": user})
    answer = gateway.chat(gateway.key(team_id=team, user_id=user))
    assert answer.status_code == 200, answer.text
    usage = answer.json()["usage"]
    with psycopg.connect(stack_env["DATABASE_URL"], autocommit=True) as database:
        row = None
        end = time.monotonic() + 60  # written in batches
        while row is None and time.monotonic() < end:
            time.sleep(0.5)
            row = database.execute(
                'select spend, prompt_tokens, completion_tokens, team_id, "user", model_group '
                'from "LiteLLM_SpendLogs" where request_id = %s',
                (answer.json()["id"],),
            ).fetchone()
    assert row is not None, "the call never reached the spend log"
    assert row == (
        pytest.approx(float(answer.headers["x-litellm-response-cost"])),
        usage["prompt_tokens"], usage["completion_tokens"], team, user, "gpt-4o-mini",
    )  # fmt: skip
    assert row[0] > 0


@pytest.mark.parametrize("owner", ["key", "team"])
def test_a_budget_that_is_used_up_refuses_the_next_call(gateway: Gateway, owner: str):
    if owner == "key":
        key = gateway.key(max_budget=1e-7)
    else:
        team = gateway.admin("/team/new", team_alias=unique("team"), max_budget=1e-7)["team_id"]
        key = gateway.key(team_id=team)
    assert gateway.chat(key).status_code == 200
    end = time.monotonic() + 60
    refused = gateway.chat(key)
    while refused.status_code == 200 and time.monotonic() < end:
        time.sleep(0.5)
        refused = gateway.chat(key)
    assert refused.status_code in (400, 422, 429), refused.text
    assert refused.json()["error"]["type"] == "budget_exceeded"


def test_a_key_opens_the_models_it_was_made_for(gateway: Gateway):
    key = gateway.key(models=["gpt-4o-mini"])
    assert gateway.chat(key).status_code == 200
    refused = gateway.chat(key, "claude-haiku-4-5")
    assert refused.status_code in (401, 403), refused.text
    assert "claude-haiku-4-5" in refused.text


def test_a_blocked_key_is_refused_until_it_is_unblocked(gateway: Gateway):
    key = gateway.key()
    gateway.admin("/key/block", key=key)
    refused = gateway.chat(key)
    assert refused.status_code == 401
    assert "blocked" in refused.text
    gateway.admin("/key/unblock", key=key)
    assert gateway.chat(key).status_code == 200


def test_an_expired_a_deleted_and_an_unknown_key_are_refused(gateway: Gateway):
    expired = gateway.key(duration="1s")
    deleted = gateway.key()
    gateway.admin("/key/delete", keys=[deleted])
    time.sleep(1.2)
    for key, word in ((expired, "expired"), (deleted, "invalid"), (unique("sk-unknown"), "invalid")):
        refused = gateway.chat(key)
        assert refused.status_code == 401, (word, refused.text)
        assert word in refused.text.lower()


def test_an_unknown_model_is_named(gateway: Gateway, stack_env: dict[str, str]):
    refused = gateway.chat(stack_env["GATEWAY_API_KEY"], "gpt-none")
    assert refused.status_code in (400, 403, 404), refused.text
    assert "gpt-none" in refused.text


def test_a_model_added_at_run_time_answers_and_can_be_taken_away(gateway: Gateway, stack_env: dict[str, str]):
    name = unique("added")
    params = {
        "model": "openai/gpt-4o-mini",
        "api_base": f"{stack_env['PROVIDERS_URL']}/v1",
        "api_key": "simulated",
    }
    made = gateway.admin("/model/new", model_name=name, litellm_params=params)
    assert gateway.chat(stack_env["LITELLM_MASTER_KEY"], name).status_code == 200
    gateway.admin("/model/delete", id=made["model_id"])
    assert gateway.chat(stack_env["LITELLM_MASTER_KEY"], name).status_code != 200


def test_the_admin_ui_opens_for_admin_and_the_demonstration_password(stack_env: dict[str, str]):
    with httpx.Client(base_url=stack_env["GATEWAY_URL"], timeout=60, trust_env=False) as browser:
        page = browser.get("/ui/", follow_redirects=True)
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert "<script" in page.text
        assert browser.post("/login", data={"username": "admin", "password": "wrong"}).status_code == 401
        entered = browser.post("/login", data={"username": "admin", "password": "sk-password"})
        assert entered.status_code == 303
        assert "/ui" in entered.headers["location"]
        assert entered.cookies["token"].count(".") == 2  # a JSON web token
