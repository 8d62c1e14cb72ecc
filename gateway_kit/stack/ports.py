"""Who listens on a port of this machine."""

from __future__ import annotations

import socket
from pathlib import Path

import psutil

from gateway_kit.settings import HOST


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


def free_offset(ports: tuple[int, ...], *, start: int = 1000, stop: int = 56000, step: int = 37) -> int:
    """The first offset at which all of `ports` are free: how tests get a stack of their own."""
    for offset in range(start, stop, step):
        if all(port + offset < 65536 and is_free(port + offset) for port in ports):
            return offset
    raise OSError(f"no offset between {start} and {stop} leaves the ports {ports} free")
