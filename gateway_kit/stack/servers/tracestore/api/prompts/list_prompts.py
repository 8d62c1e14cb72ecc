"""GET v2/prompts: a page of prompts by name, each with its versions and labels."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api.answers import JSON, time_text
from gateway_kit.stack.servers.tracestore.api.filter_sql import Binder
from gateway_kit.stack.servers.tracestore.api.listing import MAX_LIMIT, Page
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters
from gateway_kit.stack.servers.tracestore.api.prompts.prompt_json import authorize_prompts, read_version
from gateway_kit.stack.servers.tracestore.store.reader import Row, reading

DEFAULT_LIMIT = 10


async def list_prompts(request: Request) -> Response:
    """A page. With a filter the versions and labels of each prompt are only those of the versions that match."""
    authorize_prompts(request)
    parameters = Parameters(request.query_params.multi_items())
    binder = Binder()
    conditions = _conditions(parameters, binder)
    # Unlike in other lists an empty parameter is 0 here.
    number = parameters.whole("page", 1, least=1)
    page = Page(number, parameters.whole("limit", DEFAULT_LIMIT, least=1, maximum=MAX_LIMIT))
    parameters.finish()
    where = " and ".join(["true", *conditions])
    async with reading(request.app.state.pool) as reader:
        # The names come first, so that only the page's rows are put together.
        rows = await reader.rows(
            f"with page as (select name from prompts where {where} group by name order by name"
            f" limit {page.limit} offset {page.offset})"
            " select name, max(tags) as tags, max(updated_at) as updated_at,"
            " array_agg(version order by version) as versions, json_agg(labels) as labels,"
            " (array_agg(type order by version desc))[1] as type,"
            " (array_agg(config order by version desc))[1] as config"
            f" from page join prompts using (name) where {where} group by name order by name",
            binder.values,
        )
        counted = await reader.rows(
            f"select count(*) as total from (select 1 from prompts where {where} group by name) as named",
            binder.values,
        )
    meta = page.meta(counted[0]["total"])
    return JSON({"data": [_row_to_json(row) for row in rows], "meta": meta, "pagination": meta})


def _conditions(parameters: Parameters, binder: Binder) -> list[str]:
    """Conditions in SQL; an empty parameter is none. Adds issues."""
    conditions = []
    if name := parameters.text("name"):
        conditions.append(f"name = {binder.bind(name)}")
    if version := read_version(parameters):
        conditions.append(f"version = {binder.bind(version)}")
    for column, parameter in (("labels", "label"), ("tags", "tag")):
        if text := parameters.text(parameter):
            conditions.append(f"{column} @> {binder.bind([text])}")
    for operator, parameter in ((">=", "fromUpdatedAt"), ("<", "toUpdatedAt")):
        if time := parameters.date_and_time(parameter):
            conditions.append(f"updated_at {operator} {binder.bind(time)}")
    return conditions


def _row_to_json(row: Row) -> dict[str, Any]:
    return {
        "name": row["name"],
        "tags": row["tags"],
        "lastUpdatedAt": time_text(row["updated_at"]),
        "versions": row["versions"],
        "labels": sorted({label for labels in row["labels"] for label in labels}),
        "type": row["type"],
        "lastConfig": row["config"],
    }
