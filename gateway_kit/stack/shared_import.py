"""Several gateways that start together are copies of one process that imported LiteLLM, and ends when they run.

They share the memory that none of them changes, and LiteLLM is imported once instead of by all of them at a time.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from gateway_kit.common.polling import poll_until
from gateway_kit.settings import Settings
from gateway_kit.stack.replicas import is_gateway
from gateway_kit.stack.services.fork_server import FORK_SERVER, start_fork_server
from gateway_kit.stack.services.gateway import as_copy
from gateway_kit.stack.supervisor.process import Service

_IMPORT_S, _POLL_S, _END_S = 90.0, 0.05, 10.0


@contextmanager
def copies_of_one(
    services: Mapping[str, Service],
    starting: Collection[str],
    settings: Settings,
    environ: Mapping[str, str],
) -> Iterator[Mapping[str, Service]]:
    """The services, of which the gateways among `starting` start as copies, if there are several.

    A copy that the server refuses starts in the usual way. One that starts alone would share its memory with none.
    """
    gateways = [name for name in starting if is_gateway(name)]
    with copying(len(gateways), settings, environ) as as_copies:
        yield {**services, **{name: as_copies(services[name]) for name in gateways}}


@contextmanager
def copying(
    count: int, settings: Settings, environ: Mapping[str, str]
) -> Iterator[Callable[[Service], Service]]:
    """What makes a copy of a gateway that is to be started, for so many; of a single one it makes none."""
    if count < 2 or environ.get(FORK_SERVER):
        yield lambda gateway: gateway
        return
    # A socket's path must be short, and the state folder's need not be.
    with tempfile.TemporaryDirectory(prefix="gateway-kit-") as folder:
        socket = Path(folder) / "gateways.sock"
        server = start_fork_server(socket, environ, settings.log_path("fork-server"))
        try:
            yield lambda gateway: _once_there(as_copy(gateway, socket), server, socket)
        finally:
            server.terminate()
            server.wait(_END_S)


def _once_there(gateway: Service, server: subprocess.Popen[bytes], socket: Path) -> Service:
    """The gateway, which waits before its start until the server has imported LiteLLM, or has ended."""
    return replace(
        gateway, prepare=_after(gateway.prepare, lambda: socket.exists() or server.poll() is not None)
    )


def _after(prepare: Callable[[], None] | None, there: Callable[[], bool]) -> Callable[[], None]:
    def wait_and_prepare() -> None:
        poll_until(there, timeout_s=_IMPORT_S, pause_s=_POLL_S)
        if prepare is not None:
            prepare()

    return wait_and_prepare
