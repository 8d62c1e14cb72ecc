"""The services beside a gateway, as its parts: each opened, or the reason why it is not there. Internal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gateway_kit.errors import GatewayError, KitError, ProvidersError, TracingError
from gateway_kit.litellm_api.connection import Connection

_OWN_STACK = "use the kit's own stack: unset GATEWAY_URL, then run: gateway-kit up"

if TYPE_CHECKING:
    from gateway_kit.caching.cache import Cache
    from gateway_kit.gateway.client import Gateway
    from gateway_kit.gateway.providers import Providers
    from gateway_kit.gateway.stack import StackClient
    from gateway_kit.tracing.client import Tracing


def open_cache(gateway: Gateway) -> Cache:
    """The gateway's cache; without its Redis, what needs none of it. Raises CacheError if Redis does not answer."""
    from gateway_kit.caching.cache import Cache, CacheWithoutRedis

    address = gateway.connection.services.get("REDIS_URL")
    if address is None:
        return CacheWithoutRedis(_not_there(gateway.connection, "REDIS_URL", "The cache's entries are"))
    cache = Cache(address, gateway)
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


def open_providers(gateway: Gateway) -> Providers:
    """The provider simulator, if the gateway's calls go to it. Raises ProvidersError."""
    from gateway_kit.gateway.providers import Providers

    url = gateway.connection.services.get("PROVIDERS_URL")
    if url is None:
        missing = _not_there(gateway.connection, "PROVIDERS_URL", "gateway.providers is")
        raise ProvidersError(f"{missing} Without one, go on with the next cell or {_OWN_STACK}")
    # The local stack's own simulator is behind its gateway. Any other one may be somebody else's.
    if not gateway.connection.local or os.environ.get("PROVIDERS_URL"):
        _check_behind(gateway, url)
    return Providers(url)


def _check_behind(gateway: Gateway, url: str) -> None:
    """Raise ProvidersError unless a deployment of the gateway has the simulator's address."""
    try:
        behind = bool(gateway.models.list()["simulated"].any())
    except GatewayError as exc:
        raise ProvidersError(f"Whether {url} is behind {gateway.url} cannot be told: {exc}") from exc
    if not behind:
        raise ProvidersError(
            f"The simulator at {url} is not behind {gateway.url}: none of its models has that address, so its journal "
            "has none of your calls and a fault there would hit others. Set PROVIDERS_URL to the simulator that this "
            "gateway's models use (gateway.models.list() has their api_base), or unset it"
        )


def open_stack(connection: Connection) -> StackClient:
    """The stack around the gateway. Raises StackError."""
    from gateway_kit.gateway.stack import StackClient

    known = {} if connection.local else {"GATEWAY_URL": connection.url}
    return StackClient({**os.environ, **known})


def _address(connection: Connection, variable: str, part: str, error: type[KitError]) -> str:
    if value := connection.services.get(variable):
        return value
    raise error(_not_there(connection, variable, f"{part} is"))


def _not_there(connection: Connection, variable: str, what: str) -> str:
    return (
        f"{what} not there: {connection.url} is not the local stack's gateway, and {variable} is not set. "
        "Set it to the address of that service."
    )
