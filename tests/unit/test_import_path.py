"""Files that hide installed packages are named before the kit fails because of them."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

import gateway_kit
from gateway_kit.import_path import OF_EXTRAS, PACKAGES, hidden, hiding, without_pythonpath
from tests.conftest import CLI, FOREIGN

PACKAGE = Path(gateway_kit.__file__).parent
# JupyterLab loads `lab_contents.py`, and gateways what is in `growing_files`.
ALONE = {"servers", "node", "solved", "growing_files", "lab_contents.py"}
# What the extras bring: the stack, the command line over it, the lessons' runner, and what a facilitator uses.
OF_EXTRAS_ONLY = (
    "stack/",
    "load/report.py",
    "lessons/pictures.py",
    "lessons/port_offset.py",
    "lessons/runner.py",
    "lessons/solutions.py",
    "rehearsal/",
    "cli/rehearsal_progress.py",
    "workshop/board/server.py",
    "workshop/cards/qr.py",
    "workshop/certificates.py",
    "workshop/signing.py",
)


def imported(paths: Iterable[Path]) -> set[str]:
    """The packages that files import, Python's own and the kit left out."""
    names = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add((node.module or "").split(".")[0])
    return names - sys.stdlib_module_names - {"gateway_kit", "_typeshed"}


def test_every_package_that_the_kit_imports_is_checked():
    files = [path for path in PACKAGE.rglob("*.py") if not ALONE & set(path.parts)]
    of_extras = [f for f in files if str(f.relative_to(PACKAGE)).startswith(OF_EXTRAS_ONLY)]
    helper = [f for f in files if f not in of_extras]
    assert imported(helper) == PACKAGES
    assert imported(of_extras) - PACKAGES == OF_EXTRAS


def test_a_module_and_a_package_hide_and_a_plain_folder_does_not(tmp_path: Path):
    (tmp_path / "redis.py").write_text("")
    (tmp_path / "openai").mkdir()
    (tmp_path / "httpx.txt").write_text("")
    assert list(hiding(str(tmp_path))) == [("redis", str(tmp_path / "redis.py"))]
    (tmp_path / "openai" / "__init__.py").write_text("")
    (tmp_path / "json.py").write_text("")
    assert [name for name, _ in hiding(str(tmp_path))] == ["json", "openai", "redis"]
    assert [name for name, _ in hiding(str(tmp_path), PACKAGES)] == ["openai", "redis"]
    assert list(hiding(str(tmp_path / "none"))) == []


def test_folders_after_the_installed_packages_hide_nothing(tmp_path: Path):
    (tmp_path / "redis.py").write_text("")
    before, installed = str(tmp_path), str(tmp_path / "site-packages")
    assert list(hidden([before, installed], installed, PACKAGES))
    assert not list(hidden([installed, before], installed, PACKAGES))
    assert not list(hidden([before], installed, PACKAGES))


def test_only_pythonpath_is_removed_from_the_import_path():
    path = ["/venv/bin", "/mine", os.path.dirname(os.__file__), "/venv/site-packages"]  # noqa: PTH120
    assert without_pythonpath(path, "/mine:/other") == [path[0], *path[2:]]
    assert without_pythonpath(path, "") == path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("openai", "redis", "click", "litellm", "psutil"):
        (tmp_path / f"{name}.py").write_text("")
    return tmp_path


def test_an_import_beside_such_a_file_names_it(folder: Path):
    code = "from gateway_kit.gateway import connect"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert f"{folder}/click.py hides the package 'click'" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("gateway_kit.errors.ShadowedPackageError: ")


def test_the_command_works_with_any_pythonpath_and_doctor_names_the_files(folder: Path, tmp_path: Path):
    env = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    env |= {"PYTHONPATH": str(folder), "GATEWAY_HOME": str(tmp_path / "home")}
    done = subprocess.run([CLI, "doctor"], env=env, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert f"{folder}/litellm.py, in PYTHONPATH, hides litellm" in done.stdout
    assert "fix: unset PYTHONPATH" in done.stdout
