"""Reading a log while other processes write, cut and replace it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

_BLOCK_BYTES = 65_536


def last_lines(path: Path, count: int, *, end: int | None = None) -> list[str]:
    """The last `count` lines of a log, with those of the part that was cut off before, if needed.

    `end` is the byte to stop at, from which `follow_log` continues; without it the log is read to its end.
    """
    newer = _tail(path, count, end)
    missing = count - len(newer)
    return [*_tail(path.with_name(path.name + ".1"), missing, None), *newer] if missing else newer


def _tail(path: Path, count: int, end: int | None) -> list[str]:
    """The last `count` lines before byte `end`, read from behind: a log may have megabytes."""
    if count == 0 or not path.exists():
        return []
    with open(path, "rb") as log:
        size = log.seek(0, os.SEEK_END)
        begin = size if end is None else min(end, size)
        data = b""
        # One line more than asked for: the first one may be half there.
        while begin > 0 and data.count(b"\n") <= count:
            step = min(_BLOCK_BYTES, begin)
            begin -= step
            log.seek(begin)
            data = log.read(step) + data
    return data.decode(errors="replace").splitlines()[-count:]


def follow_log(
    path: Path,
    show: Callable[[str], None],
    *,
    start: int,
    poll_s: float,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Hand each line added after byte `start` to `show`, until `stop()` or an exception (Ctrl-C)."""
    follow_logs({"": (path, start)}, lambda _, line: show(line), poll_s=poll_s, stop=stop)


def follow_logs(
    logs: Mapping[str, tuple[Path, int]],
    show: Callable[[str, str], None],
    *,
    poll_s: float,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Hand each line that is added to one of the logs to `show`, with the log's name; otherwise as `follow_log`.

    `logs` has by each name the log and the byte to start after.
    """
    followed = {name: _Followed(path, start) for name, (path, start) in logs.items()}
    while not stop():
        found = [(name, line) for name, log in followed.items() for line in log.new_lines()]
        for name, line in found:
            show(name, line)
        if not found:
            time.sleep(poll_s)


class _Followed:
    """A log, and how far it has been read."""

    def __init__(self, path: Path, position: int) -> None:
        self._path, self._position = path, position
        self._rest = b""

    def new_lines(self) -> list[str]:
        size = self._path.stat().st_size if self._path.exists() else 0
        if size < self._position:  # it was cut
            self._position = 0
        if size == self._position:
            return []
        with open(self._path, "rb") as log:
            log.seek(self._position)
            self._rest += log.read()
            self._position = log.tell()
        # Whole lines only: the end may lie within a character.
        *whole, self._rest = self._rest.split(b"\n")
        return [line.decode(errors="replace") for line in whole]
