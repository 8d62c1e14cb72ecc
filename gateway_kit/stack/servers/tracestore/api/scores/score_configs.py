"""Score configs: made, changed and archived; there is no deletion."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api import checks, shapes
from gateway_kit.stack.servers.tracestore.api.answers import JSON, number, time_text
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.bodies import read_json
from gateway_kit.stack.servers.tracestore.api.errors import Refusal, invalid_request, not_found
from gateway_kit.stack.servers.tracestore.api.listing import read_page
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters
from gateway_kit.stack.servers.tracestore.api.scores.score_config_shapes import (
    BOOLEAN_CATEGORIES,
    CHANGE,
    CHANGED,
    NEW,
)
from gateway_kit.stack.servers.tracestore.store.reader import Row, reading
from gateway_kit.stack.servers.tracestore.store.score_configs import change_config, config_page, new_config

_COLUMNS = {
    "name": "name",
    "description": "description",
    "dataType": "data_type",
    "minValue": "min_value",
    "maxValue": "max_value",
    "categories": "categories",
    "isArchived": "is_archived",
}


async def create(request: Request) -> Response:
    """A new config; names may repeat."""
    authorize(request)
    sent = shapes.read(NEW, await read_json(request))
    if sent["dataType"] == "BOOLEAN":
        sent["categories"] = BOOLEAN_CATEGORIES
    columns = {column: sent.get(name) for name, column in _COLUMNS.items() if column != "is_archived"}
    return JSON(_to_json(request, await new_config(request.app.state.pool, columns)))


async def change(request: Request) -> Response:
    """The config with other values for the fields that were sent. Raises Refusal 404 for an unknown id."""
    authorize(request)
    sent = shapes.read(CHANGE, await read_json(request))
    changes = {_COLUMNS[name]: value for name, value in sent.items()}
    row = await change_config(request.app.state.pool, request.path_params["id"], changes, _check_whole)
    if row is None:
        raise _unknown()
    return JSON(_to_json(request, row))


async def get_config(request: Request) -> Response:
    """A config by its id. Raises Refusal 404 for an unknown id."""
    authorize(request)
    async with reading(request.app.state.pool) as reader:
        rows = await reader.rows(
            "select * from score_configs where id = %(id)s", {"id": request.path_params["id"]}
        )
    if not rows:
        raise _unknown()
    return JSON(_to_json(request, rows[0]))


async def list_configs(request: Request) -> Response:
    """A page of the configs, newest first."""
    authorize(request)
    parameters = Parameters(request.query_params.multi_items())
    page = read_page(parameters)
    parameters.finish()
    async with reading(request.app.state.pool) as reader:
        rows, total = await config_page(reader, page.limit, page.offset)
    return JSON({"data": [_to_json(request, row) for row in rows], "meta": page.meta(total)})


def _unknown() -> Refusal:
    return not_found("Score config not found within authorized project")


def _check_whole(row: Row) -> None:
    """Raise Refusal 400 unless the changed config is valid as a whole."""
    wrong: checks.Issues = []
    CHANGED({name: row[column] for name, column in _COLUMNS.items()}, [], wrong)
    if wrong:
        raise invalid_request(", ".join(issue["message"] for issue in wrong))


def _to_json(request: Request, row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "isArchived": row["is_archived"],
        "description": row["description"],
        "createdAt": time_text(row["created_at"]),
        "updatedAt": time_text(row["updated_at"]),
        "projectId": request.app.state.config.project_id,
        "maxValue": number(row["max_value"]),
        "minValue": number(row["min_value"]),
        "dataType": row["data_type"],
        "categories": row["categories"],
    }
