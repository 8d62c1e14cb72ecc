"""Processes in a state folder that no record lists are stopped; the user's own programs are not."""

from __future__ import annotations

import fcntl
import os
import pty
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway_kit.stack.stack import Stack

SLEEP = "import time; print(1, flush=True); time.sleep(60)"
WITH_A_CHILD = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}]).wait()"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    for part in ("logs", "redis", "elsewhere"):
        (folder / part).mkdir(parents=True)
    return folder


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[bytes]]]:
    children: list[subprocess.Popen[bytes]] = []
    yield children
    for child in children:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


def service(folder: Path, code: str = SLEEP) -> subprocess.Popen[bytes]:
    """A process started as the kit does; returns once it runs."""
    child = subprocess.Popen(
        [sys.executable, "-c", code], cwd=folder, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == b"1\n"
    return child


def a_persons(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """A program in its own terminal, and the terminal's other end."""
    master, slave = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", SLEEP], cwd=folder, stdin=slave, stdout=subprocess.PIPE, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(slave)
    assert child.stdout is not None
    assert child.stdout.readline() == b"1\n"
    return child, master


def ended_by_a_signal(child: subprocess.Popen[bytes]) -> bool:
    """Waits for its end, however long: asleep to the last, it ends with 0."""
    return child.wait(120) < 0


def stack(home: Path) -> Stack:
    return Stack({"GATEWAY_HOME": str(home), "PATH": os.environ["PATH"]})


def test_down_stops_processes_that_are_not_in_the_record(home: Path, started: list[subprocess.Popen[bytes]]):
    started += [service(home / "logs"), service(home / "redis"), service(home / "logs", WITH_A_CHILD)]
    assert len(stack(home).down()) == 3
    assert all(ended_by_a_signal(child) for child in started)
    assert stack(home).down() == []


@pytest.mark.parametrize("record", ["null", "{", "[1]"])
def test_down_works_with_a_damaged_record(home: Path, record: str, started: list[subprocess.Popen[bytes]]):
    (home / "state.json").write_text(record)
    started.append(service(home / "logs"))
    assert len(stack(home).down()) == 1
    assert ended_by_a_signal(started[0])
    assert not (home / "state.json").exists()


def test_down_finds_processes_whose_folder_was_deleted(home: Path, started: list[subprocess.Popen[bytes]]):
    started.append(service(home / "logs"))
    for part in ("logs", "redis", "elsewhere"):
        (home / part).rmdir()
    home.rmdir()
    assert len(stack(home).down()) == 1
    assert ended_by_a_signal(started[0])
    assert not home.exists()


def test_the_users_own_programs_are_not_stopped(home: Path, started: list[subprocess.Popen[bytes]]):
    reader, terminal = a_persons(home / "logs")
    started += [reader, service(home / "elsewhere")]
    try:
        assert stack(home).down() == []
        time.sleep(0.2)
        assert [child.poll() for child in started] == [None, None]
    finally:
        os.close(terminal)
