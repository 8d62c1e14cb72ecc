"""`gateway-kit reset` on a stopped stack: what goes, what stays, and what it asks."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway_kit.cli import main
from gateway_kit.stack import lab
from gateway_kit.stack.services.credentials import read_env_file, resolve, save
from gateway_kit.stack.supervisor.record import StackRecord, write_record
from gateway_kit.workshop.record import Store, new_workshop
from gateway_kit.workshop.record import save as save_workshop
from tests.conftest import CLI, FOREIGN

DATA = ("postgres/base/1", "postgres.reset/base/1", "redis/appendonlydir/1", "redis/redis.conf", "media/ab/1")
KEPT = (
    "logs/redis.log", "config/model-config.yaml", "workshop/workshop.json", "workshop.json",
    "workshop-results/outbox.jsonl", "vertex-service-account.json",
)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder of a stopped stack, on ports that nobody uses; Docker has nothing of it."""
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "home"
    for name in (*DATA, *KEPT):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")
    write_record(folder, StackRecord(port_offset=56_000))
    save(folder, resolve({}, {}))
    monkeypatch.setenv("GATEWAY_HOME", str(folder))
    return folder


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ("reset", *words))


def left(home: Path) -> list[str]:
    return [name for name in (*DATA, *KEPT) if (home / name).exists()]


def test_a_stopped_stack_loses_its_data_and_keeps_its_credentials(home: Path) -> None:
    before = read_env_file(home / ".env")
    done = run("--yes")
    assert done.exit_code == 0, done.output
    assert "keys, teams, budgets, added models and spend" in done.output
    assert done.output.endswith("To start it: gateway-kit up\n")
    assert left(home) == list(KEPT)
    assert not [path.name for path in home.iterdir() if path.name.startswith(("postgres", "redis", "media"))]
    assert read_env_file(home / ".env") == before
    assert run("--yes").exit_code == 0  # again, with nothing there


@pytest.mark.parametrize(
    ("variable", "url", "kept", "said"),
    [
        ("DATABASE_URL", "postgresql://u:hidden@db.example.com/x", DATA[0:2] + DATA[4:], "the database at postgresql://db.exa"),
        ("REDIS_URL", "redis://:hidden@cache.example.com/0", DATA[2:4], "the Redis at redis://cache.example.com/0"),
        ("LANGFUSE_HOST", "https://langfuse.example.com", (), "the Langfuse at https://langfuse.example.com"),
        ("PROVIDERS_URL", "http://sim.example.com", (), "the simulator at http://sim.example.com"),
        ("GATEWAY_URL", "http://gateway.example.com", (), "the gateway at http://gateway.example.com"),
    ],
)  # fmt: skip
def test_what_somebody_else_runs_is_left_and_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, variable: str, url: str, kept: tuple[str, ...], said: str
) -> None:
    monkeypatch.setenv(variable, url)
    done = run("--yes")
    assert done.exit_code == 0, done.output
    assert f"Somebody else's, and left as it is: {said}" in done.output
    assert f"({variable})" in done.output
    assert "hidden" not in done.output
    assert left(home) == [*kept, *KEPT]


def test_without_a_terminal_it_says_how_and_deletes_nothing(home: Path) -> None:
    done = run()
    assert done.exit_code == 2
    assert len(done.output.strip().splitlines()) == 1
    assert "gateway-kit reset --yes" in done.output
    assert left(home) == [*DATA, *KEPT]


@pytest.mark.parametrize(("answer", "code"), [("n", 1), ("y", 0)])
def test_at_a_terminal_it_asks_first(home: Path, answer: str, code: int) -> None:
    mine, theirs = pty.openpty()
    try:
        os.write(mine, f"{answer}\n".encode())
        done = subprocess.run([str(CLI), "reset"], stdin=theirs, capture_output=True, text=True, check=False)
    finally:
        os.close(mine)
        os.close(theirs)
    assert done.returncode == code, done.stderr
    assert "Go on? [y/N]" in done.stdout
    assert ("Nothing was deleted." in done.stdout) == (answer == "n")
    assert left(home) == ([*DATA, *KEPT] if answer == "n" else list(KEPT))


def test_it_says_that_a_workshops_results_go(home: Path) -> None:
    store = Store("http://127.0.0.1:59001", "pk", "sk")  # this stack's own, with its offset
    until = datetime(2030, 1, 1, tzinfo=UTC)
    save_workshop(new_workshop("team-a", 2, store=store, until=until), home / "workshop")
    assert "the results of the workshop team-a among them" in run("--yes").output
    elsewhere = Store("http://langfuse.example.com", "pk", "sk")
    save_workshop(new_workshop("team-a", 2, store=elsewhere, until=until), home / "workshop")
    assert "results" not in run("--yes").output


def test_lessons_are_fresh_only_when_asked_and_the_old_ones_kept(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = tmp_path / "my_lessons"
    monkeypatch.setattr(lab, "copies_folder", lambda: copies)
    assert run("--yes").exit_code == 0
    assert not copies.exists()
    copies.mkdir()
    mine = copies / "01_routing.ipynb"
    mine.write_text("mine")
    done = run("--yes", "--lessons")
    assert done.exit_code == 0, done.output
    assert "cells" in json.loads(mine.read_text())
    (old,) = copies.glob("01_routing.*.ipynb")
    assert old.read_text() == "mine"
    assert old.name in done.output
