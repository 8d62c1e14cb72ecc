"""GET health, ready and projects: questions about the deployment itself."""

from __future__ import annotations

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway_kit.stack.servers.tracestore.api.answers import JSON
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.paths import route
from gateway_kit.stack.servers.tracestore.config import Config

API_VERSION = "4.16.0"  # of the Langfuse that these answers were recorded from


def routes() -> list[Route]:
    """A route for each path."""
    any_method = "GET HEAD POST PUT PATCH DELETE"
    return [
        route(any_method, "health", health),
        route(any_method, "ready", ready),
        route("GET", "projects", projects),
    ]


async def health(_: Request) -> Response:
    """200 while the program runs; needs no keys."""
    return JSON({"status": "OK", "version": API_VERSION})


async def ready(request: Request) -> Response:
    """200 while the database answers, else 503; needs no keys."""
    try:
        async with request.app.state.pool.connection() as connection:
            await connection.execute("select 1")
    except (psycopg.Error, PoolTimeout, PoolClosed, TooManyRequests):
        return JSON({"status": "Database not available", "version": API_VERSION}, 503)
    return JSON({"status": "OK", "version": API_VERSION})


async def projects(request: Request) -> Response:
    """The project that the caller's keys belong to."""
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
