"""How a gateway ends that others stand in for: SIGUSR1 asks it to answer what it has received, and then to end.

SIGTERM leaves requests five seconds. Whoever sends SIGUSR1 has seen to it that no new ones come, and waits as long as
it likes; a SIGTERM after it ends the wait.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from typing import Any

# One that was on its way when the balancer was told otherwise arrives within this, on a machine that is very busy.
_QUIET_S, _LOOK_EVERY_S = 0.5, 0.05

_tasks: set[asyncio.Task[None]] = set()


def drain_when_asked() -> None:
    """Let uvicorn's server in this process drain on SIGUSR1, from its start on."""
    import uvicorn

    start = uvicorn.Server.startup

    async def startup(server: uvicorn.Server, sockets: list[socket.socket] | None = None) -> None:
        await start(server, sockets)

        def drain() -> None:
            if not _tasks:
                _tasks.add(asyncio.create_task(_drain(server)))

        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, drain)

    uvicorn.Server.startup = startup  # type: ignore[method-assign, assignment]  # its own, and more


async def _drain(server: Any) -> None:
    print(f"process {os.getpid()} ends after {len(server.server_state.tasks)} requests", flush=True)
    last_request = time.monotonic()
    while time.monotonic() < last_request + _QUIET_S:
        await asyncio.sleep(_LOOK_EVERY_S)
        if server.server_state.tasks:
            last_request = time.monotonic()
    server.handle_exit(signal.SIGTERM, None)


def draining_workers() -> type[Any]:
    """The parent of uvicorn's workers, each of which drains on SIGUSR1; it ends after the last."""
    from uvicorn.supervisors import Multiprocess

    class DrainingWorkers(Multiprocess):
        """Passes SIGUSR1 on, and then starts no worker anew."""

        draining = False

        def handle_usr1(self) -> None:
            """Used by uvicorn when SIGUSR1 has arrived."""
            self.draining = True
            for worker in self.processes:
                if worker.pid is not None and worker.process.is_alive():
                    os.kill(worker.pid, signal.SIGUSR1)

        def keep_subprocess_alive(self) -> None:
            """Used by uvicorn twice a second."""
            if not self.draining:
                super().keep_subprocess_alive()
            elif not any(worker.process.is_alive() for worker in self.processes):
                self.should_exit.set()

    return DrainingWorkers
