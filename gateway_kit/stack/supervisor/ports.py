"""Who listens on a port of this machine."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from pathlib import Path
from typing import Any

import psutil

from gateway_kit.settings import BASE_PORTS, HOST

# No two services' ports lie a multiple of this step apart, nor one of those and a replica's or a second gateway's,
# which come after the gateway's: stacks at different offsets are never in each other's way.
_FIRST_OFFSET, _OFFSET_STEP = 1000, 97
_held: list[int] = []  # file descriptors, open until this process ends


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: otherwise a connection that lingers in TIME_WAIT counts as a listener.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def owner_pid(port: int) -> int | None:
    """Process id of the listener; None if there is none, or if it is another user's process."""
    return next((c.pid for c in _connections(port) if c.status == psutil.CONN_LISTEN), None)


def owner(port: int) -> str:
    """Who has the port, in words: the listener's name and process id as far as the system tells, or a connection."""
    connections = _connections(port)
    if any(connection.status == psutil.CONN_LISTEN for connection in connections):
        pid = owner_pid(port)
        return _program(pid) if pid is not None else "a process of another user"
    # A client's end of a connection: the system gave it the port.
    for connection in connections:
        if connection.pid is not None:
            return f"an outgoing connection of {_program(connection.pid)}"
    if connections and all(connection.status == psutil.CONN_TIME_WAIT for connection in connections):
        return "an outgoing connection that has ended, for a minute at most (TIME_WAIT),"
    return "an outgoing connection" if connections else "a process of another user"


def _connections(port: int) -> list[Any]:
    """The connections and listeners of this machine's 127.0.0.1 that have the port as their own."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return []
    own_addresses = (HOST, "0.0.0.0", "::", f"::ffff:{HOST}")  # noqa: S104  # compared, not listened on
    return [c for c in connections if c.laddr and c.laddr.port == port and c.laddr.ip in own_addresses]


def _program(pid: int) -> str:
    try:
        process = psutil.Process(pid)
        # The program's file name: some runtimes (Node) give their process the name of a thread.
        return f"{Path(process.exe()).name} (pid {pid})"
    except psutil.AccessDenied:
        return f"{process.name()} (pid {pid})"
    except psutil.NoSuchProcess:
        return f"pid {pid}"


def outgoing_ports(offset: int) -> str:
    """What an offset risks whose ports the system also gives to outgoing connections; empty for one that does not."""
    first, last = _outgoing_range()
    inside = sorted(port + offset for port in BASE_PORTS.values() if first <= port + offset <= last)
    if not inside:
        return ""
    free = first - max(BASE_PORTS.values()) - 1
    return (
        f"the system gives the ports {first} to {last} to outgoing connections, among them {inside[0]} and others of "
        f"this offset: now and then one is taken when a service starts. Offsets up to {free} have none of them"
    )


def free_offset(ports: tuple[int, ...] = tuple(BASE_PORTS.values())) -> int:
    """An offset at which all of `ports` are free, and which stays this process's until it ends.

    How tests and benchmarks get a stack of their own: no two of them, in whatever run, are given the same offset, and
    none with a port that the system may give to somebody's outgoing connection. Raises OSError if none is left.
    """
    folder = Path(tempfile.gettempdir()) / f"gateway-kit-offsets-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for offset in range(_FIRST_OFFSET, _outgoing_range()[0] - max(ports), _OFFSET_STEP):
        if all(is_free(port + offset) for port in ports) and _locks(folder / str(offset)):
            return offset
    raise OSError(f"no offset leaves the ports {ports} free")


def _locks(path: Path) -> bool:
    """Whether this process has the file now, and until it ends; nobody else, and no earlier call."""
    lock = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return False
    _held.append(lock)
    return True


def _outgoing_range() -> tuple[int, int]:
    try:
        first, last = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
        return int(first), int(last)
    except (OSError, ValueError):  # not Linux, or hidden: Linux's own default
        return 32768, 60999
