"""The file of results, `calls.jsonl`: a head, a line a call, and a last line that says how the run ended."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class Results:
    """Appends whole lines, so that a reader who comes while the run goes on can use them."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def head(self, **facts: Any) -> None:
        """What is known at the start: `planned`, the number of calls, or null; `port`, the master's, or null."""
        self._write([json.dumps({"head": facts})])

    def rows(self, rows: Iterable[str]) -> None:
        """Calls that have ended, as JSON texts."""
        self._write(rows)

    def end(self, ended: str, problem: str = "") -> None:
        """How it ended: complete, given up, interrupted or failed; `problem` is a sentence for the latter."""
        self._write([json.dumps({"end": {"ended": ended, "problem": problem}})])

    def _write(self, lines: Iterable[str]) -> None:
        with open(self._path, "a", encoding="ascii") as file:
            file.writelines(f"{line}\n" for line in lines)
