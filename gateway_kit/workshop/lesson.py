"""What `check` and `connect` call when the stack is a workshop's seat: they report, and never fail because of it."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Sequence
from pathlib import Path, PurePath

from gateway_kit.workshop.membership import Membership, load_membership
from gateway_kit.workshop.reporter import Counts, Reporter

_lock = threading.Lock()
_reporter: Reporter | None = None
_counts: list[Counts] = []
_told = False  # that results are not reported at all


def report_check(
    home: Path, exercise: str, missing: Sequence[str], *, passed: bool, solution_shown: bool
) -> str:
    """Report a check's result; returns a sentence for the learner, mostly an empty one."""
    try:
        member = load_membership(home)
        if member is None:
            return ""
        if member.over:
            return _once(f"The workshop {member.workshop} has ended: results are reported no more.")
        reporter = _current(home, member)
        reporter.checked(
            exercise,
            missing=missing,
            passed=passed,
            solution_shown=solution_shown,
            lesson=lesson_name() or exercise.partition(".")[0],
        )
        return reporter.news()
    except Exception as exc:  # the learner's check is worth more than its report
        return _once(f"Your results are not reported to the workshop: {exc}")


def report_connect(home: Path, counts: Counts) -> None:
    """Report that a seat's notebook is at work, and what its calls cost from now on."""
    try:
        _counts.append(counts)
        member = load_membership(home)
        if member is not None and not member.over:
            _current(home, member).connected(counts, lesson_name())
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


def _current(home: Path, member: Membership) -> Reporter:
    """This process's reporter; another membership gets another one."""
    global _reporter
    with _lock:
        if _reporter is None or _reporter.member != member:
            if _reporter is not None:
                _reporter.end()
            _reporter = Reporter(home, member)
            for counts in _counts:
                _reporter.connected(counts, lesson_name())
        return _reporter


def _once(sentence: str) -> str:
    """The sentence, if this process has said none of the kind yet."""
    global _told
    news = "" if _told else sentence
    _told = True
    return news
