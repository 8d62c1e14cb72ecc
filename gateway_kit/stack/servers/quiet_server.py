"""uvicorn's server for programs that are idle most of the time, and whose end by a signal counts as success."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from types import FrameType
from typing import Any

import uvicorn

# Answers carry the date, to the second.
TICK_S = 1.0


class WaitingServer(uvicorn.Server):
    """Ends at once when a signal says so, and wakes once a second; uvicorn's own looks ten times a second."""

    _ending: asyncio.Event | None = None
    _loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        """Used by uvicorn: its own, with a wait for the end in the place of a pause. Tick 0 does a second's work."""
        self._ending, self._loop = asyncio.Event(), asyncio.get_running_loop()
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), TICK_S)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Used by uvicorn when a signal arrives."""
        super().handle_exit(sig, frame)
        if self._ending is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._ending.set)


class QuietServer(WaitingServer):
    """Ends with exit code 0 on SIGTERM and SIGINT; uvicorn's own would die of the signal."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """Used by uvicorn around its main loop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield
