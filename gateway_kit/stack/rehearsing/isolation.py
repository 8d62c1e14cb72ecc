"""What keeps a rehearsal's processes from the network, as well as this system allows.

| way        | what the processes, and all that they start, can reach                                             |
|------------|----------------------------------------------------------------------------------------------------|
| namespaces | loopback: they have no other interface, and end with the first of them                             |
| network    | loopback, likewise; the keeper ends the processes                                                  |
| rules      | TCP to the rehearsal's ports and to those that the system gives to clients, and nothing else; the  |
|            | gateway's Python code loopback only                                                                |
| hook       | the gateway's Python code loopback only; other programs whatever they like                         |
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal, get_args

from gateway_kit.settings import BASE_PORTS
from gateway_kit.stack.rehearsing import namespaces
from gateway_kit.stack.rehearsing.rules import enter_rules

Way = Literal["namespaces", "network", "rules", "hook"]
WAYS: tuple[Way, ...] = get_args(Way)
# In the environment of a program that the keeper runs: the way in force, and the ports that it is for.
VARIABLE, OFFSET = "REHEARSAL_ISOLATION", "REHEARSAL_PORT_OFFSET"
# Has the gateway's program install its hook.
HOOK = "GATEWAY_LOOPBACK_ONLY"

# Ports after the gateway's, for a second gateway while one takes over from another.
_SPARE = 10

_WORDS: Mapping[str, str] = {
    "namespaces": "a network namespace: the rehearsal's processes had no interface but loopback",
    "network": "a network namespace: the rehearsal's processes had no interface but loopback",
    "rules": (
        "Landlock and seccomp, since this system allows no network namespace: the rehearsal's processes could send "
        "nothing but TCP, to their own ports and to the ports from {first} to {last}; and a hook in the gateway "
        "refused its Python code all addresses but loopback"
    ),
    "hook": (
        "a hook in the gateway alone, since this system allows neither a network namespace nor Landlock's rules for "
        "ports: it refused the gateway's Python code all addresses but loopback. Other code, such as programs that the "
        "configuration's modules start, was not kept from the network"
    ),
}


def best_way() -> Way:
    """The best way that works here; each is tried in a process of its own."""
    tries = {
        "namespaces": namespaces.try_processes,
        "network": namespaces.enter_network,
        "rules": lambda: enter_rules([]),
    }
    return next((way for way in WAYS if way in tries and not namespaces.works(tries[way])), "hook")


def enter(way: Way, port_offset: int) -> None:
    """Close the network for this process and all that it starts. Raises OSError."""
    if way == "network":
        namespaces.enter_network()
    elif way == "rules":
        enter_rules(_ports(port_offset))


def in_words(environ: Mapping[str, str] = os.environ) -> str:
    """What is in force, for the report."""
    first, last = client_ports()
    return _WORDS.get(environ.get(VARIABLE, ""), "nothing").format(first=first, last=last)


def gateway_env(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What the gateway's program has to know of it."""
    return {HOOK: "1"} if environ.get(VARIABLE) in ("rules", "hook") else {}


def port_offset(environ: Mapping[str, str] = os.environ) -> int | None:
    """The offset that the rules are for; None if any will do."""
    text = environ.get(OFFSET)
    return None if text is None else int(text)


def client_ports() -> tuple[int, int]:
    """The first and the last port that the system gives to clients, and to servers that ask for any."""
    with suppress(OSError, ValueError):
        first, last = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
        return int(first), int(last)
    return 32768, 60999


def _ports(port_offset: int) -> Iterator[int]:
    first, last = client_ports()
    yield from range(first, last + 1)  # the database engine and the load generator take any
    for name, port in BASE_PORTS.items():
        own = port + port_offset
        yield from range(own, own + (_SPARE if name == "gateway" else 1))
