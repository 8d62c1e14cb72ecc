"""Who listens on a port of this machine."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from pathlib import Path

import psutil

from gateway_kit.settings import BASE_PORTS, HOST

# No two services' ports lie a multiple of this step apart, nor one of those and a second gateway's, which are the next
# after the gateway's: stacks at different offsets are never in each other's way.
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
    """Process id of the listener; None where the system does not tell (another user's process)."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return None
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
            return connection.pid
    return None


def owner(port: int) -> str:
    """The listener in words: its name and process id, as far as the system tells."""
    pid = owner_pid(port)
    if pid is None:
        return "a process that this user may not see"
    try:
        process = psutil.Process(pid)
        # The program's file name: some runtimes (Node) give their process the name of a thread.
        return f"{Path(process.exe()).name} (pid {pid})"
    except psutil.AccessDenied:
        return f"{process.name()} (pid {pid})"
    except psutil.NoSuchProcess:
        return f"pid {pid}"


def free_offset(ports: tuple[int, ...] = tuple(BASE_PORTS.values())) -> int:
    """An offset at which all of `ports` are free, and which stays this process's until it ends.

    How tests and benchmarks get a stack of their own: no two of them, in whatever run, are given the same offset, and
    none with a port that the system may give to somebody's outgoing connection. Raises OSError where none is left.
    """
    folder = Path(tempfile.gettempdir()) / f"gateway-kit-offsets-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for offset in range(_FIRST_OFFSET, _first_outgoing_port() - max(ports), _OFFSET_STEP):
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


def _first_outgoing_port() -> int:
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:  # not Linux, or hidden: Linux's own default
        return 32768
