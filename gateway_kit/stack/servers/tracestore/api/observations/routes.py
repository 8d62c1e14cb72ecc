"""Where the handlers of this family are."""

from __future__ import annotations

from starlette.routing import Route

from gateway_kit.stack.servers.tracestore.api.observations.get_observations import list_observations
from gateway_kit.stack.servers.tracestore.api.observations.post_traces import post_traces
from gateway_kit.stack.servers.tracestore.api.paths import route


def routes() -> list[Route]:
    """A route for each path and method."""
    return [
        route("POST", "otel/v1/traces", post_traces),
        route("GET", "v2/observations", list_observations),
    ]
