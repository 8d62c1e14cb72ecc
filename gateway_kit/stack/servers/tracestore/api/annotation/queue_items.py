"""The items of an annotation queue."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api import shapes
from gateway_kit.stack.servers.tracestore.api.annotation.queues import allow_no_parameters, told_unknown
from gateway_kit.stack.servers.tracestore.api.answers import JSON, time_text
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.bodies import read_json
from gateway_kit.stack.servers.tracestore.api.listing import Page, read_page
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters
from gateway_kit.stack.servers.tracestore.store.queues import (
    change_item,
    delete_item,
    item_by_id,
    item_page,
    new_item,
)
from gateway_kit.stack.servers.tracestore.store.reader import Row, reading

OBJECT_TYPES = ("TRACE", "OBSERVATION", "SESSION")
STATUSES = ("PENDING", "COMPLETED")
BODY = shapes.fields(
    {
        "objectId": shapes.text(),
        "objectType": shapes.choice(OBJECT_TYPES),
        "status": shapes.optional(shapes.choice(STATUSES), "PENDING"),
    },
    is_strict=True,
)
CHANGE = shapes.fields({"status": shapes.optional(shapes.choice(STATUSES))}, is_strict=True)


async def create(request: Request) -> Response:
    """A new item; what it names is not checked, and may be in the queue already."""
    authorize(request)
    _read_list(request)  # Langfuse checks the same parameters here
    sent = shapes.read(BODY, await read_json(request))
    names = sent["objectId"], sent["objectType"], sent["status"]
    with told_unknown():
        row = await new_item(request.app.state.pool, request.path_params["queue_id"], *names)
    return JSON(_to_json(row))


async def list_items(request: Request) -> Response:
    """A page of the items, newest first."""
    authorize(request)
    page, status = _read_list(request)
    queue_id = request.path_params["queue_id"]
    with told_unknown():
        async with reading(request.app.state.pool) as reader:
            rows, total = await item_page(reader, queue_id, status, page.limit, page.offset)
    return JSON({"data": [_to_json(row) for row in rows], "meta": page.meta(total)})


async def get_item(request: Request) -> Response:
    """An item by its id."""
    authorize(request)
    allow_no_parameters(request)
    with told_unknown():
        async with reading(request.app.state.pool) as reader:
            row = await item_by_id(reader, *_ids(request))
    return JSON(_to_json(row))


async def change(request: Request) -> Response:
    """The item with another status. Back to PENDING it keeps the time at which it was completed."""
    authorize(request)
    allow_no_parameters(request)
    sent = shapes.read(CHANGE, await read_json(request))
    with told_unknown():
        row = await change_item(request.app.state.pool, *_ids(request), sent.get("status"))
    return JSON(_to_json(row))


async def remove(request: Request) -> Response:
    """Delete an item."""
    authorize(request)
    allow_no_parameters(request)
    with told_unknown():
        await delete_item(request.app.state.pool, *_ids(request))
    return JSON({"success": True, "message": "Annotation queue item deleted successfully"})


def _ids(request: Request) -> tuple[str, str]:
    return request.path_params["queue_id"], request.path_params["id"]


def _read_list(request: Request) -> tuple[Page, str | None]:
    parameters = Parameters(request.query_params.multi_items())
    page = read_page(parameters)
    status = parameters.option("status", STATUSES)
    parameters.allow_only(["page", "limit", "status"])
    parameters.finish()
    return page, status


def _to_json(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "queueId": row["queue_id"],
        "objectId": row["object_id"],
        "objectType": row["object_type"],
        "status": row["status"],
        "completedAt": time_text(row["completed_at"]),
        "createdAt": time_text(row["created_at"]),
        "updatedAt": time_text(row["updated_at"]),
    }
