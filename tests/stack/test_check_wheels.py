"""`tools/check_wheels.sh`: uv itself, on wheels in a folder instead of a package index."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.tiny_clone import ROOT

WHEEL = "Wheel-Version: 1.0\nGenerator: none\nRoot-Is-Purelib: true\n"


def wheel(folder: Path, name: str, tag: str) -> str:
    """Write a package without content; its line in a lock."""
    path = folder / f"{name}-1.0-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        )
        archive.writestr(f"{name}-1.0.dist-info/WHEEL", f"{WHEEL}Tag: {tag}\n")
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "")
    return f"{name}==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture(scope="module")
def uv() -> str:
    command = [sys.executable, "-B", str(ROOT / "tools" / "get_uv.py")]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def check(folder: Path, uv: str, lock: str, *pythons: str) -> subprocess.CompletedProcess[str]:
    """Run the script in a folder with one lock, whose uv is this checkout's."""
    (folder / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "check_wheels.sh", folder / "tools")
    (folder / "tools" / "get_uv.py").write_text(f"print({uv!r})\n")
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (folder / "requirements.lock").write_text(lock)
    env = {**os.environ, "UV_OFFLINE": "1", "UV_NO_INDEX": "1", "UV_FIND_LINKS": str(folder)}
    words = ["sh", str(folder / "tools" / "check_wheels.sh"), *pythons]
    return subprocess.run(words, env=env, capture_output=True, text=True, check=False)


def test_a_package_that_is_for_both_machines_is_fine(tmp_path: Path, uv: str) -> None:
    done = check(tmp_path, uv, wheel(tmp_path, "plain", "py3-none-any"))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("tag", "lacking"),
    [
        ("py3-none-manylinux_2_28_x86_64", ["3.12 on aarch64"]),
        ("py3-none-manylinux_2_34_x86_64", ["3.12 on x86_64", "3.12 on aarch64"]),
        ("cp311-cp311-manylinux_2_28_aarch64", ["3.12 on x86_64", "3.12 on aarch64"]),
    ],
)
def test_what_lacks_a_wheel_is_named(tmp_path: Path, uv: str, tag: str, lacking: list[str]) -> None:
    done = check(tmp_path, uv, wheel(tmp_path, "partial", tag), "3.12")
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if line.startswith("requirements.lock: ")]
    assert said == [f"requirements.lock: a package has no wheel for Python {place}" for place in lacking]
    assert "partial==1.0" in done.stderr


def test_a_package_that_only_one_machine_installs_needs_no_other_wheel(tmp_path: Path, uv: str) -> None:
    line = wheel(tmp_path, "modules", "py3-none-manylinux_2_31_x86_64")
    marked = line.replace("==1.0 ", "==1.0 ; platform_machine == 'x86_64' ")
    assert check(tmp_path, uv, marked, "3.12").returncode == 0
