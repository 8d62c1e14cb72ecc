"""The sockets of the kit's own servers: answers leave at once, not delayed by Nagle's algorithm."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest

from gateway_kit.stack.servers import serving
from gateway_kit.stack.servers.gateway import take_over
from gateway_kit.stack.servers.tracestore import program

OPENERS = (serving.open_socket, program.open_socket, take_over.open_socket)


async def _accepted(listener: socket.socket) -> int:
    """TCP_NODELAY of a connection that asyncio has accepted at the listener."""
    told: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    server = await asyncio.start_server(serve, sock=listener)
    async with server:
        _, writer = await asyncio.open_connection(*listener.getsockname()[:2])
        nodelay = await told
        writer.close()
    return nodelay


@pytest.mark.parametrize("open_socket", OPENERS, ids=lambda opener: opener.__module__)
def test_an_accepted_connection_sends_answers_without_delay(
    open_socket: Callable[[str, int], socket.socket],
) -> None:
    with open_socket("127.0.0.1", 0) as listener:
        assert asyncio.run(_accepted(listener)) != 0


def test_a_gateways_port_is_exclusive_until_another_process_shares_it() -> None:
    with take_over.open_socket("127.0.0.1", 0) as first:
        first.listen()
        port = first.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            take_over.open_socket("127.0.0.1", port)
        with take_over.open_socket("127.0.0.1", port, shared=True) as second:
            second.listen()
            first.close()
            with socket.create_connection(("127.0.0.1", port), timeout=60):
                second.accept()[0].close()


def test_a_port_that_is_not_shared_is_not_taken_over() -> None:
    with socket.socket() as strict:
        strict.bind(("127.0.0.1", 0))
        strict.listen()
        with pytest.raises(OSError, match="in use"):
            take_over.open_socket("127.0.0.1", strict.getsockname()[1], shared=True)
