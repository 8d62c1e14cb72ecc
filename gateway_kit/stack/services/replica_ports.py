"""Which port each replica of the gateway has: the one it runs on, or one that nobody has."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from gateway_kit.errors import StackError
from gateway_kit.settings import Settings
from gateway_kit.stack.replicas import replica_names, replica_ports
from gateway_kit.stack.supervisor import orphans, ports, process
from gateway_kit.stack.supervisor.record import StackRecord


def gateway_ports(settings: Settings, record: StackRecord) -> dict[str, int]:
    """The port of each gateway that the record wants. A replica that runs keeps its own.

    A rolling restart may have moved it. Where too few ports are free, the last replicas get some that others hold, so
    that the error can say who holds them.
    """
    names = replica_names(record.replicas)
    if record.replicas == 1:
        return {"gateway": settings.port("gateway")}
    pool = replica_ports(settings)
    kept = {
        name: entry.port
        for name, entry in record.services.items()
        if name in names and entry.port in pool and process.alive(entry.process) is not None
    }
    others = _recorded(record) - set(kept.values())
    left = [port for port in pool if port not in kept.values() and port not in others]
    usable = [port for port in left if _usable(port, settings.home)]
    queue = iter([*usable, *(port for port in left if port not in usable), *sorted(others)])
    return {name: kept[name] if name in kept else next(queue) for name in names}


def spare_port(settings: Settings, record: StackRecord, *, besides: Collection[int] = ()) -> int:
    """A port for a gateway that replaces another: of the replicas' ports one that nobody has or is about to have.

    Raises StackError if there is none.
    """
    taken = _recorded(record) | set(besides)
    pool = replica_ports(settings)
    for port in pool:
        if port not in taken and ports.is_free(port):
            return port
    raise StackError(
        f"None of the ports {pool[0]} to {pool[-1]} is free for the new gateway beside the old one. To see who uses "
        "them: ss -ltnp"
    )


def _recorded(record: StackRecord) -> set[int]:
    """Ports of the recorded services that live."""
    return {entry.port for entry in record.services.values() if process.alive(entry.process) is not None}


def _usable(port: int, home: Path) -> bool:
    """Whether nobody has a port, or an orphan of this stack, which a start ends."""
    return ports.is_free(port) or orphans.holds_port(port, home) is not None
