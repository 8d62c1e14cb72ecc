"""Paths of version 1 of the API, which a new deployment no longer has."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway_kit.stack.servers.tracestore.api.answers import JSON
from gateway_kit.stack.servers.tracestore.api.paths import route

# Reads, the writes of clients older than OpenTelemetry, and runs of datasets.
_GONE = {
    "traces": "GET POST",
    "traces/{id}": "GET",
    "observations": "GET",
    "observations/{id}": "GET",
    "sessions": "GET",
    "sessions/{id}": "GET",
    "scores": "GET",
    "scores/{id}": "GET",
    "v2/scores": "GET",
    "v2/scores/{id}": "GET",
    "metrics": "GET",
    "metrics/daily": "GET",
    "spans": "POST PATCH",
    "generations": "POST PATCH",
    "events": "POST",
    "datasets/{name}/runs": "GET",
    "datasets/{name}/runs/{run_name}": "GET DELETE",
    "dataset-run-items": "GET",
}
# What Langfuse still has there, and the store has not.
_ABSENT = {"traces": "DELETE", "traces/{id}": "DELETE"}
_GONE_MESSAGE = (
    "This endpoint is not available on deployments running in Langfuse v4 events_only mode. "
    "Learn more about Langfuse v4 at: https://langfuse.com/docs/v4"
)


def routes() -> list[Route]:
    """A route for each path."""
    gone = [route(methods, path, _gone) for path, methods in _GONE.items()]
    return [*gone, *(route(methods, path, _absent) for path, methods in _ABSENT.items())]


async def _absent(_: Request) -> Response:
    """404, as for a path that is not there at all."""
    raise HTTPException(404)


async def _gone(_: Request) -> Response:
    """404 for every caller, with or without keys."""
    return JSON({"message": _GONE_MESSAGE}, 404)
