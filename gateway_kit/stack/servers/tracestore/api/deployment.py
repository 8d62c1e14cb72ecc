"""GET endpoints of the public API: what is the store's own, and the routes to the rest."""

from __future__ import annotations

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway_kit.stack.servers.tracestore.api.answers import JSON
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.get_models import get_model, list_models
from gateway_kit.stack.servers.tracestore.api.get_observations import list_observations
from gateway_kit.stack.servers.tracestore.api.get_scores import list_scores
from gateway_kit.stack.servers.tracestore.config import Config
from gateway_kit.stack.servers.tracestore.metrics.get_metrics import get_metrics

API_VERSION = "4.16.0"  # of the Langfuse whose answers these are


def read_routes() -> list[Route]:
    """The routes of what can be read."""
    return [
        Route("/api/public/health", health, methods=["GET"]),
        Route("/api/public/ready", ready, methods=["GET"]),
        Route("/api/public/projects", projects, methods=["GET"]),
        Route("/api/public/models", list_models, methods=["GET"]),
        Route("/api/public/models/{model_id}", get_model, methods=["GET"]),
        Route("/api/public/v2/observations", list_observations, methods=["GET"]),
        Route("/api/public/v2/metrics", get_metrics, methods=["GET"]),
        Route("/api/public/v3/scores", list_scores, methods=["GET"]),
    ]


async def health(_: Request) -> Response:
    """That the program runs; for everybody."""
    return JSON({"status": "OK", "version": API_VERSION})


async def ready(request: Request) -> Response:
    """That the database answers, too; for everybody. Else 503."""
    try:
        async with request.app.state.pool.connection() as connection:
            await connection.execute("select 1")
    except (psycopg.Error, PoolTimeout, PoolClosed, TooManyRequests):
        return JSON({"status": "Database not available", "version": API_VERSION}, 503)
    return JSON({"status": "OK", "version": API_VERSION})


async def projects(request: Request) -> Response:
    """The one project whose keys the caller has."""
    authorize(request, "Invalid API key. Are you using an organization key?")
    config: Config = request.app.state.config
    organization = {"id": config.organization_id, "name": config.organization_name}
    project = {
        "id": config.project_id,
        "name": config.project_name,
        "organization": organization,
        "metadata": {},
    }
    return JSON({"data": [project]})
