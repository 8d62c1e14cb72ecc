"""Says how far a rehearsal is, in files that others follow."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from gateway_kit.rehearsal.folder_writer import replace_file
from gateway_kit.rehearsal.run_folder import Progress

_EVERY_S = 0.2


class Reporter:
    """Replaces the progress file of the whole rehearsal, and that of the run at hand."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path, self._clock = path, clock
        self._run, self._folder = "", path.parent
        self._last_s = 0.0

    def begin(self, run: str, folder: Path) -> None:
        """From now on it is about this run, whose folder is `folder`."""
        self._run, self._folder = run, folder

    def step(self, words: str) -> None:
        """A step without calls."""
        self.calls(words, made=0, failed=0, total=0, remaining_s=None, at_once=True)

    def calls(
        self,
        words: str,
        *,
        made: int,
        failed: int,
        total: int,
        remaining_s: float | None,
        at_once: bool = False,
    ) -> None:
        """How many calls have been made; written a few times a second at most, unless `at_once`."""
        now_s = self._clock()
        if not at_once and now_s - self._last_s < _EVERY_S:
            return
        self._last_s = now_s
        progress = Progress(self._run, words, made, failed, total, remaining_s, now_s)
        text = json.dumps(asdict(progress))
        for path in {self._path, self._folder / self._path.name}:
            replace_file(path, text)
