"""Redis on ARM: its look at the kernel must not keep it from starting where there is nothing to see."""

from __future__ import annotations

import platform
import subprocess
import time
from pathlib import Path

import pytest

from gateway_kit.settings import load_settings
from gateway_kit.stack.services.credentials import resolve
from gateway_kit.stack.services.redis import kernel_lines, redis_service

IGNORED = "ignore-warnings ARM64-COW-BUG"


@pytest.mark.parametrize("release", ["5.10.0-33-arm64", "5.15.49-linuxkit", "6.18.44", "10.0"])
def test_the_fault_that_linux_mended_is_not_looked_for(release: str):
    assert kernel_lines("aarch64", release) == [IGNORED]
    assert kernel_lines("x86_64", release) == []


@pytest.mark.parametrize("release", ["4.19.0-27-arm64", "5.9.16", "5.4.0-1100-raspi", "odd"])
def test_an_older_kernel_is_looked_at(release: str):
    assert kernel_lines("aarch64", release) == []


def test_redis_takes_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    monkeypatch.setattr(platform, "release", lambda: "6.1.0")
    settings = load_settings({"GATEWAY_HOME": str(tmp_path)})
    service = redis_service(settings, resolve({}, {}))
    assert service.prepare is not None
    service.prepare()
    config = Path(service.argv[1])
    assert IGNORED in config.read_text().splitlines()
    # A socket instead of a port: nothing else can be in its way.
    socket = tmp_path / "redis.sock"
    argv = [*service.argv, "--port", "0", "--unixsocket", str(socket)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        try:
            while not socket.exists():
                assert server.poll() is None, server.stdout and server.stdout.read()
                time.sleep(0.05)
        finally:
            server.terminate()
