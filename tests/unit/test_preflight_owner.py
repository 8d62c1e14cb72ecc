"""The state folder's owner: after root starts the stack in another user's clone, that user gets a clear error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
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


MODULES = (
    "cli",
    "stack.doctor",
    "stack.status",
    "stack.lab",
    "lessons.copies",
    "lessons.lesson_files",
    "stack.supervisor.log_reader",
    "stack.configuration",
)
# Each line of its input is a command of that user's: its words, folder, environment, and files for what it prints.
# Everything is imported before, once: the user may not be able to read the environment's folder.
SOMEBODYS_SHELL = f"""
import encodings.idna, json, os, sys, {", ".join(f"gateway_kit.{name}" for name in MODULES)}
for line in sys.stdin:
    words, folder, env, *files = json.loads(line)
    child = os.fork()
    if not child:
        for path, descriptor in zip(files, (1, 2)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), descriptor)
        os.chdir(folder)
        os.environ.update(env)
        sys.argv[1:] = words
        os.setgid({SOMEBODY}); os.setuid({SOMEBODY})
        try:
            gateway_kit.cli.main()
        except SystemExit as end:
            sys.stdout.flush(); sys.stderr.flush()
            os._exit(int(end.code))  # an orderly end would take apart all that was imported
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def somebodys_shell() -> Iterator[subprocess.Popen[str]]:
    env = {"PATH": os.environ["PATH"]}
    argv = [sys.executable, "-c", SOMEBODYS_SHELL]
    with subprocess.Popen(argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as shell:
        yield shell
        assert shell.stdin is not None
        shell.stdin.close()


def in_the_shell(shell: subprocess.Popen[str], clone: Path, home: Path, words: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    assert shell.stdin is not None
    assert shell.stdout is not None
    files = (clone.parent / "stdout", clone.parent / "stderr")
    env = {"HOME": str(clone), "GATEWAY_HOME": str(home)}
    print(json.dumps((words.split(), str(clone), env, *map(str, files))), file=shell.stdin, flush=True)
    code = int(shell.stdout.readline())
    return code, files[0].read_text(), files[1].read_text()


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_a_locked_out_user_gets_one_sentence_with_the_fix(
    somebodys_shell: subprocess.Popen[str], clone: Path, words: str, mode: int
):
    home = clone / ".gateway"
    (home / "logs").mkdir(parents=True)
    for name in ("state.json", ".env", "lock", "logs/redis.log"):
        (home / name).write_text("{}")
        (home / name).chmod(0o600)
    home.chmod(mode)
    code, printed, error = in_the_shell(somebodys_shell, clone, home, words)
    assert "Traceback" not in error, error
    assert code != 0
    output = printed if words == "doctor" else error
    assert f"sudo chown -R {SOMEBODY} {home}" in output
    if words != "doctor":
        assert len(output.strip().splitlines()) == 1
