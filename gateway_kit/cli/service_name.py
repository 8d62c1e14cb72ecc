"""The name of a service as an argument of a command."""

from __future__ import annotations

import click

from gateway_kit.settings import SERVICES


class ServiceName(click.Choice[str]):
    """One of the services; also `balancer` and `gateway-2`, which a stack with several gateways has."""

    def __init__(self) -> None:
        super().__init__(SERVICES)

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name; raises click.BadParameter for any other."""
        from gateway_kit.stack.replicas import BALANCER, MAX_REPLICAS, replica_names

        return (
            value if value in (BALANCER, *replica_names(MAX_REPLICAS)) else super().convert(value, param, ctx)
        )
