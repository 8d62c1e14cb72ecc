"""Keeps this process's Python code to this machine: an audit hook refuses other addresses, and looking up names.

For a rehearsal where the system has no better way. It sees what goes through Python's own sockets; the event loop has
to be asyncio's, since uvloop opens connections by itself.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from typing import Any

VARIABLE = "GATEWAY_LOOPBACK_ONLY"

_LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
_SENDS = ("socket.connect", "socket.sendto", "socket.sendmsg")


def wanted() -> bool:
    """Whether the environment asks for it."""
    return bool(os.environ.get(VARIABLE))


def stay_here() -> None:
    """Install the hook; there is no way to take it off."""
    sys.addaudithook(_check)


def _check(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _SENDS:
        address = arguments[1]
        if isinstance(address, tuple) and not is_loopback(address[0]):
            raise PermissionError(f"The rehearsal lets nothing out, and this would go to {address[0]}")
    elif event in _LOOKUPS and not (is_loopback(arguments[0]) or _is_number(arguments[0])):
        raise PermissionError(f"The rehearsal lets nothing out, and {arguments[0]} is another machine")


def is_loopback(host: Any) -> bool:
    """Whether a host, as Python's sockets take it, is this machine."""
    if host is None or host in ("", b"", "localhost", b"localhost"):
        return True
    number = _number(host)
    if number is None:
        return False
    mapped = number.ipv4_mapped if isinstance(number, ipaddress.IPv6Address) else None
    return (mapped or number).is_loopback


def _is_number(host: Any) -> bool:
    return _number(host) is not None


def _number(host: Any) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
