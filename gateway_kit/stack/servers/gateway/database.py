"""LiteLLM's database client on a system without the program openssl."""

from __future__ import annotations

import ssl


def know_openssl() -> None:
    """Let the client read OpenSSL's version from this Python.

    It asks the program openssl, for the name of an engine that it would download; small systems have the library alone.
    """
    from prisma.binaries import platform

    platform.get_openssl = lambda: platform.parse_openssl_version(ssl.OPENSSL_VERSION)
