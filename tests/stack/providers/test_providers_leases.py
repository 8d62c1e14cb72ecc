"""Faults and changed profiles end with the process that made them, and with no other."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import DEADLINE_S, Simulator, free_port, start_simulator

from gateway_kit.gateway.fault import FaultEndedWarning
from gateway_kit.gateway.providers import Providers

NOWHERE = "http://127.0.0.1:9/v1"
KEY = {"authorization": "Bearer k"}
CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "What is an LLM gateway?"}]}
LONG_S = 3600.0

Program = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def program(simulator: Simulator) -> Iterator[Program]:
    """Starts a Python program with `providers`, and returns once it has printed a line; it ends with its input."""
    with ExitStack() as running:

        def start(code: str, *, lease_s: float = 1.0) -> subprocess.Popen[str]:
            before = (
                "import os, sys\n"
                "from gateway_kit.gateway.providers import Providers\n"
                f"providers = Providers({simulator.url!r}, lease_s={lease_s})\n"
            )
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", before + code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            running.enter_context(process)
            running.callback(process.kill)
            assert process.stdout
            assert process.stdout.readline() == "ready\n", process.communicate()[1]
            return process

        yield start


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE_S
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)


def kinds(providers: Providers) -> list[str]:
    return sorted(providers.faults()["kind"])


def leased(simulator: Simulator, client: str, lease_s: float) -> None:
    """A fault of a client that never renews its lease."""
    wish = {"kind": "cut_stream", "lease": {"client": client, "lease_s": lease_s}}
    httpx.post(f"{simulator.url}/_sim/faults", json=wish).raise_for_status()


def test_a_killed_program_takes_its_fault_along_and_the_requests_that_it_holds(
    program: Program, providers: Providers, http: httpx.Client
) -> None:
    killed = program("providers.fault('openai', kind='timeout', hold_s=3000); print('ready'); input()")
    held: list[Exception] = []

    def call() -> None:
        try:
            http.post(f"{providers.url}/v1/chat/completions", json=CHAT, headers=KEY, timeout=DEADLINE_S)
        except httpx.HTTPError as exc:
            held.append(exc)

    caller = threading.Thread(target=call)
    caller.start()
    until(lambda: providers.faults()["hits"].sum() == 1)
    assert providers.faults()["set_by"].tolist() == [f"process {killed.pid} (python)"]
    killed.kill()
    killed.wait()
    until(lambda: providers.faults().empty)
    caller.join(DEADLINE_S)
    assert [type(exc) for exc in held] == [httpx.RemoteProtocolError]


def test_a_killed_program_takes_its_profiles_along_and_leaves_those_of_others(
    program: Program, simulator: Simulator, providers: Providers
) -> None:
    def speed(model: str) -> list[float]:
        rows = providers.profiles().query("provider == 'openai' and provider_model == @model")
        return rows[["ttft_s", "tokens_per_s"]].iloc[0].tolist()

    before = speed("gpt-4o-mini")
    with Providers(simulator.url) as other:
        other.profile("gpt-4o-mini", ttft_s=1.5)
        killed = program("providers.profile('*', ttft_s=9.0, tokens_per_s=7.0); print('ready'); input()")
        assert speed("gpt-4o-mini") == speed("gpt-5") == [9.0, 7.0]
        killed.kill()
        killed.wait()
        until(lambda: speed("gpt-4o-mini") == [1.5, before[1]])
        assert speed("gpt-5") != [9.0, 7.0]
    assert speed("gpt-4o-mini") == before


def test_a_change_without_a_lease_lies_under_those_that_come_later(
    simulator: Simulator, providers: Providers
) -> None:
    def ttft_s() -> float:
        return float(providers.profiles().query("provider_model == 'phi3'")["ttft_s"].iloc[0])

    providers.profile("phi3", ttft_s=1.0, keep=True)
    with Providers(simulator.url) as other:
        other.profile("phi3", ttft_s=2.0)
        assert ttft_s() == 2.0
        providers.profile("phi3", jitter=0.5, keep=True)
    assert ttft_s() == 1.0
    providers.reset_profiles()
    assert ttft_s() not in (1.0, 2.0)


def test_a_living_client_renews_and_a_silent_one_does_not(simulator: Simulator, providers: Providers) -> None:
    with Providers(simulator.url, lease_s=3.0) as living:
        living.fault("azure", kind="slow")
        leased(simulator, "silent", 3.0)
        assert kinds(providers) == ["cut_stream", "slow"]
        until(lambda: "cut_stream" not in kinds(providers))
        leased(simulator, "silent", 3.0)
        until(lambda: "cut_stream" not in kinds(providers))
        assert kinds(providers) == ["slow"]
    assert kinds(providers) == []


def test_the_end_of_one_client_leaves_the_others(simulator: Simulator, providers: Providers) -> None:
    with Providers(simulator.url) as first, Providers(simulator.url) as second:
        first.fault("azure", kind="slow")
        second.fault("azure", kind="server_error")
        first.close()
        assert kinds(providers) == ["server_error"]
        second.fault("azure", kind="rate_limit", keep=True)
    assert kinds(providers) == ["rate_limit"]
    assert providers.faults()["set_by"].isna().all()


@pytest.mark.parametrize("end", ["", "raise SystemExit(0)", "providers.close()", "del providers"])
def test_a_program_that_ends_takes_its_fault_along_at_once_and_says_nothing(
    program: Program, providers: Providers, end: str
) -> None:
    ended = program(f"providers.fault(kind='slow'); print('ready'); input()\n{end}", lease_s=LONG_S)
    assert kinds(providers) == ["slow"]
    assert ended.communicate("\n") == ("", "")
    assert ended.returncode == 0
    assert kinds(providers) == []


def test_a_fork_neither_ends_nor_renews_what_its_parent_leases(
    program: Program, providers: Providers
) -> None:
    code = """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside a thread, which is the point
with providers.fault("openai", kind="slow") as fault:
    child = os.fork()
    if child == 0:
        providers.fault("azure", kind="rate_limit")
        assert sorted(providers.faults()["kind"]) == ["rate_limit", "slow"]
        raise SystemExit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert list(providers.faults()["kind"]) == ["slow"], providers.faults()
    child = os.fork()
    if child == 0:
        input()
        os._exit(0)
    print("ready", flush=True)
    os.kill(os.getpid(), 9)
"""
    program(code)
    # The parent is gone; the child that lives, with the parent's client, does not renew for it.
    until(lambda: providers.faults().empty)


def test_a_program_that_was_stopped_learns_that_its_fault_has_ended(
    program: Program, providers: Providers
) -> None:
    code = "fault = providers.fault(kind='slow', probability=0.0)\nprint('ready')\ninput()\nfault.off(); fault.off()"
    stopped = program(code)
    stopped.send_signal(signal.SIGSTOP)
    until(lambda: providers.faults().empty)
    stopped.send_signal(signal.SIGCONT)
    told = stopped.communicate("\n")[1]
    assert told.count("FaultEndedWarning") == 1
    assert "slow at every provider> had ended before it was switched off" in told
    assert stopped.returncode == 0


def test_a_client_goes_on_with_a_simulator_that_was_restarted(tmp_path: Path) -> None:
    port = free_port()
    first = start_simulator(tmp_path, NOWHERE, port=port)
    with Providers(first.url, lease_s=1.0) as client:
        old = client.fault("openai", kind="slow")
        assert first.stop() == 0
        second = start_simulator(tmp_path, NOWHERE, port=port)
        try:
            new = client.fault("openai", kind="server_error")
            assert new.id == old.id, "a new simulator numbers faults anew"
            with pytest.warns(FaultEndedWarning, match="slow at provider=openai"):
                old.off()
            assert kinds(client) == ["server_error"]
            leased(second, "silent", 1.0)
            until(lambda: kinds(client) == ["server_error"])
        finally:
            client.close()
            assert second.stop() == 0


def test_the_renewing_ends_with_what_it_renews(simulator: Simulator) -> None:
    def renewing() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name == "gateway-kit lease"]

    assert renewing() == []
    with Providers(simulator.url, lease_s=LONG_S) as client:
        with client.fault(kind="slow"), client.fault(kind="slow"):
            assert len(renewing()) == 1
        assert renewing() == []
        for give_back in (client.reset_profiles, client.clear_faults, client.reset):
            client.profile("phi3", jitter=0.2)
            fault = client.fault(kind="slow", count=1)
            give_back()
            client.reset_profiles()
            fault.off()  # or cleared on purpose: no warning
            assert renewing() == []
        client.fault(kind="slow")
        assert len(renewing()) == 1
    assert renewing() == []
    with Providers(simulator.url, lease_s=0.3) as client, Providers(simulator.url) as other:
        client.fault(kind="slow")
        other.clear_faults()
        until(lambda: not renewing())


def test_a_simulator_that_was_stopped_gives_its_clients_time_to_return(
    simulator: Simulator, providers: Providers
) -> None:
    leased(simulator, "sleeper", 4.0)
    os.kill(simulator.process.pid, signal.SIGSTOP)
    try:
        time.sleep(5.5)
    finally:
        os.kill(simulator.process.pid, signal.SIGCONT)
    assert kinds(providers) == ["cut_stream"]
    until(lambda: providers.faults().empty)


def test_the_control_api_shows_renews_and_ends_leases(simulator: Simulator, http: httpx.Client) -> None:
    def ask(method: str, path: str, body: Any = None, **query: str) -> Any:
        answer = http.request(method, f"{simulator.url}/_sim/{path}", json=body, params=query)
        return answer.json() | {"status": answer.status_code}

    lease = {"client": "c-1", "lease_s": 3600, "owner": {"pid": 7, "program": "curl"}}
    made = ask("POST", "faults", {"kind": "slow", "lease": lease})
    ask("PATCH", "profiles", {"model": "phi3", "ttft_s": 3, "lease": lease})
    [change] = ask("GET", "profiles/changes")["changes"]
    assert (change["model"], change["values"], change["initial"]) == ("phi3", {"ttft_s": 3}, {"ttft_s": 0.2})
    added = ask("POST", "answers", {"pattern": "x", "text": "y", "lease": lease})
    ask("POST", "latencies", {"latencies": [{"deployment": "east", "whole_s": [1]}], "lease": lease})
    holds = {
        "faults": [made["id"]],
        "profiles": ["ollama/phi3"],
        "latencies": ["east/*/*"],
        "answers": [added["id"]],
    }
    [row] = ask("GET", "leases")["leases"]
    assert row["id"] == made["lease"]["id"] == change["lease"]["id"]
    assert (row["client"], row["owner"], row["holds"]) == ("c-1", lease["owner"], holds)
    assert ask("POST", "leases/renew", {"client": "c-1"})["holds"] == holds
    assert ask("POST", "leases/renew", {"client": "c-2"})["holds"] is None
    assert ask("DELETE", "leases", client="c-1")["ended"] is True
    assert ask("DELETE", "leases", client="c-1")["ended"] is False
    assert ask("GET", "faults")["faults"] == ask("GET", "profiles/changes")["changes"] == []
    assert ask("GET", "answers")["answers"] == ask("GET", "latencies")["latencies"] == []
    assert ask("DELETE", f"faults/{made['id']}", lease=row["id"]) == {
        "removed": 0,
        "in_force": False,
        "status": 200,
    }


def test_a_client_that_is_killed_while_it_sends_is_no_error(
    simulator: Simulator, providers: Providers
) -> None:
    url = httpx.URL(simulator.url)
    with socket.create_connection((url.host, url.port)) as half:
        half.sendall(b"POST /_sim/leases/renew HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{")
        until(lambda: providers.faults().empty)  # the simulator has read it by then
    # The fixture of the simulator fails if its log has an unexpected error.
    assert providers.faults().empty


@pytest.mark.parametrize(
    ("lease", "why"),
    [
        ("mine", '"lease" must be an object'),
        ({}, '"client" must be a text'),
        ({"client": ""}, '"client" must be a text'),
        ({"client": "c", "lease_s": 0}, '"lease_s" must be a number from'),
        ({"client": "c", "lease_s": "30"}, '"lease_s" must be a number from'),
        ({"client": "c", "seconds": 3}, 'has no "seconds"'),
        ({"client": "c", "owner": "me"}, '"owner" must be an object of pid, birth'),
        ({"client": "c", "owner": {"pid": "7"}}, '"owner" must be an object of pid, birth'),
        ({"client": "c", "owner": {"toString": "x"}}, '"owner" must be an object of pid, birth'),
    ],
)
def test_an_invalid_lease_changes_nothing(
    providers: Providers, http: httpx.Client, lease: Any, why: str
) -> None:
    for method, path, body in (
        ("POST", "faults", {"kind": "slow"}),
        ("PATCH", "profiles", {"model": "phi3", "ttft_s": 3}),
    ):
        answer = http.request(
            method, f"{providers.url}/_sim/{path}", content=json.dumps(body | {"lease": lease})
        )
        assert (answer.status_code, why in answer.json()["error"]) == (400, True), answer.text
    assert providers.faults().empty
    assert http.get(f"{providers.url}/_sim/profiles/changes").json() == {"changes": []}
