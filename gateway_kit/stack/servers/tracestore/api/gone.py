"""Endpoints of API version 1, which a new deployment has no more: 404 for everybody, with or without keys."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway_kit.stack.servers.tracestore.api.answers import JSON

GONE = (
    "This endpoint is not available on deployments running in Langfuse v4 events_only mode. "
    "Learn more about Langfuse v4 at: https://langfuse.com/docs/v4"
)
# Reads, and the writes of clients that are older than OpenTelemetry.
_PATHS = {
    "traces": ["GET", "POST"],
    "traces/{id}": ["GET"],
    "observations": ["GET"],
    "observations/{id}": ["GET"],
    "sessions": ["GET"],
    "sessions/{id}": ["GET"],
    "scores": ["GET"],
    "scores/{id}": ["GET"],
    "v2/scores": ["GET"],
    "v2/scores/{id}": ["GET"],
    "metrics": ["GET"],
    "metrics/daily": ["GET"],
    "spans": ["POST", "PATCH"],
    "generations": ["POST", "PATCH"],
    "events": ["POST"],
}


def gone_routes() -> list[Route]:
    """A route for each of them. Other methods are answered 405."""
    return [Route(f"/api/public/{path}", gone, methods=methods) for path, methods in _PATHS.items()]


async def gone(_: Request) -> Response:
    """404 and where to read more."""
    return JSON({"message": GONE}, 404)
