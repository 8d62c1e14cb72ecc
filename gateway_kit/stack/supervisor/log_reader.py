"""Reading a log while other processes write, cut and replace it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
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
    position = start
    rest = b""
    while not stop():
        size = path.stat().st_size if path.exists() else 0
        if size < position:  # it was cut
            position = 0
        if size > position:
            with open(path, "rb") as log:
                log.seek(position)
                rest += log.read()
                position = log.tell()
            # Whole lines only: the end may lie within a character.
            *whole, rest = rest.split(b"\n")
            for line in whole:
                show(line.decode(errors="replace"))
        else:
            time.sleep(poll_s)
