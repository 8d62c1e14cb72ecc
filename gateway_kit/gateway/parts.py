"""The services beside a gateway, as its parts: each opened, or the reason why it is not there. Internal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gateway_kit.errors import CacheError, KitError, ProvidersError, TracingError
from gateway_kit.litellm_api.connection import Connection

if TYPE_CHECKING:
    from gateway_kit.caching.cache import Cache
    from gateway_kit.gateway.client import Gateway
    from gateway_kit.gateway.providers import Providers
    from gateway_kit.gateway.stack import StackClient
    from gateway_kit.tracing.client import Tracing


def open_cache(gateway: Gateway) -> Cache:
    """The gateway's cache. Raises CacheError."""
    from gateway_kit.caching.cache import Cache

    cache = Cache(_address(gateway.connection, "REDIS_URL", "gateway.cache", CacheError), gateway)
    cache.check_reachable()
    return cache


def open_tracing(connection: Connection) -> Tracing:
    """The project that the gateway's traces go to. Raises TracingError."""
    from gateway_kit.tracing.client import connect_tracing

    services = dict(connection.services)
    services.setdefault("LANGFUSE_HOST", services.pop("LANGFUSE_BASE_URL", ""))
    if connection.local and not services["LANGFUSE_HOST"]:
        raise TracingError(
            "gateway.tracing is not there: the local stack runs without tracing. "
            "Start it with: gateway-kit up --tracing embedded"
        )
    if not services["LANGFUSE_HOST"]:
        _address(connection, "LANGFUSE_HOST", "gateway.tracing", TracingError)
    return connect_tracing(services)


def open_providers(connection: Connection) -> Providers:
    """The provider simulator. Raises ProvidersError."""
    from gateway_kit.gateway.providers import Providers

    return Providers(_address(connection, "PROVIDERS_URL", "gateway.providers", ProvidersError))


def open_stack(connection: Connection) -> StackClient:
    """The stack around the gateway. Raises StackError."""
    from gateway_kit.gateway.stack import StackClient

    known = {} if connection.local else {"GATEWAY_URL": connection.url}
    return StackClient({**os.environ, **known})


def _address(connection: Connection, variable: str, part: str, error: type[KitError]) -> str:
    if value := connection.services.get(variable):
        return value
    raise error(
        f"{part} is not there: {connection.url} is not the local stack's gateway, and {variable} is not set. "
        "Set it to the address of that service."
    )
