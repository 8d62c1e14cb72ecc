"""A stack with several gateways: what its commands say, how it grows and shrinks, what a killed part does."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
import pytest

from gateway_kit.errors import PlatformError, PortTakenError, SettingsError
from gateway_kit.gateway import connect
from gateway_kit.settings import Settings
from gateway_kit.stack.options import Options
from gateway_kit.stack.replicas import api_port, replica_ports
from gateway_kit.stack.services.balancer import Balancer
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.supervisor import preflight
from gateway_kit.stack.supervisor.ports import free_offset
from tests.conftest import FOREIGN, Cli
from tests.stack.replicas.steady_calls import steady_calls

OTHERS = ("redis", "postgres", "tracing", "providers", "chat-model", "embeddings")


def states(cli: Cli) -> dict[str, str]:
    return {row["service"]: row["state"] for row in cli.rows() if row["state"] not in ("off", "stopped")}


def pids(cli: Cli) -> dict[str, int]:
    return {row["service"]: row["pid"] for row in cli.rows() if row["pid"]}


def kill(cli: Cli, name: str) -> None:
    killed = psutil.Process(cli.row(name)["pid"])
    killed.kill()
    psutil.wait_procs([killed], 10)


def test_status_has_the_balancer_first_with_the_models_and_a_row_for_each_replica(replicated: Cli):
    rows = replicated.rows()
    assert [row["service"] for row in rows][:3] == ["balancer", "gateway-1", "gateway-2"]
    assert states(replicated) == dict.fromkeys(("balancer", "gateway-1", "gateway-2", *OTHERS), "running")
    assert "gpt-4o-mini" in {model["model_name"] for model in rows[0]["models"]}
    assert rows[0]["added_models"] == []
    assert not any("models" in row for row in rows[1:])
    assert rows[0]["url"] == replicated.variables()["GATEWAY_URL"]
    assert len({row["url"] for row in rows[:3]}) == 3


def test_each_replica_has_the_stacks_keys_and_doctor_finds_all_well(replicated: Cli):
    key = {"Authorization": f"Bearer {replicated.variables()['GATEWAY_API_KEY']}"}
    for name in ("gateway-1", "gateway-2"):
        answer = httpx.get(
            f"{replicated.row(name)['url']}/v1/models", headers=key, trust_env=False, timeout=30
        )
        assert answer.status_code == 200, name
    said = replicated("doctor").stdout
    assert "ok      master key     accepted" in said
    assert "ok      gateway-2      running" in said
    assert "error" not in said


def test_clients_find_one_gateway(replicated: Cli, monkeypatch: pytest.MonkeyPatch):
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEWAY_HOME", str(replicated.home))
    with connect() as gateway:
        assert gateway.url == replicated.row("balancer")["url"]
        assert gateway.ask("How many gateways are there?").text


def test_the_logs_of_all_replicas_are_shown_with_their_names(replicated: Cli):
    both = replicated("logs", "gateway", "-n", "1").stdout.splitlines()
    assert {line.split(": ")[0] for line in both} == {"gateway-1", "gateway-2"}
    alone = replicated("logs", "gateway-2", "-n", "1").stdout
    assert f"gateway-2: {alone}" in "\n".join(both) + "\n"
    assert replicated("logs", "balancer").returncode == 0


def test_a_replica_more_and_one_less_lose_no_request(replicated: Cli):
    before = pids(replicated)
    with steady_calls(replicated.variables()) as calls:
        replicated("up", "--replicas", "3")
        serving = Balancer(Stack(replicated.env).settings()).serving()
        assert serving == {replicated.row(f"gateway-{n}")["url"]: True for n in (1, 2, 3)}
        third = psutil.Process(replicated.row("gateway-3")["pid"])
        replicated("up")
        assert pids(replicated) == {**before, "gateway-3": third.pid}, "the record keeps the number"
        replicated("up", "--replicas", "2")
    assert calls.failures == []
    assert calls.answered > 0
    assert pids(replicated) == before
    assert not third.is_running()
    assert len(Balancer(Stack(replicated.env).settings()).serving()) == 2


def test_what_was_killed_is_started_again_and_the_rest_goes_on(replicated: Cli):
    before = pids(replicated)
    kill(replicated, "gateway-2")
    assert states(replicated)["gateway-2"] == "dead"
    assert states(replicated)["balancer"] == "running"
    said = replicated("status").stdout
    assert "gateway-2 has ended since it was started" in said
    assert "the other replicas answer its calls" in said
    assert (
        httpx.get(f"{replicated.variables()['GATEWAY_URL']}/health/liveliness", trust_env=False).status_code
        == 200
    )
    kill(replicated, "balancer")
    assert replicated("doctor", check=False).returncode == 1
    assert "balancer has ended since it was started: calls reach no gateway" in replicated("status").stdout
    replicated("up")
    now = pids(replicated)
    assert {name for name in now if now[name] != before[name]} == {"balancer", "gateway-2"}
    assert set(states(replicated).values()) == {"running"}
    assert all(Balancer(Stack(replicated.env).settings()).serving().values())


def test_one_gateway_and_several_follow_each_other_at_an_open_port(replicated: Cli, tmp_path: Path):
    before = pids(replicated)
    (tmp_path / "handler.py").write_text("one = object()\nraise RuntimeError('the vault does not answer')\n")
    (tmp_path / "broken.yaml").write_text(
        "model_list: [{model_name: a, litellm_params: {model: openai/gpt-4o-mini, api_key: none}}]\n"
        "litellm_settings: {callbacks: handler.one}\n"
    )
    with steady_calls(replicated.variables()) as calls:
        replicated("up", "--replicas", "1")
        one = states(replicated)
        alone = replicated.row("gateway")["pid"]
        broken = replicated("up", "--replicas", "2", "--config", str(tmp_path / "broken.yaml"), check=False)
        assert replicated.row("gateway")["pid"] == alone
        assert states(replicated) == one, "none of the new ones is left"
        # As users start them: copies of a process that ends with the command.
        replicated("up", "--replicas", "2", GATEWAY_FORK_SERVER="")
    assert one == dict.fromkeys(("gateway", *OTHERS), "running")
    assert broken.returncode == 1
    assert "handler.py line 2: RuntimeError: the vault does not answer" in broken.stderr
    assert "The previous gateway goes on with the kit's own configuration" in broken.stderr
    assert not [failure for failure in calls.failures if "ConnectError" in failure]
    assert calls.answered > 0
    now = pids(replicated)
    assert {name: now[name] for name in OTHERS} == {name: before[name] for name in OTHERS}
    for name in ("gateway-1", "gateway-2"):
        copy = psutil.Process(now[name])
        server = next((word for word in copy.cmdline() if word.endswith("gateways.sock")), None)
        assert server is not None, "the system shows a copy with its server's command"
        assert not Path(server).exists()
        parent = copy.parent()
        assert parent is None or server not in parent.cmdline()


def test_a_replica_is_stopped_and_started_alone(replicated: Cli):
    before, stack = pids(replicated), Stack(replicated.env)
    with steady_calls(replicated.variables()) as calls:
        stack.stop("gateway-2")
        assert Balancer(stack.settings()).serving() == {replicated.row("gateway-1")["url"]: True}
        assert replicated.row("gateway-2")["state"] == "stopped"
        stack.start_service("gateway-2")
    assert calls.failures == []
    assert all(Balancer(stack.settings()).serving()[replicated.row(f"gateway-{n}")["url"]] for n in (1, 2))
    now = pids(replicated)
    assert [name for name in now if now[name] != before[name]] == ["gateway-2"]


def test_the_balancer_is_restarted_alone(replicated: Cli):
    before = pids(replicated)
    replicated("restart", "balancer")
    now = pids(replicated)
    assert [name for name in now if now[name] != before[name]] == ["balancer"]


def test_what_cannot_start_is_refused_before_anything_changes(
    replicated: Cli, monkeypatch: pytest.MonkeyPatch
):
    before, stack = pids(replicated), Stack(replicated.env)
    settings = stack.settings()
    with ExitStack() as sockets:
        for port in replica_ports(settings)[3:]:
            sockets.enter_context(socket.create_server(("127.0.0.1", port)))
        with pytest.raises(PortTakenError, match=rf"gateway-4 needs port \d+, which .*pid {os.getpid()}"):
            stack.up(Options(replicas=7))
    with pytest.raises(SettingsError, match="GATEWAY_URL names somebody else's gateway"):
        Stack({**replicated.env, "GATEWAY_URL": "http://127.0.0.1:1"}).up(Options(replicas=2))
    monkeypatch.setattr(preflight, "available_memory_mb", lambda: 1000)
    with pytest.raises(
        PlatformError, match=r"5 more replicas .* enough for 4 in all: gateway-kit up --replicas 4"
    ):
        stack.up(Options(replicas=7))
    assert pids(replicated) == before
    assert stack.record().replicas == 2


def test_the_ports_of_the_balancer_are_checked_too(tmp_path: Path):
    offset, stack = free_offset(), Stack(Cli(tmp_path / "home").env)
    own = api_port(Settings(tmp_path, offset))
    with (
        socket.create_server(("127.0.0.1", own)),
        pytest.raises(PortTakenError, match=f"balancer needs port {own}"),
    ):
        stack.up(Options(port_offset=offset, replicas=2))
    assert not stack.record().services
