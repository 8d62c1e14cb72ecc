"""Whether a connection's base URL may be called: as in Langfuse, only hosts of the internet."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit

from gateway_kit.stack.servers.tracestore.api.errors import invalid_request

_BLOCKED_NAMES = ("localhost", "internal", "intranet")  # and all below them
_LOOKUP_S = 3.0


async def check_base_url(url: str) -> None:
    """Raise Refusal 400 for a URL that leads into this machine's network, or nowhere."""
    parts = urlsplit(url.strip())
    if parts.scheme.lower() not in ("http", "https"):
        raise invalid_request("Invalid baseURL: Only HTTP and HTTPS protocols are allowed")
    if parts.username is not None or parts.password is not None:
        message = "URL credentials are not allowed. Use authentication headers instead."
        raise invalid_request(f"Invalid baseURL: {message}")
    host = (parts.hostname or "").lower()
    if host in _BLOCKED_NAMES or host.endswith(tuple(f".{name}" for name in _BLOCKED_NAMES)):
        raise invalid_request("Invalid baseURL: Blocked hostname detected")
    try:
        addresses = [str(ipaddress.ip_address(host))]
    except ValueError:
        addresses = await _resolved(host)
    if not all(ipaddress.ip_address(address.split("%")[0]).is_global for address in addresses):
        raise invalid_request("Invalid baseURL: Blocked IP address detected")


async def _resolved(host: str) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        found = await asyncio.wait_for(loop.getaddrinfo(host, None, type=socket.SOCK_STREAM), _LOOKUP_S)
    except (OSError, UnicodeError, TimeoutError):
        raise invalid_request(f"Invalid baseURL: DNS lookup failed for {host}") from None
    return [str(address[0]) for *_, address in found]
