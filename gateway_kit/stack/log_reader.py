"""Reading a log that other processes write, cut and replace."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path


def last_lines(path: Path, count: int, *, end: int | None = None) -> list[str]:
    """The last `count` lines of a log, with the part that was cut off before them where it is needed.

    `end` is the byte to read to, where `follow_log` goes on; without it the log is read to its end.
    """
    lines: deque[str] = deque(maxlen=count)
    for part, limit in ((path.with_name(path.name + ".1"), None), (path, end)):
        if part.exists():
            with open(part, "rb") as log:
                lines.extend(log.read(-1 if limit is None else limit).decode(errors="replace").splitlines())
    return list(lines)


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
