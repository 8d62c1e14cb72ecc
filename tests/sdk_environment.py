"""Runs tests of the providers' SDKs in the environment where these are in their newest versions."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
SDK_TESTS = ROOT / "tests" / "sdks"
PYTHON = ROOT / ".venv" / "sdks" / "bin" / "python"


def run_sdk_tests(files: list[Path], **environment: str) -> None:
    """Run files of tests in one process; fails with its output if a test there fails."""
    assert PYTHON.exists(), "the environment of the SDKs is missing: make setup"
    done = subprocess.run(
        [str(PYTHON), "-m", "pytest", "-c", str(SDK_TESTS / "pytest.ini"), *map(str, files)],
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **environment},
        cwd=SDK_TESTS,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
