"""What a person says of pairs of questions, kept in a file of lines that is written at each label."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway_kit.rehearsal.errors import RehearsalError


class Labels:
    """The labels of pairs, by the pairs' ids. Each change is a line of the file at once; a pair's last line counts.

    A line is `{"id": "…", "same": true, "at": "…"}`; `"same": null` takes a label back, and `"undo": true` marks a line
    that undoes the one before. Other programs may write lines, too: `reload` reads them. A last line that was cut off
    does not count.

    labels.set("p-0007", True)
    labels.undo()                  # "p-0007", whose label is as it was before
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._by_id: dict[str, bool] = {}
        self._changes: list[tuple[str, bool | None]] = []  # pair, and its label before
        self.reload()

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, pair: str) -> bool:
        return pair in self._by_id

    def get(self, pair: str) -> bool | None:
        """Whether the answer to the first is right for the second; None without a label."""
        return self._by_id.get(pair)

    def set(self, pair: str, same: bool) -> None:
        """Label a pair, and save it."""
        self._write({"id": pair, "same": same})
        self._apply(pair, same)

    def undo(self) -> str | None:
        """Take the last change back, that of an earlier session too; returns its pair, None if there was none."""
        if not self._changes:
            return None
        pair, before = self._changes[-1]
        self._write({"id": pair, "same": before, "undo": True})
        self._apply(pair, before, undo=True)
        return pair

    def reload(self) -> None:
        """Read the file again. Raises RehearsalError for a line that is no label."""
        self._by_id.clear()
        self._changes.clear()
        for pair, same, undo in self._lines():
            self._apply(pair, same, undo=undo)

    def _apply(self, pair: str, same: bool | None, *, undo: bool = False) -> None:
        if not undo:
            self._changes.append((pair, self._by_id.get(pair)))
        elif self._changes:
            self._changes.pop()
        if same is None:
            self._by_id.pop(pair, None)
        else:
            self._by_id[pair] = same

    def _write(self, label: dict[str, Any]) -> None:
        line = json.dumps({**label, "at": datetime.now(UTC).isoformat(timespec="seconds")})
        descriptor = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
        with open(descriptor, "r+b", buffering=0) as file:
            before, newline, last = file.read().rpartition(b"\n")
            if last and not _is_whole(last):  # what a broken-off write left
                os.ftruncate(descriptor, len(before + newline))
                last = b""
            file.write((b"\n" if last else b"") + line.encode() + b"\n")
            os.fsync(descriptor)

    def _lines(self) -> Iterator[tuple[str, bool | None, bool]]:
        if not self.path.exists():
            return
        lines = self.path.read_bytes().split(b"\n")
        for number, text in enumerate(lines, start=1):
            if not text.strip() or (number == len(lines) and not _is_whole(text)):
                continue
            try:
                line: Any = json.loads(text)
                pair, same = line["id"], line["same"]
            except (ValueError, KeyError, TypeError) as exc:
                raise self._wrong(number) from exc
            if not isinstance(pair, str) or not (same is None or isinstance(same, bool)):
                raise self._wrong(number)
            yield pair, same, line.get("undo") is True

    def _wrong(self, number: int) -> RehearsalError:
        return RehearsalError(
            f'{self.path}, line {number}, is no label: a line looks like {{"id": "p-0001", "same": true}}. Correct or '
            "remove it"
        )


def _is_whole(line: bytes) -> bool:
    """Whether a line was not cut off: an object ends with a brace, and no beginning of it is JSON."""
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
