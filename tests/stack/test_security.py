"""Nothing listens beyond this machine, and no secret is visible to others."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
import redis

from gateway_kit.stack.stack import Stack
from tests.conftest import OWN, Cli


@pytest.fixture
def family(cli: Cli) -> dict[str, list[psutil.Process]]:
    """Each service's processes."""
    processes = {}
    for row in cli.rows():
        if row["pid"] is not None:
            root = psutil.Process(row["pid"])
            processes[row["service"]] = [root, *root.children(recursive=True)]
    assert set(processes) == set(OWN)
    return processes


@pytest.fixture
def secrets(cli: Cli) -> dict[str, str]:
    """Every generated credential of the stack; the demonstration values are not secret."""
    lines = (cli.home / ".env").read_text().splitlines()
    pairs = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    demo = ("admin", "sk-password", "admin@dep.com", "password")
    kept = {name: value for name, value in pairs.items() if value not in demo}
    assert len(kept) >= 6
    return kept


def test_every_listener_is_on_the_loopback_address_and_a_known_port(
    family: dict[str, list[psutil.Process]], cli: Cli
):
    published = set()
    for members in family.values():
        for member in members:
            for connection in member.net_connections("inet"):
                if connection.status == psutil.CONN_LISTEN:
                    assert connection.laddr.ip == "127.0.0.1", (member.name(), connection.laddr)
                    published.add(connection.laddr.port)
    ports = {int(row["url"].split(":")[2].split("/")[0]) for row in cli.rows() if row["pid"]}
    assert ports <= published


def test_redis_and_postgresql_need_their_passwords(stack_env: dict[str, str]):
    import psycopg

    host = stack_env["REDIS_URL"].rsplit("@", 1)[1]
    with pytest.raises(redis.AuthenticationError), redis.Redis.from_url(f"redis://{host}") as client:
        client.ping()
    host = stack_env["DATABASE_URL"].rsplit("@", 1)[1]
    for login in ("gateway:wrong", "gateway", "postgres:"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(f"postgresql://{login}@{host}", connect_timeout=120)


def test_the_gateways_query_engine_answers_to_the_gateway_alone(
    family: dict[str, list[psutil.Process]],
):
    engines = [member for member in family["gateway"] if "query_engine.mjs" in " ".join(member.cmdline())]
    assert engines
    query = {
        "query": 'mutation { queryRaw(query: "SELECT current_user", parameters: "[]") }',
        "variables": {},
    }
    for engine in engines:
        (port,) = {c.laddr.port for c in engine.net_connections("inet") if c.status == psutil.CONN_LISTEN}
        url = f"http://127.0.0.1:{port}"
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            assert httpx.post(url, json=query, headers=headers, timeout=120).status_code == 401
            assert httpx.get(f"{url}/metrics", headers=headers, timeout=120).status_code == 401
        right = {"Authorization": f"Bearer {engine.environ()['QUERY_ENGINE_TOKEN']}"}
        assert httpx.post(url, json=query, headers=right, timeout=120).json()["data"]


def test_the_gateway_rejects_calls_without_a_key(stack_env: dict[str, str]):
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]}
    url = stack_env["GATEWAY_URL"]
    assert httpx.post(f"{url}/v1/chat/completions", json=body, timeout=120).status_code == 401
    assert httpx.post(f"{url}/key/generate", json={}, timeout=120).status_code == 401


def test_no_secret_on_a_command_line(family: dict[str, list[psutil.Process]], secrets: dict[str, str]):
    for service, members in family.items():
        for member in members:
            words = " ".join(member.cmdline())
            for name, value in {**secrets, "master key": "sk-password"}.items():
                assert value not in words, f"{name} on the command line of {service}"


def test_no_secret_in_a_log_even_after_wrong_calls(
    cli: Cli, secrets: dict[str, str], stack_env: dict[str, str]
):
    headers = {"Authorization": f"Bearer {secrets['GATEWAY_API_KEY']}"}
    for model in ("gpt-4o-mini", "gpt-none", "phi3"):
        body = {"model": model, "messages": [{"role": "user", "content": "hello"}]}
        httpx.post(f"{stack_env['GATEWAY_URL']}/v1/chat/completions", json=body, headers=headers, timeout=60)
    time.sleep(1)
    logs = sorted((cli.home / "logs").iterdir())
    assert len(logs) >= 6
    for log in logs:
        text = log.read_text(errors="replace")
        for name, value in {**secrets, "master key": "sk-password"}.items():
            assert value not in text, f"{name} in {log.name}"


@pytest.mark.parametrize(
    "words", [("status",), ("status", "--json"), ("up",), ("doctor",), ("config", "show")]
)
def test_no_generated_secret_in_command_output(cli: Cli, secrets: dict[str, str], words: tuple[str, ...]):
    done = cli(*words)
    for name, value in secrets.items():
        assert value not in done.stdout + done.stderr, f"{name} printed by {' '.join(words)}"


def test_no_secret_in_the_repr_of_objects_that_hold_secrets(cli: Cli, secrets: dict[str, str]):
    stack = Stack(cli.env)
    shown = repr((stack, stack.credentials(), stack.endpoints(), stack.settings(), stack.record()))
    assert not [name for name, value in secrets.items() if value in shown]


def files(home: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(home):
        yield from (Path(folder, name) for name in names)


def test_only_the_owner_can_read_files_with_secrets(cli: Cli, secrets: dict[str, str]):
    assert (cli.home / ".env").stat().st_mode & 0o777 == 0o600
    assert cli.home.stat().st_mode & 0o077 & ~0o001 == 0
    holders = set()
    for path in files(cli.home):
        if "postgres" in path.relative_to(cli.home).parts or not path.is_file():
            continue
        text = path.read_text(errors="replace")
        if any(value in text for value in secrets.values()) or "PRIVATE KEY" in text:
            holders.add(path.name)
            assert path.stat().st_mode & 0o077 == 0, path
    assert {".env", "redis.conf"} <= holders


def test_the_record_holds_no_secret(cli: Cli, secrets: dict[str, str]):
    text = (cli.home / "state.json").read_text()
    assert set(json.loads(text)["services"]) == set(OWN)
    assert not [name for name, value in secrets.items() if value in text]


def test_services_that_need_no_secret_have_none_in_their_environment(
    family: dict[str, list[psutil.Process]], secrets: dict[str, str]
):
    for service in ("providers", "chat-model", "embeddings"):
        for member in family[service]:
            held = set(member.environ().values())
            assert not held & set(secrets.values()), service


def test_the_cli_in_another_folder_does_not_find_these_credentials(tmp_path: Path, cli: Cli):
    other = Cli(tmp_path / "other")
    done = other("env", "--json", check=False)
    assert done.returncode == 1
    assert "gateway-kit up" in done.stderr
    assert not (tmp_path / "other").exists()
