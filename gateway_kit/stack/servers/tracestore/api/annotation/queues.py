"""Annotation queues: what is to be judged, and by which score configs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api import shapes
from gateway_kit.stack.servers.tracestore.api.answers import JSON, time_text
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.bodies import read_json
from gateway_kit.stack.servers.tracestore.api.errors import invalid_request, not_found
from gateway_kit.stack.servers.tracestore.api.listing import read_page
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters
from gateway_kit.stack.servers.tracestore.store.queues import (
    NameTakenError,
    UnknownConfigError,
    UnknownItemError,
    UnknownQueueError,
    new_queue,
    queue_by_id,
    queue_page,
)
from gateway_kit.stack.servers.tracestore.store.reader import Row, reading

BODY = shapes.fields(
    {
        "name": shapes.text(),
        "description": shapes.nullish(shapes.text()),
        "scoreConfigIds": shapes.listed(shapes.text(), least=1),
    },
    is_strict=True,
)


async def create(request: Request) -> Response:
    """A new queue. Raises Refusal 400 for a name that is taken, and for unknown score configs."""
    authorize(request)
    sent = shapes.read(BODY, await read_json(request))
    try:
        row = await new_queue(
            request.app.state.pool, sent["name"], sent.get("description"), sent["scoreConfigIds"]
        )
    except NameTakenError:
        raise invalid_request("A queue with this name already exists.") from None
    except UnknownConfigError:
        message = "At least one of the score config IDs cannot be found for the given project."
        raise invalid_request(message) from None
    return JSON(_to_json(row))


async def get_queue(request: Request) -> Response:
    """A queue by its id."""
    authorize(request)
    allow_no_parameters(request)
    with told_unknown():
        async with reading(request.app.state.pool) as reader:
            row = await queue_by_id(reader, request.path_params["queue_id"])
    return JSON(_to_json(row))


async def list_queues(request: Request) -> Response:
    """A page of the queues, newest first."""
    authorize(request)
    parameters = Parameters(request.query_params.multi_items())
    page = read_page(parameters)
    parameters.allow_only(["page", "limit"])
    parameters.finish()
    async with reading(request.app.state.pool) as reader:
        rows, total = await queue_page(reader, page.limit, page.offset)
    return JSON({"data": [_to_json(row) for row in rows], "meta": page.meta(total)})


@contextmanager
def told_unknown() -> Iterator[None]:
    """Answer 404 for a queue or an item that is not there."""
    try:
        yield
    except UnknownQueueError:
        raise not_found("Annotation queue not found") from None
    except UnknownItemError:
        raise not_found("Annotation queue item not found") from None


def allow_no_parameters(request: Request) -> None:
    """Raise Refusal 400 if the query string names any."""
    parameters = Parameters(request.query_params.multi_items())
    parameters.allow_only([])
    parameters.finish()


def _to_json(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"],
        "scoreConfigIds": row["score_config_ids"],
        "createdAt": time_text(row["created_at"]),
        "updatedAt": time_text(row["updated_at"]),
    }
