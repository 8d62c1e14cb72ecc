"""What `check` and `connect` call when the stack is a workshop's seat: they report, and never fail because of it."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Sequence
from pathlib import Path, PurePath

from gateway_kit.workshop.membership import load_membership
from gateway_kit.workshop.reporter import Counts, Reporter

_lock = threading.Lock()
_reporter: Reporter | None = None
_counts: list[Counts] = []
_told = False  # that results cannot be reported at all


def report_check(
    home: Path, exercise: str, missing: Sequence[str], *, passed: bool, solution_shown: bool
) -> str:
    """Report a check's result; returns a sentence for the learner, mostly an empty one."""
    global _told
    try:
        reporter = _current(home)
        if reporter is None:
            return ""
        reporter.checked(
            exercise,
            missing=missing,
            passed=passed,
            solution_shown=solution_shown,
            lesson=lesson_name() or exercise.partition(".")[0],
        )
        return reporter.news()
    except Exception as exc:  # the learner's check is worth more than its report
        news = "" if _told else f"Your results are not reported to the workshop: {exc}"
        _told = True
        return news


def report_connect(home: Path, counts: Counts) -> None:
    """Report that a seat's notebook is at work, and what its calls cost from now on."""
    try:
        _counts.append(counts)
        if (reporter := _current(home)) is not None:
            reporter.connected(counts, lesson_name())
    except Exception:  # noqa: S110  # `check` says what is wrong
        pass


def lesson_name() -> str:
    """The notebook that this kernel runs, such as `01_routing`; empty outside of one of the lessons.

    Jupyter names it in JPY_SESSION_NAME, VS Code in a variable of the notebook.
    """
    named = os.environ.get("JPY_SESSION_NAME", "")
    if not named and (ipython := sys.modules.get("IPython")) is not None:
        shell = ipython.get_ipython()
        named = "" if shell is None else str(shell.user_ns.get("__vsc_ipynb_file__", ""))
    found = re.match(r"\d\d_[a-z0-9_]+", PurePath(named).stem)  # a copy has more behind it
    return found[0] if found else ""


def _current(home: Path) -> Reporter | None:
    """This process's reporter; None when the workshop's time has passed. Another membership gets another one."""
    global _reporter
    with _lock:
        member = load_membership(home)
        if member is None or member.over:
            return None
        if _reporter is None or _reporter.member != member:
            if _reporter is not None:
                _reporter.end()
            _reporter = Reporter(home, member)
            for counts in _counts:
                _reporter.connected(counts, lesson_name())
        return _reporter
