"""Execute lessons with papermill, each in its own process, and report the result.

Papermill alone is not enough: it ignores exceptions inside an `Output` widget, it can hang, and it does not know
exercises. So each run has a time limit, its widget state is searched for hidden errors, and with solutions every grader
must pass.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import psutil

from gateway_kit.common.environment import child_path, direct_localhost, unbent
from gateway_kit.import_path import IMPORTED, hiding
from gateway_kit.lessons.exercise import CHECK_MIME
from gateway_kit.lessons.pictures import embed_pictures
from gateway_kit.lessons.port_offset import keep_port_offset
from gateway_kit.lessons.solutions import inject_solutions
from gateway_kit.settings import patience

CELL_TIMEOUT_S = 90
LESSON_TIMEOUT_S = 300
_POLL_S = 0.5


_WIDGETS = "application/vnd.jupyter.widget-state+json"
# As `widgets.markup.status_html` writes it: a panel catches errors and goes on.
_PANEL_ERROR = re.compile(r'class="gk-error"[^>]*><b>Error:</b> (.*?)</div>', re.DOTALL)


@dataclass(frozen=True)
class LessonRun:
    """One executed lesson. `failure` is empty if it passed.

    `checks` maps exercise → whether its last check passed; `first_checks` likewise for the first check.
    """

    name: str
    failure: str
    seconds: float
    executed: Path
    checks: dict[str, bool]
    first_checks: dict[str, bool]

    @property
    def passed(self) -> bool:
        """Whether every cell ran, no widget hides an error and, with solutions, every grader passed."""
        return not self.failure


def run_lesson(
    lesson: Path,
    out: Path,
    *,
    solutions: bool = False,
    notify: Callable[[int, int], None] = lambda *_: None,
    cell_timeout_s: int = CELL_TIMEOUT_S,
    lesson_timeout_s: float = LESSON_TIMEOUT_S,
) -> LessonRun:
    """Execute one lesson into `out`; `notify` gets (cells done, cells in all) while it runs.

    With `solutions`, each exercise is solved and checked again at the end, in the same kernel. With GATEWAY_PATIENCE,
    both limits are so many times as long.
    """
    cell_timeout_s, lesson_timeout_s = int(cell_timeout_s * patience()), lesson_timeout_s * patience()
    out.mkdir(parents=True, exist_ok=True)
    executed = out / lesson.name
    executed.unlink(missing_ok=True)
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="gateway-kit-") as scratch:
        source = lesson
        solved: list[str] = []
        if solutions:
            source = Path(scratch, lesson.name)
            notebook = nbformat.read(lesson, as_version=4)
            solved = inject_solutions(notebook)
            nbformat.write(notebook, source)
        printed, ended = _papermill(source, executed, Path(scratch), notify, cell_timeout_s, lesson_timeout_s)
    failure = _failure(executed, printed, ended, cell_timeout_s, lesson_timeout_s)
    if failure:
        failure += "".join(
            f"; {file} hides the module {name}" for name, file in hiding(str(executed.parent), IMPORTED)
        )
    verdicts = list(_verdicts(executed))
    checks, first_checks = dict(verdicts), dict(reversed(verdicts))
    if not failure:  # else the file may be half written
        embed_pictures(executed, lesson.parent)
        keep_port_offset(executed)
    if not failure and (wrong := [name for name in solved if not checks.get(name)]):
        failure = (
            f"the solution of {', '.join(wrong)} does not pass its grader, or is not checked in the lesson"
        )
    return LessonRun(lesson.stem, failure, time.monotonic() - begin, executed, checks, first_checks)


def _papermill(
    source: Path,
    executed: Path,
    scratch: Path,
    notify: Callable[[int, int], None],
    cell_timeout_s: int,
    lesson_timeout_s: float,
) -> tuple[str, int | None]:
    """Run papermill in a process: (its output, its exit code or None if it took too long)."""
    argv = [
        # -P: modules in the current folder must not replace papermill's.
        sys.executable, "-Pm", "gateway_kit.common.jupyter_program", "papermill",
        str(source), str(executed), "--kernel", "python3", "--no-progress-bar",
        "--execution-timeout", str(cell_timeout_s), "--cwd", str(executed.parent),
    ]  # fmt: skip
    env = unbent(direct_localhost(os.environ))
    # The user's IPython start-up files must not change the lessons. What runs here is not the user's own work, so no
    # workshop is told of it.
    env |= {"IPYTHONDIR": str(scratch / "ipython"), "PATH": child_path(os.environ), "GATEWAY_REPORTS": "off"}
    log = scratch / "papermill.log"
    with open(log, "wb") as sink:
        child = subprocess.Popen(
            argv,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        end = time.monotonic() + lesson_timeout_s
        try:
            while child.poll() is None and time.monotonic() < end:
                notify(*_progress(executed))
                time.sleep(_POLL_S)
        finally:
            code = child.poll()
            if code is None:
                # The kernel has its own session, so it is ended as a child, not with papermill's process group.
                parent = psutil.Process(child.pid)
                for member in (parent, *parent.children(recursive=True)):
                    try:
                        member.kill()
                    except psutil.NoSuchProcess:
                        pass
                child.wait()
    return log.read_text(errors="replace"), code


def _progress(executed: Path) -> tuple[int, int]:
    """(cells done, cells in all): papermill saves the notebook after each cell."""
    try:
        cells = json.loads(executed.read_bytes())["cells"]  # not validated: it is read twice a second
    except (OSError, ValueError):  # not written yet, or not completely
        return 0, 0
    done = [c for c in cells if c["metadata"].get("papermill", {}).get("status") == "completed"]
    return len(done), len(cells)


def _failure(
    executed: Path, printed: str, code: int | None, cell_timeout_s: int, lesson_timeout_s: float
) -> str:
    """Why a run failed; empty if it did not."""
    done, total = _progress(executed)
    if code is None:
        return f"did not end within {lesson_timeout_s:.0f} s; it stopped after cell {done} of {total}"
    if "CellTimeoutError" in printed:  # before the outputs, which only have the interruption
        return f"cell {_last_begun(executed)} did not end within its {cell_timeout_s} s"
    if "DeadKernelError" in printed:
        return (
            f"cell {_last_begun(executed)}: its kernel died (it was killed, ended itself, or memory ran out)"
        )
    for number, output in _outputs(executed):
        if output["output_type"] == "error":
            return f"cell {number}: {output['ename']}: {output['evalue']}"
    if code != 0:
        lines = printed.strip().splitlines() or [f"papermill ended with exit code {code}"]
        return f"{lines[-1]} (in cell {begun})" if (begun := _last_begun(executed)) else lines[-1]
    for error in _widget_errors(nbformat.read(executed, as_version=4)):
        return f"hidden in a widget: {error}"
    return ""


def _cells(executed: Path) -> list[Any]:
    """The lesson's own cells, without those that papermill adds to a failed notebook."""
    if not executed.exists():
        return []
    cells = nbformat.read(executed, as_version=4).cells
    return [cell for cell in cells if "papermill-error-cell-tag" not in cell.metadata.get("tags", [])]


def _outputs(executed: Path) -> Iterable[tuple[int, Any]]:
    """(cell's number counted from 1, output) of all code cells."""
    for number, cell in enumerate(_cells(executed), start=1):
        for output in cell.get("outputs", []):
            yield number, output


def _last_begun(executed: Path) -> int:
    """Number, counted from 1, of the last code cell that began; 0 for none."""
    begun = [
        number
        for number, cell in enumerate(_cells(executed), start=1)
        if cell.cell_type == "code" and cell.metadata.get("papermill", {}).get("start_time")
    ]
    return begun[-1] if begun else 0


def _widget_errors(notebook: nbformat.NotebookNode) -> list[str]:
    """Errors in the saved widget state, and in the status lines of panels."""
    state = notebook.metadata.get("widgets", {}).get(_WIDGETS, {}).get("state", {})
    outputs = [o for model in state.values() for o in model.get("state", {}).get("outputs", []) or []]
    hidden = [f"{o['ename']}: {o['evalue']}" for o in outputs if o.get("output_type") == "error"]
    pages = [
        output.get("data", {}).get("text/html", "")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    ]
    return hidden + [unescape(error) for page in pages for error in _PANEL_ERROR.findall(page)]


def _verdicts(executed: Path) -> Iterable[tuple[str, bool]]:
    """(exercise, whether it passed) of each check in the executed lesson, in its order."""
    for _, output in _outputs(executed):
        result = output.get("data", {}).get(CHECK_MIME)
        if result is not None:
            yield result["exercise"], bool(result["passed"])
