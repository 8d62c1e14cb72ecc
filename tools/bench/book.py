"""Seconds in which the book is built from executed lessons, and its size."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tools.book import lessons

_BUILD = [sys.executable, "-m", "gateway_kit.common.jupyter_program", "tools.book", "--incomplete"]


def measure(scratch: Path) -> dict[str, Any]:
    """A whole build, one after a changed lesson, and one with nothing to do; with the runs that are in `out/lessons`.

    Lessons that were not executed are shown as stored, and counted here.
    """
    site = scratch / "book"
    seconds = {"whole_s": _build(site)}
    page = scratch / ".book" / "source" / "lessons" / lessons.lessons()[-1].name
    page.write_bytes(b"")  # written again, as if the lesson had changed
    seconds |= {"one_lesson_s": _build(site), "unchanged_s": _build(site)}
    sizes = {
        path.relative_to(site).as_posix(): path.stat().st_size for path in site.rglob("*") if path.is_file()
    }
    largest = max((name for name in sizes if name.startswith("lessons/")), key=lambda name: sizes[name])
    return {
        **seconds,
        "lessons_with_outputs": len(lessons.lessons()) - len(lessons.to_execute(lessons.EXECUTED)),
        "mb": round(sum(sizes.values()) / 1e6, 1),
        "largest_lesson_kb": round(sizes[largest] / 1e3),
    }


def _build(site: Path) -> float:
    began = time.monotonic()
    subprocess.run([*_BUILD, str(site)], cwd=lessons.ROOT, check=True)
    return round(time.monotonic() - began, 1)
