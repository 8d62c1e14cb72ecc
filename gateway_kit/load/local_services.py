"""The local stack's services as a load sees them: their processes, and how many gateways there are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from gateway_kit.errors import LoadError
from gateway_kit.gateway.client import Gateway

if TYPE_CHECKING:
    from gateway_kit.stack.stack import Stack

# Whose CPU time is counted, in the order of a call's way.
COUNTED = ("balancer", "gateway", "query_engine", "postgres", "redis", "tracing", "providers", "load")
_LOAD_GENERATOR = "gateway_kit.stack.servers.load_generator"
_QUERY_ENGINE = "query_engine.mjs"


@dataclass(frozen=True)
class LocalServices:
    """The services of the stack that a gateway belongs to.

    roots     service → its process ids; the gateways together are `gateway`
    replicas  how many gateways there are
    workers   processes of each gateway that answer requests
    """

    roots: Mapping[str, tuple[int, ...]]
    replicas: int
    workers: int

    def processes(self) -> dict[str, list[psutil.Process]]:
        """The processes of each of `COUNTED` that runs here, with those that they started."""
        found: dict[str, list[psutil.Process]] = {}
        for service, pids in self.roots.items():
            for member in _trees(pids):
                found.setdefault(_counted_as(service, member), []).append(member)
        found["load"] = [
            psutil.Process(),
            *(p for p in _trees([os.getpid()]) if _LOAD_GENERATOR in _command(p)),
        ]
        return found


def local_services(gateway: Gateway) -> LocalServices | None:
    """The services around a gateway; None for a gateway that the local stack does not run."""
    if not gateway.connection.local:
        return None
    stack = stack_of()
    from gateway_kit.stack.replicas import is_gateway

    record = stack.record()
    roots: dict[str, tuple[int, ...]] = {}
    for name, service in record.services.items():
        counted = "gateway" if is_gateway(name) else name
        if counted in COUNTED:
            roots[counted] = (*roots.get(counted, ()), service.process.pid)
    return LocalServices(roots, max(len(roots.get("gateway", ())), 1), record.workers)


def replica_urls() -> list[str]:
    """The addresses of the local stack's gateways themselves, without the load balancer's."""
    stack = stack_of()
    from gateway_kit.stack.replicas import is_gateway

    return [entry.url for name, entry in sorted(stack.record().services.items()) if is_gateway(name)]


def stack_of() -> Stack:
    """The local stack. Raises LoadError if what it needs is not installed."""
    try:
        from gateway_kit.stack.stack import Stack
    except ModuleNotFoundError as exc:
        raise LoadError(
            f"The local stack cannot be inspected: the package {exc.name} is not installed. "
            "Run: pip install 'gateway-kit[stack]'"
        ) from exc
    return Stack()


def _trees(pids: Iterable[int]) -> list[psutil.Process]:
    members: list[psutil.Process] = []
    for pid in pids:
        try:
            root = psutil.Process(pid)
            members += [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:  # it has ended meanwhile
            continue
    return members


def _counted_as(service: str, process: psutil.Process) -> str:
    """The gateway's query engines, which are programs of their own, are counted apart."""
    is_engine = service == "gateway" and any(word.endswith(_QUERY_ENGINE) for word in _command(process))
    return "query_engine" if is_engine else service


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []
