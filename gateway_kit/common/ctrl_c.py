"""Ctrl-C for programs that serve until somebody presses it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uvicorn


@contextmanager
def ended_by_ctrl_c(server: uvicorn.Server) -> Iterator[None]:
    """Let Ctrl-C end the server within the block, in good order and without KeyboardInterrupt; in the main thread.

    uvicorn minds it only once it serves: before, it ended the program with a warning, or was lost.
    """
    before = signal.signal(signal.SIGINT, server.handle_exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
