from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway_kit.errors import PortTakenError
from gateway_kit.settings import BASE_PORTS
from gateway_kit.stack.supervisor import ports


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_port_with_a_listener_is_taken(listener: int):
    assert not ports.is_free(listener)


def test_a_listener_on_all_addresses_takes_the_port_too():
    with socket.create_server(("0.0.0.0", 0)) as server:
        assert not ports.is_free(server.getsockname()[1])


def test_a_port_is_free_immediately_after_a_connection():
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


def test_a_connection_is_not_reported_as_an_invisible_process():
    """A client with a fixed port: while it is connected, and for a minute after it closed first."""
    # Not one that the system gives to other programs' connections at the same time: they end elsewhere.
    outgoing_from = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    port = next(port for port in range(outgoing_from - 1, 1024, -1) if ports.is_free(port))
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname(), source_address=("127.0.0.1", port))
        accepted, _ = server.accept()
        assert not ports.is_free(port)
        assert ports.owner(port).startswith("an outgoing connection of ")
        assert str(os.getpid()) in ports.owner(port)
        client.close()
        accepted.recv(1)
        accepted.close()
    assert not ports.is_free(port)
    assert "TIME_WAIT" in ports.owner(port)
    assert "minute" in ports.owner(port)
    assert "Wait a minute" in str(PortTakenError([("redis", port, ports.owner(port))]))


def test_a_listener_on_another_address_is_not_the_owner():
    with socket.create_server(("127.0.0.2", 0)) as server:
        port = server.getsockname()[1]
        assert ports.is_free(port)
        assert ports.owner_pid(port) is None


def test_an_offset_into_the_range_of_outgoing_connections_is_reported(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ports, "_outgoing_range", lambda: (32768, 60999))
    assert ports.outgoing_ports(0) == ""
    assert ports.outgoing_ports(32768 - 8888 - 1) == ""
    message = ports.outgoing_ports(32768 - 8888)
    assert "32768 to 60999" in message
    assert f"Offsets up to {32768 - 8888 - 1} have none" in message
    assert ports.outgoing_ports(30_000)


def test_the_range_of_outgoing_connections_is_the_systems():
    first, last = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    assert ports._outgoing_range() == (int(first), int(last))


def test_a_free_port_has_no_owner(listener: int):
    assert ports.owner_pid(1) is None
    assert ports.owner(1) == "a process of another user"


def test_an_offset_is_free_for_every_port():
    offset = ports.free_offset()
    with socket.create_server(("127.0.0.1", BASE_PORTS["redis"] + offset)):
        assert ports.free_offset() != offset


def test_stacks_at_different_offsets_have_no_port_in_common():
    # Replicas, their balancer's own, and then those of second gateways with the semantic cache.
    gateways = (BASE_PORTS["gateway"] + number for number in range(1, 16))
    used = {*BASE_PORTS.values(), *gateways}
    first, second = ports.free_offset((1,)), ports.free_offset((1,))
    step = second - first
    assert len({port % step for port in used}) == len(used)


def test_an_offset_is_given_out_only_once():
    code = "from gateway_kit.stack.supervisor.ports import free_offset; print(free_offset(), flush=True); input()"
    argv = [sys.executable, "-c", code]
    others = [
        subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    given = [int(other.stdout.readline()) for other in others if other.stdout]
    given += [ports.free_offset(), ports.free_offset()]
    for other in others:
        other.communicate("\n")
    assert len(set(given)) == 6


def test_no_port_is_in_the_systems_range_for_outgoing_connections():
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert ports.free_offset((first - 20000,)) < 20000
    with pytest.raises(OSError, match="no offset"):
        ports.free_offset((first - 1000,))
