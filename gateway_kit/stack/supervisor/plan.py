"""What `up` will do, from what is recorded and what is wanted: which services to stop, start and adopt."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from gateway_kit.stack.replicas import BALANCER, is_gateway
from gateway_kit.stack.supervisor import process
from gateway_kit.stack.supervisor.process import Service
from gateway_kit.stack.supervisor.record import StackRecord, owner


@dataclass(frozen=True)
class Plan:
    """Names of services: to stop (in this order), to start, and to adopt if they answer."""

    stop: tuple[str, ...]
    start: tuple[str, ...]
    adopt: tuple[str, ...]


def make_plan(services: Mapping[str, Service], record: StackRecord, restart: Collection[str] = ()) -> Plan:
    """What `up` will do: recorded services that changed are restarted, those that are not wanted any more are stopped.

    `restart` names services to restart although they have not changed.
    """
    running = {name for name, entry in record.services.items() if process.alive(entry.process) is not None}
    same = {n for n in running & set(services) if record.services[n].identity == services[n].identity} - set(
        restart
    )
    unwanted = {name for name in running - set(services) if owner(name) == "stack"}
    return Plan(
        stop=tuple(
            name for name in stop_order(record) if name in (running & set(services)) - same | unwanted
        ),
        start=tuple(name for name in services if name not in same),
        adopt=tuple(name for name in services if name in same),
    )


def stop_order(record: StackRecord) -> list[str]:
    """The recorded services, what clients call first, and the services that gateways need last."""
    programs = sorted(name for name in record.services if owner(name) == "program")
    gateways = sorted(name for name in record.services if is_gateway(name))
    order = (
        "lab", *programs, "semantic", BALANCER, "standby", "replaced", *gateways, "tracing",
        "providers", "chat-model", "embeddings", "redis", "postgres",
    )  # fmt: skip
    return [name for name in order if name in record.services]
