"""The conductor as a child process, which ends with this one however that ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from gateway_kit.rehearsal.job import JOB, LOG, PROBLEM, PROGRESS, Job
from gateway_kit.rehearsal.run_folder import Progress

_END_WITHIN_S = 45.0
_LOG_LINES = 15
HOME_PREFIX = "gateway-kit-rehearsal-"


class Program:
    """One rehearsal's processes. `stop` returns when none is left."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._out = Path(job.out)
        self._process: subprocess.Popen[bytes] | None = None
        self._seen = ""

    def start(self) -> None:
        """Start it, in a session of its own, so that Ctrl-C reaches this process alone."""
        self._job.write(self._out / JOB)
        argv = (
            sys.executable, "-P", "-m", "gateway_kit.stack.rehearsing.keeper",
            "--end-with", str(os.getpid()), "--home", self._job.home,
            sys.executable, "-P", "-m", "gateway_kit.rehearsal.conductor", str(self._out / JOB),
        )  # fmt: skip
        with open(self._out / LOG, "wb") as log:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._job.home,
                start_new_session=True,
            )

    def wait(self, timeout_s: float) -> int | None:
        """The exit code, or None after that time."""
        if self._process is None:
            return None
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> int | None:
        """Ask it to end, and wait for that; its exit code."""
        if self._process is None:
            return None
        self._process.terminate()
        code = self.wait(_END_WITHIN_S)
        if code is None:
            self._process.kill()  # with the keeper all the others end
            code = self._process.wait()
        return code

    def new_progress(self) -> Progress | None:
        """How far it is, if that has changed since the last time."""
        try:
            text = (self._out / PROGRESS).read_text()
        except FileNotFoundError:
            return None
        if text == self._seen:
            return None
        self._seen = text
        return Progress(**json.loads(text))

    def problem(self) -> dict[str, Any] | None:
        """Why it could not go on, if it says so."""
        try:
            problem: dict[str, Any] = json.loads((self._out / PROBLEM).read_text())
        except FileNotFoundError:
            return None
        return problem

    def log_end(self) -> str:
        """The last lines that it printed, indented."""
        lines = (self._out / LOG).read_text(errors="replace").splitlines()[-_LOG_LINES:]
        return "\n".join(f"    {line}" for line in lines)

    def tidy(self) -> None:
        """Remove what is for the run alone."""
        for name in (JOB, PROGRESS, PROBLEM, LOG):
            (self._out / name).unlink(missing_ok=True)


def new_home() -> str:
    """A folder for the state of a rehearsal's stack."""
    return tempfile.mkdtemp(prefix=HOME_PREFIX)
