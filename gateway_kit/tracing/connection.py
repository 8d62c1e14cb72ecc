"""Which trace store to talk to, and with which keys."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gateway_kit.common.local_stack import read_local_stack
from gateway_kit.errors import SettingsError, TracingUnreachableError

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class TraceConnection:
    """A project of a trace store: its address and the two keys."""

    url: str
    public_key: str = field(repr=False)
    secret_key: str = field(repr=False)

    def __post_init__(self) -> None:
        """Raises SettingsError for a key that no header can carry."""
        for name, key in (("LANGFUSE_PUBLIC_KEY", self.public_key), ("LANGFUSE_SECRET_KEY", self.secret_key)):
            if not (key.isascii() and key.isprintable() and " " not in key):
                why = "a key has letters, digits and signs of ASCII only, and no space"
                raise SettingsError(name, "***", why)

    @property
    def loopback(self) -> bool:
        """Whether it is on this machine: then a proxy of the environment would only be in the way."""
        return urlsplit(self.url).hostname in _LOOPBACK


def resolve_tracing(environ: Mapping[str, str] | None = None) -> TraceConnection:
    """The connection by the environment, else by the local stack's state folder.

    | variable            | meaning                                            |
    |---------------------|----------------------------------------------------|
    | LANGFUSE_HOST       | Langfuse's address; LANGFUSE_BASE_URL means the same |
    | LANGFUSE_PUBLIC_KEY | the project's public key                           |
    | LANGFUSE_SECRET_KEY | the project's secret key                           |

    Where an address is given, the local stack's keys are not used: they would go to a stranger. Raises
    SettingsError where an address is known and a key is not, TracingUnreachableError where the stack runs without
    tracing.
    """
    env = os.environ if environ is None else environ
    url = (env.get("LANGFUSE_HOST") or env.get("LANGFUSE_BASE_URL") or "").strip()
    given: Mapping[str, str] = env
    if not url:
        given = read_local_stack(env).variables
        url = given.get("LANGFUSE_HOST", "")
        if not url:
            raise TracingUnreachableError(
                "The local stack runs without tracing. Start it with: gateway-kit up --tracing embedded. "
                "For a Langfuse elsewhere, set LANGFUSE_HOST, LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY."
            )
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError("LANGFUSE_HOST", url.split("@")[-1], "must look like http://host:port")
    for name in ("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"):
        if not given.get(name):
            raise SettingsError(name, "", f"is needed for {url}: set it to a key of your project")
    return TraceConnection(
        url.rstrip("/"), given["LANGFUSE_PUBLIC_KEY"].strip(), given["LANGFUSE_SECRET_KEY"].strip()
    )


def unreachable(url: str, why: str) -> TracingUnreachableError:
    """The error for a trace store that does not answer."""
    return TracingUnreachableError(
        f"No trace store answers at {url} ({why}). Look at: gateway-kit status. Start it with: gateway-kit up. "
        "For a Langfuse elsewhere, set LANGFUSE_HOST."
    )
