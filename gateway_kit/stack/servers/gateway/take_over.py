"""How a new gateway takes over the port of the one that runs, so that one of them answers at every moment.

The new one serves on a port of its own. Whoever started it asks it there whether all is well, makes the file of `--go`,
and ends the old one once the new one listens on the gateway's port as well. Two processes may listen on one port where
both have said so (SO_REUSEPORT) and belong to one user. Where the old one has not, the new one takes the port as soon
as it is free.
"""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path
from typing import Any

_GO, _HOST, _PORT = "GATEWAY_GO_FILE", "GATEWAY_GO_HOST", "GATEWAY_GO_PORT"
_LOOK_EVERY_S = 0.05

_tasks: set[asyncio.Task[None]] = set()


def open_socket(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A bound TCP socket; raises OSError if the port is taken.

    Without `shared` the port must be free; a later process that shares may still join.
    """
    # The protocol is named, since asyncio switches Nagle's algorithm off only then.
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        opened.bind((host, port))
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    except OSError:
        opened.close()
        raise
    opened.set_inheritable(True)
    return opened


def wait_for(go: Path, host: str, port: int) -> None:
    """Tell this process and its workers which file to wait for, and which port to serve then."""
    os.environ.update({_GO: str(go), _HOST: host, _PORT: str(port)})


def prepare() -> None:
    """Let uvicorn's server in this process take the port over after its start, if `wait_for` was called."""
    if _GO not in os.environ:
        return
    import uvicorn

    start = uvicorn.Server.startup

    async def startup(server: uvicorn.Server, sockets: list[socket.socket] | None = None) -> None:
        await start(server, sockets)
        task = asyncio.create_task(_take_over(server))
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)

    uvicorn.Server.startup = startup  # type: ignore[method-assign, assignment]  # its own, and more


async def _take_over(server: Any) -> None:
    go, host, port = Path(os.environ[_GO]), os.environ[_HOST], int(os.environ[_PORT])
    # A file, since it tells each worker, those too that are started later; a thread that waits would hold up the end.
    while not go.exists():  # noqa: ASYNC110, ASYNC240
        await asyncio.sleep(_LOOK_EVERY_S)
    while True:
        try:
            listener = open_socket(host, port, shared=True)
            break
        except OSError:  # the old gateway does not share it, and has not ended yet
            await asyncio.sleep(_LOOK_EVERY_S)
    config = server.config

    def protocol() -> asyncio.Protocol:
        made: asyncio.Protocol = config.http_protocol_class(
            config=config, server_state=server.server_state, app_state=server.lifespan.state
        )
        return made

    listening = await asyncio.get_running_loop().create_server(
        protocol, sock=listener, backlog=config.backlog
    )
    if config.workers == 1:  # of several workers the first socket is their parent's, and stays
        for one in server.servers:
            one.close()
        server.servers.clear()
    server.servers.append(listening)
