"""Calls through the gateway become traces in the embedded store: whole, without a key, and without waiting for it."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import httpx
import psutil
import psycopg
import pytest
from psycopg.rows import dict_row

from gateway_kit.errors import StackError
from gateway_kit.gateway.providers import Providers
from gateway_kit.stack.services.tracing import ensure_external_database, traces_url
from tests.conftest import Cli

T = TypeVar("T")

PROMPT = "What is an LLM gateway?"  # the simulator answers it at once


class Traced:
    """Calls with a tag of their own, and the observations that carry it."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env
        self.tag = f"test-{uuid.uuid4().hex[:12]}"
        headers = {"Authorization": f"Bearer {env['GATEWAY_API_KEY']}"}
        self.http = httpx.Client(base_url=env["GATEWAY_URL"], headers=headers, timeout=60, trust_env=False)

    def chat(self, *, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
        metadata = {**body.pop("metadata", {}), "tags": [self.tag]}
        given = {"model": "gpt-4o-mini", "user": uuid.uuid4().hex, **body, "metadata": metadata}
        given.setdefault("messages", [{"role": "user", "content": PROMPT}])
        return self.http.post("/v1/chat/completions", json=given, headers=headers)

    def observations(self, count: int) -> list[dict[str, Any]]:
        """The tag's observations, oldest first, once there are `count` of them."""

        def found() -> list[dict[str, Any]] | None:
            with psycopg.connect(traces_database(self.env), row_factory=dict_row) as connection:
                query = "select * from observations where %s = any(tags) order by start_time"
                rows = connection.execute(query, (self.tag,)).fetchall()
            return rows if len(rows) >= count else None

        rows = until(found)
        assert len(rows) == count
        return rows


def until(look: Callable[[], T | None], timeout_s: float = 120.0) -> T:
    """What `look` gives, as soon as it gives something."""
    end = time.monotonic() + timeout_s
    while (seen := look()) is None:
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)
    return seen


def traces_database(env: dict[str, str]) -> str:
    return urlunsplit(urlsplit(env["DATABASE_URL"])._replace(path="/langfuse"))


@pytest.fixture
def traced(stack_env: dict[str, str]) -> Iterator[Traced]:
    calls = Traced(stack_env)
    with calls.http:
        yield calls


@pytest.fixture
def failing(stack_env: dict[str, str]) -> Iterator[str]:
    """A model whose provider fails on its first attempt and answers the second."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    params = {"model": "openai/gpt-4o-mini", "api_base": f"{stack_env['PROVIDERS_URL']}/d/{name}/v1"}
    body = {"model_name": name, "litellm_params": {**params, "api_key": "sk-of-the-provider-0123456789"}}
    admin = {"Authorization": f"Bearer {stack_env['LITELLM_MASTER_KEY']}"}
    with httpx.Client(base_url=stack_env["GATEWAY_URL"], headers=admin, timeout=120, trust_env=False) as http:
        made = http.post("/model/new", json=body)
        made.raise_for_status()
        with (
            Providers(stack_env["PROVIDERS_URL"]) as providers,
            providers.fault(deployment=name, kind="server_error", count=1),
        ):
            yield name
        http.post("/model/delete", json={"id": made.json()["model_id"]}).raise_for_status()


def test_a_call_is_a_trace_with_its_caller_cost_and_ids(traced: Traced, stack_env: dict[str, str]):
    metadata = {"session_id": f"s-{traced.tag}", "trace_name": "order", "generation_name": "draft"}
    answer = traced.chat(user="ann", metadata={**metadata, "trace_metadata": {"shop": "north"}})
    assert answer.status_code == 200
    (row,) = traced.observations(1)
    assert (row["user_id"], row["session_id"]) == ("ann", f"s-{traced.tag}")
    assert (row["trace_name"], row["name"], row["type"]) == ("order", "draft", "GENERATION")
    assert row["tags"] == [traced.tag, "cache_hit:None"]
    assert row["model"] == "openai/gpt-4o-mini"
    assert row["total_usage"] == answer.json()["usage"]["total_tokens"]
    assert float(row["total_cost"]) == pytest.approx(float(answer.headers["x-litellm-response-cost"]))
    assert json.loads(row["input"])["messages"][0]["content"] == PROMPT
    assert json.loads(row["output"])["content"] == answer.json()["choices"][0]["message"]["content"]
    assert row["metadata"]["shop"] == "north"
    assert row["metadata"]["litellm_call_id"] == answer.headers["x-litellm-call-id"]
    # The same id in the answer, the trace, the spend log and the provider's journal.
    response_id = answer.json()["id"]
    assert row["metadata"]["response_id"] == response_id
    with Providers(stack_env["PROVIDERS_URL"]) as providers:
        assert response_id in set(providers.journal()["response_id"])

    def logged() -> tuple[Any, ...] | None:
        query = 'select spend from "LiteLLM_SpendLogs" where request_id = %s'
        with psycopg.connect(stack_env["DATABASE_URL"]) as connection:
            return connection.execute(query, (response_id,)).fetchone()

    assert until(logged)[0] == pytest.approx(float(row["total_cost"]))


def test_a_cache_hit_is_marked_and_costs_nothing(traced: Traced):
    first = traced.chat(user="same", metadata={"trace_name": traced.tag}, max_tokens=17)
    again = traced.chat(user="same", metadata={"trace_name": traced.tag}, max_tokens=17)
    assert first.json()["id"] == again.json()["id"]
    miss, hit = traced.observations(2)
    assert "cache_hit:True" in hit["tags"]
    assert "cache_hit:True" not in miss["tags"]
    assert miss["total_cost"] > hit["total_cost"] == 0
    assert hit["total_usage"] == miss["total_usage"] > 0


def test_a_stream_has_its_time_to_the_first_token(traced: Traced):
    answer = traced.chat(stream=True)
    assert answer.text.rstrip().endswith("data: [DONE]")
    (row,) = traced.observations(1)
    assert 0 < row["ttft_ms"] <= row["latency_ms"]
    assert row["total_cost"] > 0


def test_a_retry_leaves_the_failed_attempt_in_the_same_trace(traced: Traced, failing: str):
    answer = traced.chat(model=failing)
    assert answer.headers["x-litellm-attempted-retries"] == "1"
    failed, answered = traced.observations(2)
    assert failed["trace_id"] == answered["trace_id"]
    assert (failed["level"], answered["level"]) == ("ERROR", "DEFAULT")
    assert "InternalServerError" in failed["status_message"]
    assert failed["total_cost"] == 0
    ids = {row["metadata"]["litellm_call_id"] for row in (failed, answered)}
    assert ids == {answer.headers["x-litellm-call-id"]}


def test_no_secret_is_anywhere_in_the_trace_database(
    traced: Traced, cli: Cli, stack_env: dict[str, str], failing: str
):
    """The whole database is searched: after calls that carry a key wherever a call can, and errors that repeat one."""
    key = stack_env["GATEWAY_API_KEY"]
    planted = {
        name: f"sk-{name}-{uuid.uuid4().hex}" for name in ("header", "company", "body", "prompt", "model")
    }
    for headers in (
        {"x-api-key": key},
        {"api-key": key},
        {"x-goog-api-key": key},
        {"x-my-key": planted["header"]},
    ):
        assert traced.chat(headers=headers).status_code == 200
    assert (
        traced.chat(headers={"x-company": planted["company"].replace("sk-", "no-known-form-")}).status_code
        == 200
    )
    traced.chat(api_key=planted["body"])
    traced.chat(messages=[{"role": "user", "content": f"{PROMPT} {planted['prompt']}"}])
    traced.chat(model=f"no-such-{planted['model']}")  # the error repeats the name
    assert traced.chat(model=failing).status_code == 200
    for model in (
        "gemini-flash-lite",
        "gemini-pro",
        "claude-haiku-4-5",
        "azure-gpt-4o-mini",
        "bedrock-nova-micro",
    ):
        assert traced.chat(model=model).status_code == 200
    traced.observations(16)  # two each of the retried call and of the unknown model

    lines = (cli.home / ".env").read_text().splitlines()
    pairs = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    # The SDK names the project by its public key, which opens nothing, in every span; Langfuse keeps that too.
    public = ("UI_U", "LANGFUSE_INIT", "LANGFUSE_PUBLIC_KEY")
    secrets = {name: value for name, value in pairs.items() if not name.startswith(public)}
    secrets |= planted | {"company": planted["company"][3:], "provider": "sk-of-the-provider-0123456789"}
    secrets |= {
        f"{n}'s": f"sim-{n}" for n in ("openai", "azure", "anthropic", "gemini", "bedrock", "smart-azure")
    }
    account = json.loads((cli.home / "vertex-service-account.json").read_text())
    secrets["vertex"] = account["private_key"].splitlines()[1]
    found = []
    with psycopg.connect(traces_database(stack_env)) as connection:
        tables = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        assert ("observations",) in tables
        for (table,) in tables:
            for name, value in secrets.items():
                query = f'select count(*) from "{table}" t where strpos(t::text, %s) > 0'
                row = connection.execute(query, (value,)).fetchone()
                found += [f"{name} in {table}"] if row and row[0] else []
    assert found == []
    # The search would find a key: its hash, which tells keys apart and opens nothing, is there.
    (row, *_) = traced.observations(16)
    assert row["metadata"]["user_api_key_hash"] == hashlib.sha256(key.encode()).hexdigest()


def test_the_stores_role_opens_its_own_database_alone(cli: Cli, stack_env: dict[str, str]):
    lines = (cli.home / ".env").read_text().splitlines()
    password = next(line.split("=", 1)[1] for line in lines if line.startswith("TRACESTORE_PASSWORD="))
    own = traces_url(stack_env["DATABASE_URL"], password=password)
    with psycopg.connect(own) as connection:
        query = "select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = current_user"
        assert connection.execute(query).fetchone() == (False, False, False)
    for database in ("litellm", "postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="CONNECT privilege"):
            psycopg.connect(own.rpartition("/")[0] + f"/{database}")
    environ = psutil.Process(int(str(cli.row("tracing")["pid"]))).environ()
    assert not [
        name for name in environ if name in ("LITELLM_MASTER_KEY", "POSTGRES_PASSWORD", "GATEWAY_API_KEY")
    ]
    assert stack_env["DATABASE_URL"] not in environ.values()


def test_a_login_that_may_make_no_database_is_told_what_to_do(stack_env: dict[str, str]):
    role = f"guest_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(stack_env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f"create role {role} login password 'guest-password'")
        connection.execute(f"grant connect on database litellm to {role}")
        try:
            url = stack_env["DATABASE_URL"]
            login = f"{role}:guest-password@{url.rsplit('@', 1)[1]}"
            with pytest.raises(StackError, match=f"create database langfuse owner {role}") as raised:
                ensure_external_database(f"postgresql://{login}")
            assert "--tracing off" in str(raised.value)
            assert "guest-password" not in str(raised.value)
            ensure_external_database(url)  # the owner may; it is there already
        finally:
            connection.execute(f"revoke connect on database litellm from {role}")
            connection.execute(f"drop role {role}")


def test_no_call_waits_for_a_store_that_hangs_and_its_trace_arrives_later(traced: Traced, cli: Cli):
    store = psutil.Process(int(str(cli.row("tracing")["pid"])))
    store.suspend()
    try:
        assert {traced.chat().status_code for _ in range(30)} == {200}
        # All were answered while the store could not say a word.
        assert store.status() == psutil.STATUS_STOPPED
    finally:
        store.resume()
    assert len(traced.observations(30)) == 30


def test_a_killed_store_fails_no_call_and_loses_no_trace_that_was_waiting(traced: Traced, cli: Cli):
    before = {row["service"]: row["pid"] for row in cli.rows()}
    assert {traced.chat().status_code for _ in range(3)} == {200}
    os.kill(int(str(before["tracing"])), signal.SIGKILL)
    assert {traced.chat().status_code for _ in range(10)} == {200}
    assert cli.row("tracing")["state"] == "dead"
    cli("up")
    after = {row["service"]: row["pid"] for row in cli.rows()}
    assert {name for name in after if after[name] != before[name]} == {"tracing"}
    assert traced.chat().status_code == 200
    assert len(traced.observations(14)) == 14
