"""The results: a head, a line per call, and a last line that says how the run ended."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

# A file of a replay is followed by another from this size on, so that its reader can delete what it has read.
SEGMENT_BYTES = 16_000_000


class Results:
    """Appends whole lines, so that they can be read during the run."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def head(self, **fields: Any) -> None:
        """What is known at the start: `planned`, the number of calls, or null; `port`, the master's, or null."""
        self._write([json.dumps({"head": fields})])

    def rows(self, rows: Iterable[str]) -> None:
        """Calls that have ended, as JSON texts."""
        self._write(rows)

    def end(self, ended: str, problem: str = "") -> None:
        """How the run ended: complete, given up, interrupted or failed; the latter with a `problem`."""
        self._write([json.dumps({"end": {"ended": ended, "problem": problem}})])

    def _write(self, lines: Iterable[str]) -> None:
        with open(self._path, "a", encoding="ascii") as file:
            file.writelines(f"{line}\n" for line in lines)


class Segments(Results):
    """Results in several files, `calls-00000.jsonl` and so on; one is complete when the next one exists."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._number = folder, 0
        super().__init__(segment(folder, 0))

    def _write(self, lines: Iterable[str]) -> None:
        if self._path.exists() and self._path.stat().st_size > SEGMENT_BYTES:
            self._number += 1
            self._path = segment(self._folder, self._number)
        super()._write(lines)


def segment(folder: Path, number: int) -> Path:
    """The file of a number."""
    return folder / f"calls-{number:05d}.jsonl"
