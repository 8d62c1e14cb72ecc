"""Who judges in an annotation queue. The store has one user: the one who signs in on the page."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api import shapes
from gateway_kit.stack.servers.tracestore.api.annotation.queues import allow_no_parameters, told_unknown
from gateway_kit.stack.servers.tracestore.api.answers import JSON
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.bodies import read_json
from gateway_kit.stack.servers.tracestore.api.errors import not_found
from gateway_kit.stack.servers.tracestore.config import Config
from gateway_kit.stack.servers.tracestore.store.queues import assign, queue_by_id, unassign
from gateway_kit.stack.servers.tracestore.store.reader import reading

BODY = shapes.fields({"userId": shapes.text()}, is_strict=True)


async def create(request: Request) -> Response:
    """Assign a user; doing it again changes nothing."""
    authorize(request)
    allow_no_parameters(request)
    user_id = shapes.read(BODY, await read_json(request))["userId"]
    config: Config = request.app.state.config
    queue_id = request.path_params["queue_id"]
    with told_unknown():
        async with reading(request.app.state.pool) as reader:
            await queue_by_id(reader, queue_id)
        if user_id != config.user_id:
            raise not_found("User not found or not authorized for this project")
        await assign(request.app.state.pool, queue_id, user_id)
    return JSON({"userId": user_id, "projectId": config.project_id, "queueId": queue_id})


async def remove(request: Request) -> Response:
    """Take a user off; also one who was not assigned."""
    authorize(request)
    allow_no_parameters(request)
    user_id = shapes.read(BODY, await read_json(request))["userId"]
    with told_unknown():
        await unassign(request.app.state.pool, request.path_params["queue_id"], user_id)
    return JSON({"success": True})
