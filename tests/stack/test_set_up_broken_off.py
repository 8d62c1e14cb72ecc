"""`tools/setup.sh` from every state in which an interrupted set-up can leave `.venv`.

The lock files pin nothing and the kit has only one module, so that a run takes a second.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tiny_clone import make_clone


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "a clone"
    make_clone(folder)
    return folder


def set_up(clone: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "tools/setup.sh"], cwd=clone, env={**os.environ, "PYTHON": sys.executable, **env},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def works(clone: Path) -> bool:
    code = "import sys; sys.exit(sys.prefix == sys.base_prefix)"
    python = clone / ".venv" / "bin" / "python"
    return python.exists() and subprocess.run([python, "-c", code], check=False).returncode == 0


def nothing(venv: Path) -> None:
    """A fresh clone."""


def no_pip(venv: Path) -> None:
    """What `python -m venv` leaves if ensurepip is missing."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)


def no_python(venv: Path) -> None:
    """The Python that created it no longer exists."""
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to("/nowhere/python3")


def empty(venv: Path) -> None:
    venv.mkdir()


def no_configuration(venv: Path) -> None:
    """Interrupted while it was being created: its Python is the system's."""
    no_pip(venv)
    (venv / "pyvenv.cfg").unlink()


def half_a_package(venv: Path) -> None:
    """Interrupted while packages were being installed: one package has metadata but no code."""
    no_pip(venv)
    (venv / ".installing").touch()
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    half = venv / "lib" / version / "site-packages" / "half-1.0.dist-info"
    half.mkdir()
    (half / "METADATA").write_text("Metadata-Version: 2.1\nName: half\nVersion: 1.0\n")


@pytest.mark.parametrize("state", [nothing, no_pip, no_python, no_configuration, empty, half_a_package])
def test_the_next_run_completes_the_set_up(clone: Path, state: Callable[[Path], None]) -> None:
    state(clone / ".venv")
    done = set_up(clone)
    assert done.returncode == 0, done.stderr
    assert "steps done" in done.stdout
    assert works(clone)
    assert not (clone / ".venv" / ".installing").exists()
    assert not list((clone / ".venv").rglob("half-1.0.dist-info"))
    again = set_up(clone)
    assert again.returncode == 0, again.stderr
    assert "virtual environment" not in again.stdout


def test_a_failure_while_installing_packages_is_recorded(clone: Path) -> None:
    (clone / "requirements.lock").write_text("no requirement at all!\n")
    assert set_up(clone).returncode != 0
    (clone / "requirements.lock").write_text("")
    done = set_up(clone)
    assert done.returncode == 0, done.stderr
    assert "virtual environment" in done.stdout


def test_variables_that_redirect_installations_are_ignored(clone: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    names = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PYTHONPATH", "PYTHONHOME", "UV_PYTHON")
    moved = dict.fromkeys(names, str(elsewhere))
    done = set_up(clone, PIP_USER="1", UV_SYSTEM_PYTHON="1", PYTHONDONTWRITEBYTECODE="1", **moved)
    assert done.returncode == 0, done.stderr
    assert not elsewhere.exists()
    assert list((clone / ".venv").rglob("tiny_kit-1.0.dist-info"))


def test_the_error_for_an_unsuitable_python_says_what_to_install(clone: Path, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "uname", "dirname", "sed", "date"):
        (tools / name).symlink_to(str(shutil.which(name)))
    (tools / "python3").symlink_to(str(shutil.which("false")))
    done = set_up(clone, PATH=str(tools), PYTHON="python3")
    assert done.returncode == 1
    assert "Python 3.11, 3.12 or 3.13" in done.stderr
    assert "dnf install -y python3.13" in done.stderr
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        ("Linux x86_64", "gateway-kit needs Python"),  # admitted, and stopped by what comes next
        ("Linux aarch64", "gateway-kit needs Python"),
        ("Darwin arm64", "runs on Linux, on x86_64 and aarch64 (64-bit ARM); this is Darwin arm64."),
        ("Linux armv7l", "this is Linux armv7l."),
    ],
)
def test_the_set_up_is_for_linux_on_both_processors(
    clone: Path, tmp_path: Path, machine: str, words: str
) -> None:
    uname = tmp_path / "uname"
    uname.write_text(f"#!/bin/sh\necho {machine}\n")
    uname.chmod(0o755)
    for name in ("sh", "dirname", "sed", "date"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    done = set_up(clone, PATH=str(tmp_path), PYTHON="no-python")
    assert done.returncode == 1
    assert words in done.stderr
