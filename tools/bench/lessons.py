"""Seconds per lesson, with its solutions, on the benchmark's own stack."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from gateway_kit.lessons.lesson_files import find_lessons
from gateway_kit.lessons.runner import run_lesson
from gateway_kit.stack.lab import notebooks_folder
from tools.bench.stack import bench_stack


def measure(scratch: Path) -> dict[str, Any]:
    """Lesson → seconds; raises RuntimeError if one fails, since a failed lesson's time means nothing."""
    seconds: dict[str, Any] = {}
    with bench_stack(scratch) as stack:
        stack.up()
        os.environ["GATEWAY_HOME"] = str(stack.home)
        for lesson in find_lessons(notebooks_folder()):
            run = run_lesson(lesson, scratch / "out", solutions=True)
            if not run.passed:
                raise RuntimeError(f"{run.name}: {run.failure}")
            seconds[run.name] = round(run.seconds, 1)
    seconds["all"] = round(sum(seconds.values()), 1)
    return seconds
