"""Impossible input gives one clear sentence before anything starts, and leaves nothing behind."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from gateway_kit.settings import BASE_PORTS
from gateway_kit.stack.supervisor.ports import free_offset
from tests.conftest import CLI, OWN, Cli


def states(cli: Cli) -> dict[str, str]:
    return {row["service"]: row["state"] for row in cli.rows() if row["service"] in OWN}


def pids(cli: Cli) -> dict[str, int]:
    return {row["service"]: row["pid"] for row in cli.rows() if row["service"] in OWN}


@pytest.mark.parametrize("name", ["REDIS_URL", "DATABASE_URL"])
def test_an_external_service_that_does_not_answer_is_named_before_anything_starts(tmp_path: Path, name: str):
    url = {
        "REDIS_URL": "redis://:hidden@127.0.0.1:1/0",
        "DATABASE_URL": "postgresql://me:hidden@127.0.0.1:1/db",
    }
    alone = Cli(tmp_path / "home", **{name: url[name]})
    done = alone("up", "--port-offset", str(free_offset()), check=False)
    assert done.returncode == 1
    assert f"{name} (127.0.0.1:1/" in done.stderr.replace("postgresql://", "")
    assert "cannot be used" in done.stderr
    assert "hidden" not in done.stderr
    assert not [s for s in states(alone).values() if s == "running"]


def test_the_error_for_a_taken_port_names_owner_and_flag_and_nothing_starts(tmp_path: Path):
    alone = Cli(tmp_path / "home")
    offset = free_offset()
    with socket.create_server(("127.0.0.1", BASE_PORTS["redis"] + offset)):
        done = alone("up", "--port-offset", str(offset), check=False)
    assert done.returncode == 1
    assert f"redis needs port {BASE_PORTS['redis'] + offset}" in done.stderr
    assert f"(pid {os.getpid()})" in done.stderr
    assert "--port-offset" in done.stderr
    assert " starting" not in done.stdout
    assert set(states(alone).values()) == {"stopped"}
    assert not (alone.home / "state.json").exists()


def test_down_with_nothing_running_says_so(tmp_path: Path):
    for home in (tmp_path / "never made", tmp_path):
        done = Cli(home)("down")
        assert done.stdout.strip() == "Nothing was running."
    assert not (tmp_path / "never made").exists()


def test_status_before_the_first_start(tmp_path: Path):
    alone = Cli(tmp_path / "home")
    assert set(states(alone).values()) == {"stopped"}
    assert "stopped" in alone("status").stdout
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("home", ["a-file", "a-file/below", "/proc/gateway-kit"])
def test_an_impossible_state_folder_gives_one_sentence(tmp_path: Path, home: str):
    (tmp_path / "a-file").write_text("")
    done = Cli(tmp_path / home)("up", check=False)
    assert done.returncode == 1
    assert "cannot be used" in done.stderr
    assert "GATEWAY_HOME=" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a small disk")
def test_a_full_disk_gives_one_sentence(tmp_path: Path):
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(tmp_path)], check=False)
    if mounted.returncode != 0:
        pytest.skip("this container lets nobody mount")
    try:
        done = Cli(tmp_path / "home")("up", check=False)
        assert done.returncode == 1
        assert "MB left on its disk; 300 MB are needed" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
        subprocess.run(["mount", "-o", "remount,ro", str(tmp_path)], check=True)
        done = Cli(tmp_path / "another")("up", check=False)
        assert done.returncode == 1
        assert "Read-only file system" in done.stderr
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_too_little_memory_gives_one_sentence_before_anything_starts(tmp_path: Path):
    limit = 8_000_000_000
    alone = Cli(tmp_path / "home")
    offset = free_offset()
    done = subprocess.run(
        [str(CLI), "up", "--port-offset", str(offset)], env=alone.env, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )  # fmt: skip
    assert done.returncode == 1
    assert "ulimit -v unlimited" in done.stderr
    assert " starting" not in done.stdout
    assert set(states(alone).values()) == {"stopped"}


def test_an_interrupted_start_is_recorded_and_stopped(tmp_path: Path):
    """Ctrl-C while the gateway starts: the next command knows every existing process."""
    alone = Cli(tmp_path / "home")
    offset = free_offset()
    start = subprocess.Popen(
        [str(CLI), "up", "--port-offset", str(offset)], env=alone.env, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert start.stdout is not None
    try:
        for line in start.stdout:
            if line.split() == ["gateway", "starting"]:
                break
        time.sleep(0.5)
        start.send_signal(signal.SIGINT)
        output, _ = start.communicate(timeout=120)
        assert start.returncode == 130, output
        assert "gateway-kit down" in output
        known = {pid for pid in pids(alone).values() if pid}
        existing = [p for p in psutil.process_iter() if works_in(p, alone.home)]
        assert existing
        # PostgreSQL's processes each have a session of their own, and the recorded one as their parent.
        assert [p for p in existing if not known & {os.getsid(p.pid), p.ppid()}] == []
    finally:
        start.kill()
        alone("down")
    left = [p for p in psutil.process_iter() if works_in(p, alone.home)]
    assert left == []


def works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return Path(process.cwd()).is_relative_to(folder)
    except psutil.Error:
        return False


def test_logs_are_truncated_while_their_writers_run(tmp_path: Path):
    """The gateway's own program truncates every log in the folder; here without the gateway, at short intervals."""
    log = tmp_path / "noisy.log"
    code = (
        "import sys; from pathlib import Path; import gateway_kit.stack.servers.gateway.__main__ as gateway\n"
        "gateway.CAP_EVERY_S = 0.1\ngateway._keep_short(Path(sys.argv[1]), 50_000)"
    )
    capper = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)])
    try:
        log.write_bytes(b"a line from before\n" * 5_000)
        end = time.monotonic() + 120
        while not (tmp_path / "noisy.log.1").exists():  # until it is at work
            assert time.monotonic() < end
            time.sleep(0.05)
        begin = time.monotonic()
        written = 0
        with open(log, "ab", buffering=0) as sink:
            while time.monotonic() - begin < 3:
                written += sink.write(b"a line of a chatty service\n" * 100)
                time.sleep(0.005)
                assert log.stat().st_size < 1_000_000
        assert written > 50_000
        assert b"\0" not in log.read_bytes()
        end = time.monotonic() + 120
        while (tmp_path / "noisy.log.1").stat().st_size <= 50_000:  # it may be copying
            assert time.monotonic() < end
            time.sleep(0.05)
        assert (tmp_path / "noisy.log.1").stat().st_mode & 0o777 == 0o600
    finally:
        capper.terminate()
        capper.wait()
