from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway_kit.stack import ports


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_listener_makes_a_port_taken(listener: int):
    assert not ports.is_free(listener)


def test_a_listener_on_all_addresses_takes_the_port_too():
    with socket.create_server(("0.0.0.0", 0)) as server:
        assert not ports.is_free(server.getsockname()[1])


def test_a_port_is_free_again_at_once_after_a_connection():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()  # the server's end lingers in TIME_WAIT
        client.close()
    assert ports.is_free(port)


def test_the_owner_is_named_by_program_and_pid(listener: int):
    assert ports.owner_pid(listener) == os.getpid()
    assert ports.owner(listener) == f"{Path('/proc/self/exe').resolve().name} (pid {os.getpid()})"


def test_nobody_owns_a_free_port(listener: int):
    assert ports.owner_pid(1) is None
    assert ports.owner(1) == "a process that this user may not see"


def test_an_offset_is_free_for_every_port(listener: int):
    offset = ports.free_offset((listener - 1000, 1), start=1000, stop=3000, step=500)
    assert offset != 1000
    assert ports.is_free(listener - 1000 + offset)
    with pytest.raises(OSError, match="no offset"):
        ports.free_offset((listener,), start=0, stop=1, step=1)
