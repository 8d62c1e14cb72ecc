"""The routes of the public API, except metrics. Other paths are answered with 404, wrong methods with 405."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway_kit.stack.servers.tracestore.api.answers import JSON
from gateway_kit.stack.servers.tracestore.api.deployment import health, projects, ready
from gateway_kit.stack.servers.tracestore.api.get_models import get_model, list_models
from gateway_kit.stack.servers.tracestore.api.get_observations import list_observations
from gateway_kit.stack.servers.tracestore.api.get_scores import list_scores
from gateway_kit.stack.servers.tracestore.api.post_scores import post_events, post_score
from gateway_kit.stack.servers.tracestore.api.post_traces import post_traces

_PATH = "/api/public"
_WRITES = {"otel/v1/traces": post_traces, "ingestion": post_events, "scores": post_score}
_READS = {
    "health": health,
    "ready": ready,
    "projects": projects,
    "models": list_models,
    "models/{model_id}": get_model,
    "v2/observations": list_observations,
    "v3/scores": list_scores,
}
# Of API version 1, which a new deployment no longer has: reads, and the writes of clients older than OpenTelemetry.
_GONE = {
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
_GONE_MESSAGE = (
    "This endpoint is not available on deployments running in Langfuse v4 events_only mode. "
    "Learn more about Langfuse v4 at: https://langfuse.com/docs/v4"
)


def api_routes() -> list[Route]:
    """A route for each path and method."""
    return [
        *(Route(f"{_PATH}/{path}", handler, methods=["POST"]) for path, handler in _WRITES.items()),
        *(Route(f"{_PATH}/{path}", handler, methods=["GET"]) for path, handler in _READS.items()),
        *(Route(f"{_PATH}/{path}", _gone, methods=methods) for path, methods in _GONE.items()),
    ]


async def _gone(_: Request) -> Response:
    """404 for every caller, with or without keys."""
    return JSON({"message": _GONE_MESSAGE}, 404)
