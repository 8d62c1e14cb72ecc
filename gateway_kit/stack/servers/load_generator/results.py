"""The results, `calls.jsonl`: a head, a line per call, and a last line that says how the run ended."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


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
