"""Runs tests of SDKs in one of the two environments: .venv, or .venv/sdks, which has the newest versions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SDK_TESTS = ROOT / "tests" / "sdks"
NEWEST = ROOT / ".venv" / "sdks" / "bin" / "python"
OWN = Path(sys.executable)  # LiteLLM decides on the versions here


def run_sdk_tests(files: list[Path], *, python: Path = NEWEST, **environment: str) -> None:
    """Run files of tests in one process; fails with its output if a test there fails."""
    assert python.exists(), "the environment of the SDKs is missing: make setup"
    done = subprocess.run(
        [str(python), "-m", "pytest", "-c", str(SDK_TESTS / "pytest.ini"), *map(str, files)],
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **environment},
        cwd=SDK_TESTS,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
