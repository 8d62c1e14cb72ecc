"""Where the handlers of this family are."""

from __future__ import annotations

from starlette.routing import Route

from gateway_kit.stack.servers.tracestore.api.connections import connections
from gateway_kit.stack.servers.tracestore.api.paths import route


def routes() -> list[Route]:
    """A route for each path and method."""
    return [
        route("GET", "llm-connections", connections.list_connections),
        route("PUT", "llm-connections", connections.put),
        route("DELETE", "llm-connections/{id}", connections.remove),
    ]
