"""LiteLLM's database client: on a system without the program openssl, and on one with other users."""

from __future__ import annotations

import os
import secrets
import ssl
from typing import Any

VARIABLE = "QUERY_ENGINE_TOKEN"


def know_openssl() -> None:
    """Let the client read OpenSSL's version from this Python.

    It asks the program openssl, for the name of an engine that it would download; small systems have the library alone.
    """
    from prisma.binaries import platform

    platform.get_openssl = lambda: platform.parse_openssl_version(ssl.OPENSSL_VERSION)


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
