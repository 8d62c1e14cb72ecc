"""The size of what `make bundle` writes for this Python, and how long packing, unpacking and checking take."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.bundle.__main__ import PYTHONS, TARGET_MB, make
from tools.check_bundle import faults

ROOT = Path(__file__).resolve().parents[2]


def measure(scratch: Path) -> dict[str, Any]:
    """size_mb, its target, and seconds for each step; packing once everything is downloaded."""
    out = ROOT / "out"
    own = "{}.{}".format(*sys.version_info[:2])
    path = make(ROOT, [own], ["lab"], out)
    every = make(ROOT, PYTHONS, ["lab", "workshop"], out)
    sizes = {"size_mb": _mb(path), "target_mb": TARGET_MB, "all_pythons_and_workshop_mb": _mb(every)}
    return {
        **sizes,
        "pack_s": _seconds(lambda: make(ROOT, [own], ["lab"], out)),
        "unpack_s": _seconds(lambda: subprocess.run(["tar", "xf", path], cwd=scratch, check=True)),
        "check_s": _seconds(lambda: _checked(next(scratch.iterdir()))),
    }


def _mb(path: Path) -> int:
    return path.stat().st_size // 1_000_000


def _checked(folder: Path) -> None:
    found = list(faults(folder, "lab"))
    if found:
        raise RuntimeError(found[0])


def _seconds(step: Callable[[], object]) -> float:
    begin = time.monotonic()
    step()
    return round(time.monotonic() - begin, 1)
