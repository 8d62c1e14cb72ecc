"""The public API's routes. What is not among them is answered 404, a wrong method 405."""

from __future__ import annotations

from starlette.routing import Route

from gateway_kit.stack.servers.tracestore.api.deployment import read_routes
from gateway_kit.stack.servers.tracestore.api.gone import gone_routes
from gateway_kit.stack.servers.tracestore.api.post_traces import ingest_routes


def api_routes() -> list[Route]:
    """All routes below /api/public."""
    return [*ingest_routes(), *read_routes(), *gone_routes()]
