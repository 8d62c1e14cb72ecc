"""If an optional service fails, the rest starts, and every command and client says what is missing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from gateway_kit.errors import IncompleteStackWarning
from gateway_kit.gateway import connect
from gateway_kit.lessons.run_report import run_and_report
from gateway_kit.stack.supervisor.ports import free_offset
from tests.conftest import FOREIGN, Cli

WITHOUT = ("chat-model", "embeddings", "tracing")

# `gateway-kit` with three services whose programs exit as on a machine without some system library.
LAME = """
import sys
from dataclasses import replace
from gateway_kit.cli import main
from gateway_kit.stack.services import own_services

def dying(make):
    program = "import ctypes; ctypes.CDLL('libgomp.so.99')"
    return lambda *args, **more: replace(make(*args, **more), argv=(sys.executable, "-c", program))

for name in ("chat_model_service", "embeddings_service", "tracestore_service"):
    setattr(own_services, name, dying(getattr(own_services, name)))
main()
"""


@pytest.fixture(scope="module")
def lame(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cli, subprocess.CompletedProcess[str]]]:
    """A stack in which three services die at their start, and the output of its `up`."""
    command = Cli(tmp_path_factory.mktemp("lame") / "home")
    argv = [sys.executable, "-c", LAME, "up", "--port-offset", str(free_offset())]
    try:
        yield (
            command,
            subprocess.run(argv, env=command.env, capture_output=True, text=True, timeout=240, check=False),
        )
    finally:
        command("down")


def test_up_creates_the_key_and_ends_with_one_sentence(lame: tuple[Cli, subprocess.CompletedProcess[str]]):
    _, done = lame
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    sentence = done.stderr.strip()
    assert "\n" not in sentence
    for name in WITHOUT:
        assert f"{name}, which ended during its start with exit code 1 (OSError: libgomp.so.99:" in sentence
    assert sentence.endswith("gateway-kit doctor")
    assert "Admin UI" in done.stdout


def test_the_lessons_key_works_and_connecting_names_what_is_missing(
    lame: tuple[Cli, subprocess.CompletedProcess[str]], monkeypatch: pytest.MonkeyPatch
):
    command, _ = lame
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEWAY_HOME", str(command.home))
    with pytest.warns(IncompleteStackWarning) as told:
        gateway = connect()
    messages = [str(warning.message) for warning in told]
    assert [line.split()[0] for line in messages] == list(WITHOUT)
    assert "smollm2 does not answer" in messages[0]
    assert "libgomp.so.99" in messages[0]
    assert told[0].filename == __file__
    with gateway:
        assert gateway.ask("What is an LLM gateway?").text  # from the simulator's bank


def test_status_and_lessons_runner_name_what_is_missing(
    lame: tuple[Cli, subprocess.CompletedProcess[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    command, _ = lame
    rows = command.json("status")
    assert isinstance(rows, list)
    assert {row["service"] for row in rows if row["state"] == "dead"} == set(WITHOUT)
    assert "chat-model ended during its start" in command("status").stdout
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEWAY_HOME", str(command.home))
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "00_nothing.ipynb")
    lines: list[str] = []
    assert run_and_report(tmp_path, ["00"], tmp_path / "out", solutions=False, show=lines.append) == 0
    assert "chat-model ended during its start" in lines[0]


def test_doctor_names_the_cause_and_a_fix_that_works(lame: tuple[Cli, subprocess.CompletedProcess[str]]):
    command, _ = lame
    done = command("doctor", check=False)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("error   chat-model"))
    assert "libgomp.so.99: cannot open shared object file" in lines[at]
    assert "install" in lines[at + 1]
    assert "libgomp.so.99" in lines[at + 1]
    assert lines[at + 1].endswith("then: gateway-kit up")


def test_the_next_up_without_the_fault_recovers(lame: tuple[Cli, subprocess.CompletedProcess[str]]):
    command, _ = lame
    before = command.row("gateway")["pid"]
    command("up")
    assert {row["state"] for row in command.rows() if row["service"] in WITHOUT} == {"running"}
    assert command.row("gateway")["pid"] == before
    assert not any(line.startswith("error") for line in command("doctor").stdout.splitlines())
    assert "chat-model ended" not in command("status").stdout
