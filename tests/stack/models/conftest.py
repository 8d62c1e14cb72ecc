"""Both model servers, started once on free ports, as child processes with their own log files."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest


@dataclass(frozen=True)
class RunningServer:
    url: str
    port: int
    process: subprocess.Popen[bytes]
    log_path: Path

    def rss_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
        return int(kilobytes) / 1024


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def start(program: str, log_path: Path, deadline_s: float = 120) -> RunningServer:
    port = free_port()
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", f"gateway_kit.stack.servers.{program}", "--port", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    server = RunningServer(f"http://127.0.0.1:{port}", port, process, log_path)
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        if process.poll() is not None:
            raise AssertionError(f"{program} ended with {process.returncode}: {log_path.read_text()}")
        try:
            if httpx.get(f"{server.url}/health", timeout=2).status_code == 200:
                return server
        except httpx.TransportError:
            time.sleep(0.05)
    process.kill()
    process.wait()
    raise AssertionError(f"{program} was not ready after {deadline_s} s: {log_path.read_text()}")


def stop(server: RunningServer) -> int:
    server.process.terminate()
    try:
        return server.process.wait(timeout=120)
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[[str], RunningServer]]:
    """Starts a separate server for one test, and stops it afterwards if it still runs."""
    started: list[RunningServer] = []

    def starter(program: str) -> RunningServer:
        started.append(start(program, tmp_path / f"{program}-{len(started)}.log"))
        return started[-1]

    yield starter
    for server in started:
        stop(server)


@pytest.fixture(scope="session")
def embeddings_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    server = start("embeddings", tmp_path_factory.mktemp("embeddings") / "server.log")
    yield server
    assert stop(server) == 0


@pytest.fixture(scope="session")
def chat_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    server = start("chat_model", tmp_path_factory.mktemp("chat") / "server.log")
    yield server
    assert stop(server) == 0
