"""The names and ports of a stack with several gateways, the replicas, behind one load balancer.

With one gateway there is the service `gateway` on the gateway's port. With more, `balancer` has that port, so that no
client needs to know, and `gateway-1`, `gateway-2` and so on have ports after it.
"""

from __future__ import annotations

import re

from gateway_kit.settings import SERVICES, Settings

BALANCER = "balancer"

# Ports of replicas, counted from the gateway's: one more than there may be replicas, for a replica that is replaced by
# a new one beside it. The next one is the balancer's own API. The simulator's comes after that.
PORTS = range(1, 9)
MAX_REPLICAS = len(PORTS) - 1
API_PORT = PORTS.stop

_REPLICA = re.compile(r"gateway-[1-9]\d*")


def replica_names(count: int) -> tuple[str, ...]:
    """The gateways' service names: `gateway` alone, or `gateway-1` to `gateway-N`."""
    return ("gateway",) if count == 1 else tuple(f"gateway-{number}" for number in range(1, count + 1))


def front_name(count: int) -> str:
    """The service at the gateway's port, which clients use: the gateway, or the balancer before its replicas."""
    return "gateway" if count == 1 else BALANCER


def service_names(count: int) -> tuple[str, ...]:
    """Every service of a stack with so many gateways, in the order of `gateway-kit status`."""
    gateways = replica_names(count)
    front = gateways if count == 1 else (BALANCER, *gateways)
    return (*front, *(name for name in SERVICES if name != "gateway"))


def essential(count: int) -> tuple[str, ...]:
    """The services without which no call is answered; of several gateways one will do."""
    return ("postgres", "redis", *replica_names(count), *((BALANCER,) if count > 1 else ()))


def is_gateway(name: str) -> bool:
    """Whether a service is the gateway that clients use, or one of its replicas; the semantic one is another."""
    return name == "gateway" or is_replica(name)


def is_replica(name: str) -> bool:
    """Whether a service is one of several gateways behind a balancer."""
    return _REPLICA.fullmatch(name) is not None


def replica_ports(settings: Settings) -> list[int]:
    """The ports that replicas may have."""
    return [settings.port("gateway") + number for number in PORTS]


def api_port(settings: Settings) -> int:
    """The port of the balancer's own API, which says what it sends requests to."""
    return settings.port("gateway") + API_PORT
