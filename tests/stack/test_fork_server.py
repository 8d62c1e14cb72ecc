"""Gateways that are copies of one process: each as good as a new one, or started in the usual way."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

import psutil
import pytest

from gateway_kit.common.environment import full_env
from gateway_kit.common.polling import poll_until
from gateway_kit.stack.servers.gateway.redis_again import ASK_REDIS_AGAIN
from gateway_kit.stack.services.fork_server import (
    FORK_SERVER,
    code_of_fork_server,
    import_env,
)
from gateway_kit.stack.supervisor.fork_server import ForkedChild, ForkServer, started_with
from tests.conftest import ROOT, Cli

SECRET = "sk-that-nobody-else-may-see"

# A hook of the gateway's start, which looks at its process from inside and ends it.
HOOK = """
import json, multiprocessing, os, tempfile
from litellm.caching import redis_cache
from litellm.integrations import custom_guardrail
from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER

def look():
    print("seen " + json.dumps({
        "session": os.getsid(0) == os.getpid(),
        "folder": os.getcwd(),
        "engine": os.environ["QUERY_ENGINE_TOKEN"],
        "guardrail": custom_guardrail._PRE_CALL_EXECUTED_TOKEN,
        "authkey": bytes(multiprocessing.current_process().authkey).hex(),
        "temporary": tempfile.gettempdir(),
        "name": open("/proc/self/comm").read().strip(),
        "key": os.environ["LITELLM_MASTER_KEY"],
        "callback_s": GLOBAL_LOGGING_WORKER.timeout,
        "redis_again_s": redis_cache.REDIS_CIRCUIT_BREAKER_RECOVERY_TIMEOUT,
    }), flush=True)
    os._exit(7)
"""


STARTER = """
import os, sys, time
from pathlib import Path
from gateway_kit.stack.services.fork_server import start_fork_server

folder = Path(sys.argv[1])
print(start_fork_server(folder / "s", os.environ, folder / "log").pid, flush=True)
time.sleep(600)
"""


# What a server does while it imports LiteLLM, for the process whose number it is given.
IMPORTING = """
import os, sys, time
from gateway_kit.stack.servers.gateway.ending_with import ending_with

with ending_with(os.pidfd_open(int(sys.argv[1]))):
    print("begun", flush=True)
    time.sleep(600)
"""


class Server(NamedTuple):
    socket: Path
    process: psutil.Process
    log: Path
    starter: subprocess.Popen[bytes]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("forks")
    command = [sys.executable, "-c", STARTER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        process = psutil.Process(int(starter.stdout.readline()))
        try:
            _, there = poll_until((folder / "s").exists, timeout_s=90)
            assert there, (folder / "log").read_text()
            yield Server(folder / "s", process, folder / "log", starter)
        finally:
            starter.kill()
    process.wait(120)


def ask(server: Server, folder: Path, *args: str, code: str | None = None, **env: str) -> ForkedChild | None:
    """A copy with these arguments and variables; its output goes to `folder`/log."""
    given: Mapping[str, str] = full_env(os.environ, **{**import_env(os.environ), **env})
    with open(folder / "log", "ab") as log:
        return start(server, folder, log, given, *args, code=code)


def start(
    server: Server, folder: Path, log: IO[bytes], env: Mapping[str, str], *args: str, code: str | None = None
) -> ForkedChild | None:
    fork = ForkServer(server.socket, code or code_of_fork_server(), 1)
    return fork.start(("gateway", *args), env, folder, log)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def look(server: Server, folder: Path, **env: str) -> dict[str, Any]:
    """What a gateway without models sees of its own process."""
    folder.mkdir()
    (folder / "hook.py").write_text(HOOK)
    (folder / "config.yaml").write_text("model_list: []\n")
    given = {
        "CONFIG_FILE_PATH": str(folder / "config.yaml"),
        "GATEWAY_MODULES_FOLDER": str(folder),
        "LITELLM_WORKER_STARTUP_HOOKS": "hook:look",
        "LITELLM_MASTER_KEY": SECRET,
        **env,
    }
    child = ask(server, folder, "--port", str(free_port()), **given)
    assert child is not None, server.log.read_text()
    assert child.wait(60) == 7, (folder / "log").read_text()
    line = next(line for line in (folder / "log").read_text().splitlines() if line.startswith("seen "))
    seen: dict[str, Any] = json.loads(line.removeprefix("seen "))
    return seen


def test_each_copy_is_a_process_of_its_own(server: Server, tmp_path: Path):
    first = look(server, tmp_path / "first")
    own = {"LITELLM_MASTER_KEY": "sk-another", ASK_REDIS_AGAIN: "2"}
    second = look(server, tmp_path / "second", TMPDIR=str(tmp_path), **own)
    for seen, folder in ((first, "first"), (second, "second")):
        assert seen["session"]
        assert seen["name"] == "gateway"
        assert seen["callback_s"] == 120
        assert seen["folder"] == str(tmp_path / folder)
    assert (first["key"], second["key"]) == (SECRET, "sk-another")
    assert (first["redis_again_s"], second["redis_again_s"]) == (60, 2)  # LiteLLM's, and the copy's own
    assert second["temporary"] == str(tmp_path) != first["temporary"]
    # What another copy could guess would let one gateway's user into another's.
    for random in ("engine", "guardrail", "authkey"):
        assert first[random] != second[random]


def test_the_server_knows_no_secret_of_its_copies(server: Server, tmp_path: Path):
    look(server, tmp_path / "one")
    process = Path("/proc") / str(server.process.pid)
    for what in ("environ", "cmdline"):
        assert SECRET.encode() not in (process / what).read_bytes()
    assert server.socket.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "env", [{"LITELLM_LOG": "DEBUG"}, {"HTTPS_PROXY": "http://127.0.0.1:9"}, {"DEFAULT_MAX_RETRIES": "9"}]
)
def test_a_gateway_that_would_import_litellm_otherwise_is_no_copy(
    server: Server, tmp_path: Path, env: dict[str, str]
):
    assert ask(server, tmp_path, "--port", "1", **env) is None
    assert f"its environment differs in {next(iter(env))}" in server.log.read_text()


def test_a_gateway_of_other_code_is_no_copy(server: Server, tmp_path: Path):
    assert ask(server, tmp_path, "--port", "1", code="of-another-version") is None
    assert "it has other code" in server.log.read_text()


def test_a_gateway_of_another_network_is_no_copy(server: Server, tmp_path: Path):
    program = (
        "import os, sys; from pathlib import Path\n"
        "from gateway_kit.stack.services.fork_server import code_of_fork_server\n"
        "from gateway_kit.stack.supervisor.fork_server import ForkServer\n"
        "fork = ForkServer(Path(sys.argv[1]), code_of_fork_server(), 1)\n"
        "with open(os.devnull, 'ab') as log:\n"
        "    print(fork.start(('gateway', '--port', '1'), {}, Path(sys.argv[2]), log))\n"
    )
    command = [sys.executable, "tools/offline.py", sys.executable, "-c", program, server.socket, tmp_path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 2:
        pytest.skip(done.stderr.strip())
    assert done.stdout.strip() == "None", done.stderr
    assert "it is in another namespace" in server.log.read_text()


def test_wrong_arguments_end_the_copy_alone(server: Server, tmp_path: Path):
    child = ask(server, tmp_path, "--port", "1", "--no-such-option")
    assert child is not None
    assert child.wait(30) == child.poll() == 2
    assert "--no-such-option" in (tmp_path / "log").read_text()
    assert server.process.is_running()


def test_a_broken_request_is_refused_and_the_next_one_served(server: Server, tmp_path: Path):
    for request in (b"", b"not JSON", b"[]", b'{"code": 1}'):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(server.socket))
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            assert b"refused" in connection.recv(1000)
    assert look(server, tmp_path / "next")["name"] == "gateway"


def test_without_its_server_a_gateway_starts_in_the_usual_way(tmp_path: Path):
    gone = ForkServer(tmp_path / "gone", code_of_fork_server(), 1)
    with open(tmp_path / "log", "ab") as log:
        assert gone.start(("gateway",), {}, tmp_path, log) is None


def test_the_tests_own_stack_has_a_copy(cli: Cli):
    gateway = psutil.Process(cli.row("gateway")["pid"])
    assert gateway.name() == "gateway", Path(os.environ[FORK_SERVER]).with_name("log").read_text()
    command = started_with(gateway)
    assert command is not None
    assert command[0][1:4] == ["-P", "-m", "gateway_kit.stack.servers.gateway"]
    assert command[1]["LITELLM_MASTER_KEY"] == cli.variables()["LITELLM_MASTER_KEY"]
    assert started_with(psutil.Process()) is None


def test_a_server_whose_starter_ends_meanwhile_does_not_import_to_the_end():
    with subprocess.Popen(["sleep", "600"]) as starter:
        words = [sys.executable, "-c", IMPORTING, str(starter.pid)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as importing:
            assert importing.stdout is not None
            assert importing.stdout.readline() == "begun\n"
            starter.kill()
            assert importing.wait(60) == 0


def test_the_server_ends_with_its_starter_and_its_copies_go_on(server: Server, tmp_path: Path):
    (tmp_path / "config.yaml").write_text("model_list: []\n")
    given = {"CONFIG_FILE_PATH": str(tmp_path / "config.yaml"), "LITELLM_MASTER_KEY": SECRET}
    copy = ask(server, tmp_path, "--port", str(free_port()), **given)
    assert copy is not None
    try:
        assert poll_until(
            lambda: (tmp_path / "log").read_text(), lambda log: "startup complete" in log, timeout_s=60
        )[1]
        server.starter.kill()
        _, gone = poll_until(lambda: not server.process.is_running(), timeout_s=120)
        assert gone
        assert not server.socket.exists()
        assert copy.poll() is None
    finally:
        os.kill(copy.pid, signal.SIGTERM)
    # It is nobody's child any more, so nobody knows its code.
    assert poll_until(copy.poll, lambda code: code is not None, timeout_s=120) == (-1, True)
