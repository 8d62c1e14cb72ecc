"""LiteLLM's database client: on a system without the program openssl, on a slow one, and on one with other users."""

from __future__ import annotations

import os
import secrets
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

VARIABLE = "QUERY_ENGINE_TOKEN"


def know_openssl() -> None:
    """Let the client read OpenSSL's version from this Python.

    It asks the program openssl, for the name of an engine that it would download; small systems have the library alone.
    """
    from prisma.binaries import platform

    platform.get_openssl = lambda: platform.parse_openssl_version(ssl.OPENSSL_VERSION)


def wait_for_engines(times: float) -> None:
    """Give an engine so many times as long to start as the client does, which is ten seconds."""
    from prisma.engine.query import QueryEngine

    spawn = QueryEngine.spawn

    def spawn_and_wait(engine: QueryEngine, file: Path, timeout: timedelta, **more: Any) -> Any:
        return spawn(engine, file, timeout=timeout * times, **more)

    QueryEngine.spawn = spawn_and_wait  # type: ignore[method-assign, assignment]  # its own, and longer


def keep_engines_to_itself() -> None:
    """Let the query engines that this process starts answer to nobody else, and be asked at little cost.

    An engine executes any SQL, on a port that every user of the machine can reach. It reads the token in its
    environment, which no other user can.
    """
    from prisma.engine.query import QueryEngine

    from gateway_kit.stack.servers.gateway.engine_calls import EngineHTTP

    token = secrets.token_urlsafe(32)
    os.environ[VARIABLE] = token
    make = QueryEngine.__init__

    def make_signing(engine: QueryEngine, **options: Any) -> None:
        make(engine, **options)
        engine.session = EngineHTTP({"Authorization": f"Bearer {token}"})  # type: ignore[assignment]  # as far as it is used

    QueryEngine.__init__ = make_signing  # type: ignore[method-assign, assignment]  # its own, and more
