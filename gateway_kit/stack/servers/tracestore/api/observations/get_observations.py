"""GET v2/observations: pages of observations, newest first."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api import issues
from gateway_kit.stack.servers.tracestore.api.answers import JSON
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.cursors import ObservationCursor, observation_cursor
from gateway_kit.stack.servers.tracestore.api.filter_sql import Binder
from gateway_kit.stack.servers.tracestore.api.observations.observation_json import (
    DEFAULT_GROUPS,
    GROUPS,
    observation_to_json,
    select_list,
)
from gateway_kit.stack.servers.tracestore.api.observations.observation_query import read_conditions
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters
from gateway_kit.stack.servers.tracestore.store.reader import reading
from gateway_kit.stack.servers.tracestore.store.tables.observations import START_MS

DEFAULT_LIMIT, MAX_LIMIT = 50, 1000
# A page ends early if its texts reach this many characters, so that memory stays bounded; the cursor continues there.
MAX_PAGE_CHARS = 8 * 1024 * 1024
_PARSING_IS_GONE = (
    "parseIoAsJson=true is no longer supported on the v2 observations endpoint. Input/output fields are always "
    "returned as raw strings. Remove the parseIoAsJson parameter or set it to false."
)


async def list_observations(request: Request) -> Response:
    """A page and, if there is more, the cursor of the next page."""
    authorize(request)
    parameters = Parameters(request.query_params.multi_items())
    asked = parameters.text("fields")
    # Unknown groups are ignored, as in Langfuse.
    groups = (
        {group for group in parameters.listed("fields") if group in GROUPS} if asked else set(DEFAULT_GROUPS)
    )
    expanded = frozenset(parameters.listed("expandMetadata"))
    limit = parameters.whole("limit", DEFAULT_LIMIT, maximum=MAX_LIMIT)
    cursor = observation_cursor(parameters)
    _check_parsing(parameters)
    binder = Binder()
    conditions = read_conditions(parameters, binder)
    if limit == 0:
        return JSON({"data": [], "meta": {}})
    rows, has_more = await _page(request, groups, conditions, binder, cursor, limit)
    project_id = request.app.state.config.project_id
    meta = {}
    if has_more:
        last = rows[-1]
        meta["cursor"] = ObservationCursor(last["start_time"], last["trace_id"], last["id"]).encoded()
    return JSON(
        {"data": [observation_to_json(row, groups, project_id, expanded) for row in rows], "meta": meta}
    )


def _check_parsing(parameters: Parameters) -> None:
    text = parameters.text("parseIoAsJson")
    if text == "true":
        parameters.issues.append(issues.custom(["parseIoAsJson"], _PARSING_IS_GONE))
    elif text not in (None, "false"):
        parameters.issues.append(issues.not_a_literal(["parseIoAsJson"], ("true", "false")))


async def _page(
    request: Request,
    groups: set[str],
    conditions: list[str],
    binder: Binder,
    cursor: ObservationCursor | None,
    limit: int,
) -> tuple[list[dict[str, Any]], bool]:
    """The rows of the page, and whether there are more."""
    if cursor is not None:
        time, trace_id, row_id = (binder.bind(part) for part in cursor)
        conditions = [*conditions, f"({START_MS}, trace_id, id) < ({time}, {trace_id}, {row_id})"]
    where = ("where", " and ".join(conditions)) if conditions else ()
    order = f"order by {START_MS} desc, trace_id desc, id desc limit {limit + 1}"
    query = " ".join(("select", select_list(groups), "from observations", *where, order))
    rows: list[dict[str, Any]] = []
    chars = 0
    async with (
        reading(request.app.state.pool) as reader,
        aclosing(reader.each(query, binder.values)) as stream,
    ):
        async for row in stream:
            if len(rows) == limit or (rows and chars > MAX_PAGE_CHARS):
                return rows, True
            rows.append(row)
            chars += sum(len(row.get(name) or "") for name in ("input", "output", "metadata"))
    return rows, False
