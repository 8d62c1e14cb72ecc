"""The program: command line, start, stop.

Exit code 0 after SIGTERM or SIGINT, 1 if it cannot start, 2 if the command line is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import uvicorn

from gateway_kit.stack.servers.quiet_server import QuietServer
from gateway_kit.stack.servers.tracestore.app import build_app
from gateway_kit.stack.servers.tracestore.config import Config, ConfigError, read_config
from gateway_kit.stack.servers.tracestore.store.schema import create_tables

DATABASE_WAIT_S = 30.0


class StartError(Exception):
    """The program cannot start; the message goes to the log."""


def open_socket(host: str, port: int) -> socket.socket:
    """A listening socket. Raises StartError if the address is taken or not available."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # IPPROTO_TCP is named because asyncio disables Nagle's algorithm only on sockets created with it. With the
        # algorithm, each answer on a kept connection waits 40 ms for the client's delayed acknowledgement.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)  # a second program then fails before it touches the tables
    except OSError as exc:
        raise StartError(
            f"cannot listen on {host}:{port}: {exc.strerror or exc}; choose another --port, or end its owner"
        ) from exc
    return listener


def prepare_database(url: str, wait_s: float = DATABASE_WAIT_S) -> None:
    """Create missing tables once the server answers. Raises StartError after `wait_s`, or at once if it refuses."""
    deadline = time.monotonic() + wait_s
    while True:
        try:
            with psycopg.connect(url, connect_timeout=5) as connection:
                create_tables(connection)
            return
        except psycopg.OperationalError as exc:
            reason = str(exc).strip().splitlines()[-1] if str(exc).strip() else type(exc).__name__
            # Without an SQLSTATE the server does not listen yet; 57P03: it is starting. Other errors will not go away.
            final = exc.sqlstate not in (None, "57P03") or "password authentication failed" in reason
            if final or "does not exist" in reason or time.monotonic() > deadline:
                raise StartError(
                    f"cannot use the database: {reason}; start PostgreSQL and check TRACESTORE_DATABASE_URL"
                ) from exc
            time.sleep(0.1)
        except psycopg.Error as exc:
            raise StartError(f"cannot prepare the database: {str(exc).strip()}") from exc


async def _serve(config: Config, listener: socket.socket) -> None:
    app = build_app(config)
    trim_memory()  # parsing LiteLLM's price map takes ten times the memory of the table
    server = QuietServer(
        uvicorn.Config(
            app,
            http="h11",
            loop="uvloop",
            log_level="warning",
            access_log=False,
            server_header=False,
            backlog=1024,
            # Exporters send every 5 s on a kept connection, which must not be closed at that moment.
            timeout_keep_alive=120,
            timeout_graceful_shutdown=5,
        )
    )
    await server.serve(sockets=[listener])


def serve(config: Config) -> None:
    """Run until SIGTERM or SIGINT. Raises StartError if it cannot start."""
    started_s = time.monotonic()
    keep_memory_small()
    listener = open_socket(config.host, config.port)
    prepare_database(config.database_url)
    trim_memory()
    kept = "forever" if config.retain_days is None else f"for {config.retain_days} days"
    print(
        f"tracestore: serving http://{config.host}:{config.port}, traces are kept {kept} "
        f"({time.monotonic() - started_s:.1f} s)",
        flush=True,
    )
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(_serve(config, listener))
    print("tracestore: stopped", flush=True)


def keep_memory_small() -> None:
    """Make glibc return freed blocks of 128 KiB and more to the system, and use at most two arenas."""
    with contextlib.suppress(OSError, AttributeError):  # other C libraries have no mallopt
        libc = ctypes.CDLL(None)
        libc.mallopt(-3, 131072)  # M_MMAP_THRESHOLD, bytes
        libc.mallopt(-8, 2)  # M_ARENA_MAX


def trim_memory() -> None:
    """Return free blocks to the system now."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _new_loop() -> asyncio.AbstractEventLoop:
    import uvloop  # only the program needs it

    return uvloop.new_event_loop()


def _between(least: int, most: int) -> Callable[[str], int]:
    def whole_number(text: str) -> int:
        number = int(text)
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"must be between {least} and {most}")
        return number

    return whole_number


def parse_arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line; exits with 2 if it is wrong."""
    parser = argparse.ArgumentParser(
        prog="tracestore",
        description="A trace store with Langfuse's public API. Secrets come from the environment: "
        "TRACESTORE_DATABASE_URL, LANGFUSE_PUBLIC_KEY, LANGFUSE_SECRET_KEY, LANGFUSE_INIT_USER_PASSWORD.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to bind (default: %(default)s)")
    add("--port", type=_between(1, 65535), default=3001, help="port to bind (default: %(default)s)")
    add("--retain-days", type=_between(1, 36500), metavar="N", help="delete older traces (default: keep all)")
    add("--media-dir", type=Path, metavar="DIR", help="where media are kept (default: they are not)")
    add(
        "--max-media-mb", type=_between(1, 1024**2), default=2048, metavar="N",
        help="limit of all media together (default: %(default)s)",
    )  # fmt: skip
    add(
        "--max-body-mb", type=_between(1, 256), default=16, metavar="N",
        help="limit of a request body, also when decompressed (default: %(default)s)",
    )  # fmt: skip
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Exit code 0 after a stop by signal, 1 if the program cannot start."""
    arguments = vars(parse_arguments(argv))
    limits = {
        "max_body_bytes": arguments.pop("max_body_mb") * 1024 * 1024,
        "max_media_bytes": arguments.pop("max_media_mb") * 1024 * 1024,
    }
    try:
        serve(read_config(os.environ, **limits, **arguments))
    except (StartError, ConfigError) as exc:
        print(f"tracestore: {exc}", file=sys.stderr)
        return 1
    return 0
