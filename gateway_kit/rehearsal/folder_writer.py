"""Writes the folder of one run, as `run_folder` describes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from gateway_kit.rehearsal.run_folder import ATTEMPTS_FILE, EVENTS_FILE, REQUESTS, RUN, RunFacts


class FolderWriter:
    """One run's folder. Every line is written whole and at once, so that a run that ends early leaves what it has."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self._files: dict[str, IO[bytes]] = {}

    def facts(self, facts: RunFacts) -> None:
        """Replace `run.json`."""
        replace_file(self.folder / RUN, json.dumps(asdict(facts), indent=1, ensure_ascii=False))

    def attempts(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add requests that reached a simulated provider."""
        self._add(ATTEMPTS_FILE, rows)

    def events(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add things that happened."""
        self._add(EVENTS_FILE, rows)

    def close(self) -> None:
        """Close the files, and remove what was for the run alone."""
        for file in self._files.values():
            file.close()
        self._files.clear()
        (self.folder / REQUESTS).unlink(missing_ok=True)

    def _add(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        lines = [json.dumps(row, ensure_ascii=False, default=_as_text) + "\n" for row in rows]
        if not lines:
            return
        if name not in self._files:
            self._files[name] = open(self.folder / name, "ab", buffering=0)  # noqa: SIM115  # closed by `close`
        data = "".join(lines).encode()
        while data:  # unbuffered: a disk that is nearly full takes a part
            data = data[self._files[name].write(data) :]


def replace_file(path: Path, text: str) -> None:
    """Write a file such that a reader sees the old one or the new one, never half of one."""
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def now() -> str:
    """This moment, as the files have it."""
    return datetime.now(UTC).isoformat()


def _as_text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no JSON")
