"""The load generator's process, and what it writes while it works."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gateway_kit.common.environment import minimal_env
from gateway_kit.common.private_files import write_private
from gateway_kit.errors import LoadError

# An interrupted program reports the calls in progress and ends. After this many seconds it is killed.
END_GRACE_S = 5.0
_LOG_LINES = 15


class Program:
    """The load generator, working in `folder`, in a session of its own, so that a notebook's Ctrl-C does not reach it.

    It ends when this process ends. The key goes by environment, so that no list of processes shows it.
    """

    _needs = "locust"

    def __init__(self, folder: Path, job: Mapping[str, Any], key: str) -> None:
        self._set_up(folder, (str(folder),), minimal_env(GATEWAY_API_KEY=key))
        (folder / "job.json").write_text(json.dumps(job))

    def _set_up(self, folder: Path, arguments: tuple[str, ...], env: Mapping[str, str]) -> None:
        self._folder, self._arguments, self._env = folder, arguments, env
        self._log_path = folder / "load-generator.log"
        self._results = folder / "calls.jsonl"
        self._position = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it. Raises LoadError if Locust is not installed."""
        if find_spec(self._needs) is None:
            raise LoadError("The load generator needs Locust. Run: pip install 'gateway-kit[load]'")
        argv = (
            # -P: it works in the folder, and imports nothing from there.
            sys.executable, "-P", "-m", "gateway_kit.stack.servers.load_generator", *self._arguments,
            "--end-with", str(os.getpid()),
        )  # fmt: skip
        with open(self._log_path, "wb") as log:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._env,
                cwd=self._folder,
                start_new_session=True,
            )

    @property
    def pid(self) -> int | None:
        """Its process; None before its start."""
        return None if self._process is None else self._process.pid

    def is_running(self) -> bool:
        """Whether it still works."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End it and its workers. Does nothing if they have ended."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(END_GRACE_S)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()

    def log_end(self) -> str:
        """The last lines of its log, indented."""
        lines = self._log_path.read_text(errors="replace").splitlines()[-_LOG_LINES:]
        return "\n".join(f"    {line}" for line in lines)

    def new_lines(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What it has written since the last time: ("head", "call" or "end", its fields).

        A line counts as read when the next one is requested.
        """
        if not self._results.exists():
            return
        with open(self._results, "rb") as file:
            file.seek(self._position)
            for text in file:
                if not text.endswith(b"\n"):  # still being written
                    return
                line = json.loads(text)
                kind = next((name for name in ("head", "end") if name in line), "call")
                yield kind, line if kind == "call" else line[kind]
                self._position += len(text)


class ReplayProgram(Program):
    """The load generator as it replays the calls of a file; what has been read of its results is deleted.

    `keys` are secrets by their labels. They go by a file for its owner alone, which the program deletes when it has
    read it: there may be thousands, too many for an environment.
    """

    _needs = "geventhttpclient"

    def __init__(
        self,
        folder: Path,
        url: str,
        requests: Path,
        keys: Mapping[str, str],
        *,
        in_flight: int,
        timeout_s: float,
    ) -> None:
        self._set_up(folder, ("--replay", str(folder)), minimal_env())
        self._number = 0
        self._results = self._segment(0)
        write_private(folder / "keys.json", json.dumps(dict(keys)))
        job = {
            "url": url,
            "requests": str(requests.absolute()),
            "keys": str((folder / "keys.json").absolute()),
            "in_flight": in_flight,
            "timeout_s": timeout_s,
        }
        (folder / "replay.json").write_text(json.dumps(job))

    def new_lines(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """As `Program.new_lines`."""
        while True:
            following = self._segment(self._number + 1)
            is_whole = following.exists()  # asked first: what is written afterwards is in the next file
            yield from super().new_lines()
            if not is_whole:
                return
            self._results.unlink()
            self._number, self._results, self._position = self._number + 1, following, 0

    def _segment(self, number: int) -> Path:
        return self._folder / f"calls-{number:05d}.jsonl"
