"""Ctrl-C for programs that serve until somebody presses it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def ended_by_ctrl_c(handle_exit: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Let Ctrl-C end a uvicorn server, by its `handle_exit`, within the block and without KeyboardInterrupt.

    In the main thread. uvicorn handles Ctrl-C only once it serves: before, it ended the program with a warning, or was
    lost.
    """
    before = signal.signal(signal.SIGINT, handle_exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
