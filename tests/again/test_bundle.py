"""The whole kit from a bundle, where there is no network: `make lab`, a call, `gateway-kit doctor`.

It packs what the working copy has committed; what `out/bundle/` lacks is downloaded. A minute of both cores.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.bundle.__main__ import make

ROOT = Path(__file__).resolve().parents[2]


def test_make_lab_works_from_a_bundle_without_a_network() -> None:
    allowed = subprocess.run(
        [sys.executable, ROOT / "tools" / "offline.py", "true"], capture_output=True, text=True
    )
    if allowed.returncode != 0:
        pytest.skip(allowed.stderr.strip())
    archive = make(ROOT, ["{}.{}".format(*sys.version_info[:2])], ["lab"], ROOT / "out")
    assert archive.stat().st_size < 900_000_000
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "try_bundle.py", archive], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "== works without a network" in done.stdout
