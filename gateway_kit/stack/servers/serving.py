"""What the kit's small servers share: command line, socket, files of packages."""

from __future__ import annotations

import argparse
import importlib.util
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path


class StartError(Exception):
    """The server cannot start; the message is one sentence for the log."""


def run(
    name: str, serve: Callable[[str, int, int], None], *, port: int, max_threads: int | None = None
) -> int:
    """Serve on the command line's --host and --port with its --threads.

    Exit code 0 after a stop by signal, 1 if the server cannot start; a wrong command line ends the process with 2.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    # A busy core for every thread is much slower than one thread fewer.
    threads = max(1, min(cores - 1, max_threads or cores))
    parser = argparse.ArgumentParser(prog=name, description=f"{name}, with OpenAI's API.")
    parser.add_argument("--host", default="127.0.0.1", help="address to bind (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=port, help=f"port to bind (default: {port})")
    parser.add_argument("--threads", type=int, default=threads, help=f"compute threads (default: {threads})")
    options = parser.parse_args()
    if not 1 <= options.port <= 65535:
        parser.error("--port must be between 1 and 65535")
    if options.threads < 1:
        parser.error("--threads must be at least 1")
    try:
        serve(options.host, options.port, options.threads)
    except StartError as exc:
        print(f"{name}: {exc}", file=sys.stderr)
        return 1
    return 0


def open_socket(host: str, port: int) -> socket.socket:
    """A bound socket. Raises StartError if the address is taken or not this machine's."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # The protocol is named, since asyncio switches Nagle's algorithm off only then; with it, each answer on a
        # connection that is kept open waits 40 ms for the client's delayed acknowledgement.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as exc:
        raise StartError(f"cannot listen on {host}:{port}: {exc.strerror or exc}") from exc
    return listener


def find_in_package(package: str, pattern: str) -> Path:
    """The first file of an installed package that matches the pattern. Raises StartError if there is none."""
    # find_spec locates the package without running its code, which may need what is not installed.
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec and spec.submodule_search_locations else []
    for folder in folders:
        for path in sorted(Path(folder).glob(pattern)):
            return path
    raise StartError(f"{pattern} of the package {package} is not installed; run: make setup")
