"""Damaged files and impossible paths give one error sentence, and never a traceback."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway_kit.cli import main
from gateway_kit.stack.supervisor.record import StackRecord, write_record
from tests.conftest import FOREIGN

DAMAGES: dict[str, bytes | None] = {
    "empty": b"",
    "null": b"null",
    "text": b'"text"',
    "list": b"[1]",
    "number": b"7",
    "truncated": b'{"format": 2, "port_off',
    "binary": bytes(range(256)),
    "zeros": b"\0" * 4096,
    "deep": b"[" * 100_000,
    "folder": None,
}
KEPT = (
    "state.json", ".env", "config/model-config.yaml", "config/models.json", "vertex-service-account.json",
    "lab-token", "logs/redis.log", "lock",
)  # fmt: skip
COMMANDS = (
    ("status",), ("status", "--json"), ("env",), ("doctor",), ("config", "show"), ("config", "check"),
    ("config", "init", "made.yaml"), ("logs", "redis"), ("logs", "gateway"), ("restart", "redis"), ("down",),
    ("up", "--port-offset", "99999"), ("reset", "--yes"), ("notebooks", "00", "--out", "lessons"),
    ("load", "--requests", "1"),
)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder as a stopped stack leaves it, on ports that nobody uses."""
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "home"
    for part in ("logs", "config"):
        (folder / part).mkdir(parents=True)
    write_record(folder, StackRecord(port_offset=56_000))
    (folder / ".env").write_text("POSTGRES_PASSWORD=secret\n")
    (folder / ".env").chmod(0o600)
    (folder / "config" / "model-config.yaml").write_text("model_list: []\n")
    (folder / "config" / "models.json").write_text("[]")
    (folder / "logs" / "redis.log").write_text("a line\n")
    monkeypatch.setenv("GATEWAY_HOME", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def check(done: Result) -> None:
    """Assert that the command exited normally, with at most one error sentence."""
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    assert done.exit_code in (0, 1, 2)
    message = done.stderr.strip()
    assert "Traceback" not in done.output
    if done.exit_code == 1 and message:
        assert len(message.splitlines()) == 1, message


def damage(path: Path, how: str) -> None:
    content = DAMAGES[how]
    path.unlink(missing_ok=True)
    if content is None:
        path.mkdir()
        (path / "inside").write_text("")
    else:
        path.write_bytes(content)


@pytest.mark.parametrize("how", list(DAMAGES))
@pytest.mark.parametrize("name", KEPT)
def test_a_damaged_file_never_gives_a_traceback(home: Path, name: str, how: str):
    for words in COMMANDS:
        damage(home / name, how)
        check(run(*words))
        if (home / name).is_dir():
            (home / name / "inside").unlink()
            (home / name).rmdir()


@pytest.mark.parametrize("how", list(DAMAGES))
def test_a_damaged_record_is_reported_and_removed_by_down(home: Path, how: str):
    damage(home / "state.json", how)
    assert "gateway-kit down" in run("status").stderr
    told = run("doctor").stdout
    assert "error   record" in told
    assert "gateway-kit down" in told
    assert "services" not in [line[8:23].strip() for line in told.splitlines()]  # the rest was checked
    assert "redis" in told
    assert run("down").exit_code == 0
    assert run("status").exit_code == 0


def test_missing_credentials_for_existing_data_are_reported_before_a_start(home: Path):
    (home / "postgres").mkdir()
    for text in ("", "REDIS_PASSWORD=x\n"):
        (home / ".env").write_text(text)
        message = run("up").stderr
        assert "has no POSTGRES_PASSWORD" in message
        assert "mv " in message
    (home / ".env").unlink()
    assert ".env is gone" in run("up").stderr


def a_file(folder: Path) -> Path:
    (folder / "a-file").write_text("")
    return folder / "a-file"


def a_folder(folder: Path) -> Path:
    (folder / "a-folder.csv").mkdir(exist_ok=True)
    return folder / "a-folder.csv"


def below_a_file(folder: Path) -> Path:
    return a_file(folder) / "below.csv"


def without_a_parent(folder: Path) -> Path:
    return folder / "none" / "there.csv"


def too_long(folder: Path) -> Path:
    return folder / f"{'x' * 300}.csv"


def in_proc(_: Path) -> Path:
    return Path("/proc/gateway-kit/x.csv")


PATHS = (a_file, a_folder, below_a_file, without_a_parent, too_long, in_proc)


@pytest.mark.parametrize("make", PATHS)
@pytest.mark.parametrize(
    "words",
    [
        ("up", "--config"),
        ("config", "check"),
        ("config", "init"),
        ("config", "init", "--force"),
        ("notebooks", "00", "--out"),
        ("load", "--requests", "1", "--out"),
        ("load", "--requests", "1", "--prompts"),
    ],
)
def test_an_impossible_path_never_gives_a_traceback(
    home: Path, tmp_path: Path, words: tuple[str, ...], make: Callable[[Path], Path]
):
    done = run(*words, str(make(tmp_path)))
    if words[0] == "up":  # its findings are a list
        assert isinstance(done.exception, SystemExit)
        assert "Traceback" not in done.output
        assert done.exit_code == 1
        return
    check(done)


def test_a_file_in_place_of_the_lessons_folder_is_named(home: Path, tmp_path: Path):
    done = run("notebooks", "00", "--out", str(a_file(tmp_path)))
    assert done.exit_code == 1
    assert "a-file is a file, but a folder is needed" in done.stderr


def test_a_folder_in_place_of_the_loads_file_is_named(home: Path, tmp_path: Path):
    done = run("load", "--requests", "1", "--out", str(a_folder(tmp_path)))
    assert done.exit_code == 1
    assert "is a folder" in done.stderr


@pytest.mark.parametrize("make", PATHS)
def test_an_impossible_state_folder_never_gives_a_traceback(
    home: Path, tmp_path: Path, make: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GATEWAY_HOME", str(make(tmp_path)))
    for words in COMMANDS:
        check(run(*words))


@pytest.mark.parametrize("value", ["~nobody-of-that-name/x", "/tmp/a\nb", '/tmp/"quoted"', "/tmp/\udcff"])
def test_a_state_folder_with_an_impossible_name_is_rejected(
    home: Path, value: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GATEWAY_HOME", value)
    for words in COMMANDS:
        done = run(*words)
        check(done)
        assert done.exit_code == 1
        assert "GATEWAY_HOME" in done.stderr


def test_a_deleted_current_folder_is_named(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    try:
        for words in COMMANDS:
            check(run(*words))
        monkeypatch.setenv("GATEWAY_HOME", "relative")
        assert "which is gone" in run("status").stderr
    finally:
        os.chdir(tmp_path)


def test_a_name_that_is_not_utf_8_gives_an_error_message(home: Path, tmp_path: Path):
    check(run("config", "check", f"{tmp_path}/\udcff.yaml"))
    check(run("config", "init", f"{tmp_path}/\udcff.yaml"))


def test_a_damaged_service_account_is_recreated(home: Path):
    from gateway_kit.settings import load_settings
    from gateway_kit.stack.services.providers import service_account

    settings = load_settings({"GATEWAY_HOME": str(home)})
    for how in ("empty", "null", "text", "truncated", "binary", "deep"):
        damage(home / "vertex-service-account.json", how)
        account = json.loads(service_account(settings, "http://127.0.0.1:1").read_text())
        assert account["private_key"].startswith("-----BEGIN")
