"""A disk that fills up under a running stack: doctor's advice stops nothing, and Redis recovers by itself."""

from __future__ import annotations

import io
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from gateway_kit.stack.supervisor.ports import free_offset
from tests.conftest import Cli

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a small disk")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """A stack whose state folder is on its own small disk; the last but one stops it."""
    disk = tmp_path_factory.mktemp("disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700m", "tmpfs", str(disk)], check=False)
    if mounted.returncode != 0:
        pytest.skip("this container lets nobody mount")
    command = Cli(disk / "home")
    try:
        command("up", "--tracing", "off", "--port-offset", str(free_offset()))
        yield command
    finally:
        command("down")
        subprocess.run(["umount", str(disk)], check=True)


def fill(path: Path) -> None:
    with open(path, "ab", buffering=0) as file:
        for block in (b"0" * 1_000_000, b"0"):
            with pytest.raises(OSError, match="No space left"):
                write_for_ever(file, block)


def write_for_ever(file: io.FileIO, block: bytes) -> None:
    while True:
        file.write(block)


def test_on_a_full_disk_redis_is_not_restarted_and_recovers(small: Cli):
    pid = small.row("redis")["pid"]
    filler = small.home.parent / "filler"
    fill(filler)
    with redis.Redis.from_url(small.variables()["REDIS_URL"]) as client:
        message = ""
        end = time.monotonic() + 60
        while "MISCONF" not in message:  # Redis notices when it writes its file, about a second later
            assert time.monotonic() < end
            try:
                client.set(f"key-{time.monotonic()}", "x" * 10_000)
            except redis.ResponseError as exc:
                message = str(exc)
            time.sleep(0.05)
        told = small("doctor", check=False)
        assert told.returncode == 1
        assert "Traceback" not in told.stderr
        lines = told.stdout.splitlines()
        fixes = [lines[n + 1] for n, line in enumerate(lines) if line.startswith("error   redis")]
        assert fixes
        assert not [line for line in fixes if "restart" in line]
        assert "free space" in "".join(fixes)
        assert "MB left on its disk" in told.stdout
        for words in (("restart", "redis"), ("up",)):
            done = small(*words, check=False)
            assert done.returncode == 1
            assert "MB left on its disk" in done.stderr
            assert len(done.stderr.strip().splitlines()) == 1
        assert small.row("redis")["pid"] == pid
        filler.unlink()
        end = time.monotonic() + 60
        while True:
            try:
                client.set("again", "yes")
                break
            except redis.ResponseError:
                assert time.monotonic() < end
                time.sleep(0.2)
    assert small.row("redis")["pid"] == pid


def test_down_works_on_a_full_disk(small: Cli):
    fill(small.home.parent / "filler")
    done = small("down")
    assert "Stopped." in done.stdout
    assert not [row for row in small.rows() if row["state"] not in ("stopped", "off")]


def test_reset_deletes_a_stopped_stacks_data_on_a_full_disk(small: Cli):
    fill(small.home.parent / "filler")
    free = os.statvfs(small.home).f_bavail
    assert "The stack is as on its first day." in small("reset", "--yes").stdout
    assert not (small.home / "postgres").exists()
    assert os.statvfs(small.home).f_bavail > free
