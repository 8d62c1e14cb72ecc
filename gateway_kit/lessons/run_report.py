"""Run lessons one after the other, with progress and a summary."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from gateway_kit.errors import GatewayError, LessonError
from gateway_kit.lessons.lesson_files import find_lessons
from gateway_kit.lessons.runner import LessonRun, run_lesson
from gateway_kit.litellm_api.connection import resolve_connection
from gateway_kit.load.target import check_key


def run_and_report(
    folder: Path, names: Iterable[str], out: Path, *, solutions: bool, show: Callable[[str], None]
) -> int:
    """Execute lessons and show progress and a summary: 0 if all passed, else 1. Raises LessonError."""
    lessons = find_lessons(folder, names)
    connection = resolve_connection()
    try:
        check_key(connection, connection.api_key)
    except GatewayError as exc:
        raise LessonError(
            f"No gateway accepts the lessons' key at {connection.url}. Run: gateway-kit up"
        ) from exc
    for missing in connection.missing:
        show(f"  {missing}")
    runs = []
    for lesson in lessons:
        last = [-1]

        def progress(done: int, total: int, name: str = lesson.stem, last: list[int] = last) -> None:
            if total and done // 5 > last[0]:
                last[0] = done // 5
                show(f"  {name}: {done} of {total} cells")

        run = run_lesson(lesson, out, solutions=solutions, notify=progress)
        runs.append(run)
        show(f"  {_line(run)}")
    failed = sum(not run.passed for run in runs)
    show(f"\n{len(runs) - failed} of {len(runs)} lessons passed; the executed ones are in {out}")
    for run in runs:
        show(f"  {_line(run)}")
    return 1 if failed else 0


def _line(run: LessonRun) -> str:
    result = "passed" if run.passed else f"FAILED: {run.failure}"
    return f"{run.name:<24} {run.seconds:6.1f} s  {result}"
