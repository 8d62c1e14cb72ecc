"""What runs under the keeper reaches this machine alone, and nothing of it is left, however it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from gateway_kit.common.polling import poll_until
from gateway_kit.stack.rehearsing import isolation, namespaces
from gateway_kit.stack.rehearsing.rules import enter_rules

# 192.0.2.0/24 and 2001:db8::/32 are for documentation: nobody answers there, but a network is asked to find them.
PROBE = """
import json, socket, subprocess, sys, urllib.request
def tried(way):
    try:
        way()
    except OSError as exc:
        return type(exc).__name__
    return "got through"
def tcp(address, family=socket.AF_INET, kind=socket.SOCK_STREAM, protocol=0):
    with socket.socket(family, kind, protocol) as out:
        out.settimeout(3)
        out.connect(address)
def raw():
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as out:
        out.sendto(b"12345678", ("192.0.2.1", 0))
def udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(b"hello", ("192.0.2.1", 53))
with socket.create_server(("127.0.0.1", 0)) as server:
    found = {
        "loopback": tried(lambda: tcp(server.getsockname())),
        "tcp": tried(lambda: tcp(("192.0.2.1", 443))),
        "tcp6": tried(lambda: tcp(("2001:db8::1", 443), socket.AF_INET6)),
        "mptcp": tried(lambda: tcp(("192.0.2.1", 443), protocol=262)),
        "udp": tried(udp),
        "raw": tried(raw),
        "name": tried(lambda: urllib.request.urlopen("http://example.com/", timeout=3)),
    }
    child = "import socket; socket.create_connection(('192.0.2.1', 443), 3)"
    ended = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True)
    found["child"] = ended.stderr.strip().splitlines()[-1].partition(":")[0] if ended.returncode else "got through"
print(json.dumps(found))
"""
# Asks nothing of the network by itself: it has a child in a session of its own, as the stack's services have.
PROGRAM = """
import subprocess, time
subprocess.Popen(["sleep", "{seconds}"], start_new_session=True)
print("runs", flush=True)
time.sleep(600)
"""
PARENT = """
import os, subprocess, time
command = {command!r}
command[command.index("--end-with") + 1] = str(os.getpid())
print(subprocess.Popen(command).pid, flush=True)
time.sleep(600)
"""


def keeper(way: str, home: Path, *program: str) -> list[str]:
    module = "gateway_kit.stack.rehearsing.keeper"
    words = [
        sys.executable,
        "-P",
        "-m",
        module,
        "--end-with",
        str(os.getpid()),
        "--way",
        way,
        "--home",
        str(home),
    ]
    return [*words, *program]


def why_not(way: str) -> str:
    tries = {
        "namespaces": namespaces.try_processes,
        "network": namespaces.enter_network,
        "rules": lambda: enter_rules([]),
    }
    return namespaces.works(tries[way])


@pytest.fixture(params=["namespaces", "network", "rules"])
def way(request: pytest.FixtureRequest) -> str:
    if why := why_not(request.param):
        pytest.skip(f"this system has no {request.param}: {why}")
    return str(request.param)


def test_loopback_answers_and_everything_else_fails(way: str, tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    done = subprocess.run(
        keeper(way, home, sys.executable, "-c", PROBE), capture_output=True, text=True, timeout=60, check=True
    )
    found = json.loads(done.stdout)
    assert found.pop("loopback") == "got through"
    reached = [what for what, result in found.items() if result in ("got through", "TimeoutError")]
    assert not reached, f"{way}: {found}"
    assert not home.exists()


def test_without_it_the_probe_would_get_a_packet_out():
    """Else the test above would prove nothing: the address has a route, so UDP is sent or TCP waits for an answer."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=60, check=True
    )
    if "got through" not in (found := json.loads(done.stdout)).values():
        pytest.skip(f"this machine has no way out itself: {found}")


@pytest.mark.parametrize("victim", ["parent", "keeper"])
def test_nothing_outlives_a_kill(victim: str, tmp_path: Path):
    if why := why_not("namespaces"):
        pytest.skip(f"this system has no namespaces of processes: {why}")
    home, seconds = tmp_path / "home", str(5000 + os.getpid() % 1000)
    home.mkdir()
    program = PROGRAM.format(seconds=seconds)
    command = keeper("namespaces", home, sys.executable, "-c", program)
    code = PARENT.format(command=command)
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert parent.stdout.readline().strip() == "runs"
    assert sleepers(seconds)
    os.kill(parent.pid if victim == "parent" else pid, signal.SIGKILL)
    left, gone = poll_until(lambda: sleepers(seconds), lambda pids: not pids, timeout_s=120)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone, left
    if victim == "parent":  # the keeper still was there to clear up
        assert poll_until(lambda: not home.exists(), timeout_s=120)[1]


def sleepers(seconds: str) -> list[int]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.cmdline() == ["sleep", seconds] and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def test_the_words_for_the_report_say_no_more_than_is_true():
    assert "no interface but loopback" in isolation.in_words({isolation.VARIABLE: "namespaces"})
    rules = isolation.in_words({isolation.VARIABLE: "rules"})
    assert "no interface" not in rules
    assert str(isolation.client_ports()[0]) in rules
    assert "was not kept from the network" in isolation.in_words({isolation.VARIABLE: "hook"})
    assert isolation.in_words({}) == "nothing"
