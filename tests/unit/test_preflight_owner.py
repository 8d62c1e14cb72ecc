"""The state folder's owner: after root starts the stack in another user's clone, that user gets a clear error."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway_kit.errors import StateFolderError
from gateway_kit.stack.supervisor.preflight import locked_out
from tests.forked_python import ForkedPython, forked_python

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


def test_root_in_another_users_clone_gets_the_command_that_undoes_it(clone: Path):
    output = locked_out(clone / ".gateway", {})
    assert f"{clone} belongs to {SOMEBODY}" in output
    assert f"chown -R {SOMEBODY} {clone}/.gateway" in output
    (clone / ".gateway").mkdir()  # root's by now
    assert f"chown -R {SOMEBODY}" in locked_out(clone / ".gateway", {})


def test_another_users_state_folder_is_detected_anywhere(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    assert locked_out(home, {}) == ""
    os.chown(home, SOMEBODY, SOMEBODY)
    assert f"chown -R {SOMEBODY}" in locked_out(home, {})
    assert locked_out(home, {}, uid=SOMEBODY) == ""


def test_a_shared_folder_has_no_owner(tmp_path: Path):
    tmp_path.chmod(0o1777)
    os.chown(tmp_path, SOMEBODY, SOMEBODY)
    assert locked_out(tmp_path / "home", {}) == ""


def test_sudo_in_the_users_own_clone_is_rejected(clone: Path):
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


# All that they import, since the user may not be able to read the environment's folder.
MODULES = (
    "encodings.idna",
    *(
        f"gateway_kit.{name}"
        for name in (
            "cli",
            "stack.doctor",
            "stack.status",
            "stack.lab",
            "lessons.copies",
            "lessons.lesson_files",
            "stack.supervisor.log_reader",
            "stack.configuration",
        )
    ),
)
AS_SOMEBODY = (
    f"import os, gateway_kit.cli; os.setgid({SOMEBODY}); os.setuid({SOMEBODY}); gateway_kit.cli.main()"
)


@pytest.fixture(scope="module")
def python() -> Iterator[ForkedPython]:
    with forked_python(*MODULES, env={"PATH": os.environ["PATH"]}) as running:
        yield running


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_a_locked_out_user_gets_one_sentence_with_the_fix(
    python: ForkedPython, clone: Path, words: str, mode: int
):
    home = clone / ".gateway"
    (home / "logs").mkdir(parents=True)
    for name in ("state.json", ".env", "lock", "logs/redis.log"):
        (home / name).write_text("{}")
        (home / name).chmod(0o600)
    home.chmod(mode)
    env = {"PATH": os.environ["PATH"], "HOME": str(clone), "GATEWAY_HOME": str(home)}
    done = python.run(AS_SOMEBODY, *words.split(), env=env, folder=clone)
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode != 0
    output = done.stdout if words == "doctor" else done.stderr
    assert f"sudo chown -R {SOMEBODY} {home}" in output
    if words != "doctor":
        assert len(output.strip().splitlines()) == 1
