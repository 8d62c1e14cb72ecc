"""The address of a trace store and its keys. Internal."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gateway_kit.common.local_stack import read_local_stack
from gateway_kit.errors import KitError, SettingsError, TracingUnreachableError
from gateway_kit.litellm_api.connection import check_key

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class TraceConnection:
    """A project of a trace store: its address and the two keys."""

    url: str
    public_key: str = field(repr=False)
    secret_key: str = field(repr=False)

    def __post_init__(self) -> None:
        """Raise SettingsError for a key that cannot be sent in a header."""
        check_key("LANGFUSE_PUBLIC_KEY", self.public_key)
        check_key("LANGFUSE_SECRET_KEY", self.secret_key)

    @property
    def loopback(self) -> bool:
        """Whether it is on this machine, so that a proxy of the environment must not be used."""
        return urlsplit(self.url).hostname in _LOOPBACK


def resolve_tracing(services: Mapping[str, str]) -> TraceConnection:
    """The connection from the variables LANGFUSE_HOST (or LANGFUSE_BASE_URL), LANGFUSE_PUBLIC_KEY, LANGFUSE_SECRET_KEY.

    Raises SettingsError if one is missing or invalid.
    """
    url = (services.get("LANGFUSE_HOST") or services.get("LANGFUSE_BASE_URL") or "").strip()
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError("LANGFUSE_HOST", url.split("@")[-1], "must look like http://host:port")
    for name in ("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"):
        if not services.get(name):
            raise SettingsError(name, "", f"is needed for {url}: set it to a key of your project")
    return TraceConnection(
        url.rstrip("/"), services["LANGFUSE_PUBLIC_KEY"].strip(), services["LANGFUSE_SECRET_KEY"].strip()
    )


def unreachable(url: str, why: str) -> TracingUnreachableError:
    """The error for a trace store that does not answer."""
    advice = "Look at: gateway-kit status. Start it with: gateway-kit up. For a Langfuse elsewhere, set LANGFUSE_HOST."
    if urlsplit(url).hostname not in _LOOPBACK:
        advice = "Check LANGFUSE_HOST, and that this Langfuse runs. For the kit's own: unset it, then gateway-kit up."
    return TracingUnreachableError(f"No trace store answers at {url} ({why}). {advice}")


def log_of(url: str) -> str:
    """What to look at if the trace store at `url` failed: the kit's command shows only its own log."""
    if _is_own(url):
        return "gateway-kit logs tracing"
    return f"the log of the Langfuse at {url}"


def _is_own(url: str) -> bool:
    """Whether the local stack runs what answers at `url`."""
    try:
        # LANGFUSE_HOST of the environment would hide what the stack itself has written.
        stack = read_local_stack(
            {name: value for name, value in os.environ.items() if name != "LANGFUSE_HOST"}
        )
        own = urlsplit(stack.variables.get("LANGFUSE_HOST", ""))
        there = urlsplit(url)
        return stack.own_tracing and there.hostname in _LOOPBACK and there.port == own.port
    except (KitError, ValueError):
        return False
