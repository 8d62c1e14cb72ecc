"""Whose a state folder is: root's start in somebody else's clone, and what it leaves for that person."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway_kit.errors import StateFolderError
from gateway_kit.stack.supervisor.preflight import locked_out

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two people")

SOMEBODY = 12345


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "clone"
    folder.mkdir()
    os.chown(folder, SOMEBODY, SOMEBODY)
    for parent in (tmp_path, *tmp_path.parents[:-2]):  # pytest's own folders are closed to others
        parent.chmod(0o755)
    return folder


def test_root_in_somebodys_clone_is_told_the_command_that_undoes_it(clone: Path):
    said = locked_out(clone / ".gateway", {})
    assert f"{clone} belongs to {SOMEBODY}" in said
    assert f"chown -R {SOMEBODY} {clone}/.gateway" in said
    (clone / ".gateway").mkdir()  # root's by now
    assert f"chown -R {SOMEBODY}" in locked_out(clone / ".gateway", {})


def test_a_state_folder_of_somebody_elses_counts_wherever_it_lies(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    assert locked_out(home, {}) == ""
    os.chown(home, SOMEBODY, SOMEBODY)
    assert f"chown -R {SOMEBODY}" in locked_out(home, {})
    assert locked_out(home, {}, uid=SOMEBODY) == ""


def test_a_shared_folder_is_nobodys(tmp_path: Path):
    tmp_path.chmod(0o1777)
    os.chown(tmp_path, SOMEBODY, SOMEBODY)
    assert locked_out(tmp_path / "home", {}) == ""


def test_sudo_in_ones_own_clone_is_refused(clone: Path):
    with pytest.raises(StateFolderError, match=r"without sudo.*chown -R"):
        locked_out(clone / ".gateway", {"SUDO_UID": str(SOMEBODY)})


COMMANDS = (
    "status",
    "doctor",
    "down",
    "up",
    "env",
    "restart redis",
    "config show",
    "logs redis",
    "lab --no-browser",
)


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_who_was_locked_out_reads_one_sentence_with_the_way_back(clone: Path, words: str, mode: int):
    home = clone / ".gateway"
    (home / "logs").mkdir(parents=True)
    for name in ("state.json", ".env", "lock", "logs/redis.log"):
        (home / name).write_text("{}")
        (home / name).chmod(0o600)
    home.chmod(mode)
    # Everything is imported first: the folder of the environment may be closed to others.
    modules = (
        "cli",
        "stack.doctor",
        "stack.status",
        "stack.lab",
        "stack.supervisor.log_reader",
        "stack.configuration",
    )
    code = (
        f"import os, encodings.idna, {', '.join(f'gateway_kit.{name}' for name in modules)}\n"
        f"os.setgid({SOMEBODY}); os.setuid({SOMEBODY}); gateway_kit.cli.main()"
    )
    env = {"PATH": os.environ["PATH"], "HOME": str(clone), "GATEWAY_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", code, *words.split()],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        cwd=clone,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode != 0
    said = done.stdout if words == "doctor" else done.stderr
    assert f"sudo chown -R {SOMEBODY} {home}" in said
    if words != "doctor":
        assert len(said.strip().splitlines()) == 1
