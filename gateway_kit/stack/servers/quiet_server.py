"""uvicorn's server, with an end that counts as success."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import Any

import uvicorn


class QuietServer(uvicorn.Server):
    """Ends with exit code 0 on SIGTERM and SIGINT; uvicorn's own would die of the signal."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """Used by uvicorn around its main loop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield
