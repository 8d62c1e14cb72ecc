"""Datasets: POST creates one or changes it, GET reads and lists them. There is no DELETE."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api.answers import JSON
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.bodies import read_json
from gateway_kit.stack.servers.tracestore.api.datasets.dataset_body import SCHEMAS, read_dataset
from gateway_kit.stack.servers.tracestore.api.datasets.dataset_json import dataset_to_json, item_to_json
from gateway_kit.stack.servers.tracestore.api.datasets.item_query import (
    ACTIVE,
    IN_ORDER,
    SELECT,
    at_version,
)
from gateway_kit.stack.servers.tracestore.api.datasets.item_values import as_json, from_json
from gateway_kit.stack.servers.tracestore.api.datasets.schemas import SchemaChecker
from gateway_kit.stack.servers.tracestore.api.errors import invalid_request, not_found
from gateway_kit.stack.servers.tracestore.api.filter_sql import Binder
from gateway_kit.stack.servers.tracestore.api.listing import Page, read_page
from gateway_kit.stack.servers.tracestore.api.media.references import with_references
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters
from gateway_kit.stack.servers.tracestore.store.datasets import upsert_dataset
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row, reading

NO_DATASET = "Dataset not found"
MAX_LISTED_ERRORS = 10
_ITEMS_AT_ONCE = 200
_FIELDS = {"input": "input", "expected_output": "expectedOutput"}


async def post_dataset(request: Request) -> Response:
    """The dataset; one with this name is changed, and keeps what is not sent."""
    return JSON(await _post(request))


async def post_dataset_v1(request: Request) -> Response:
    """The same with lists that are always empty."""
    return JSON({**await _post(request), "items": [], "runs": []})


async def _post(request: Request) -> dict[str, Any]:
    authorize(request)
    checker: SchemaChecker = request.app.state.schemas
    name, changes = await read_dataset(await read_json(request), checker.is_schema)

    async def check(row: Row | None, items: AsyncIterator[list[Row]]) -> None:
        if row is None or not set(SCHEMAS.values()) & set(changes):
            return
        schemas = {column: from_json(row[column]) for column in SCHEMAS.values()} | changes
        await _check_items(checker, schemas, items)

    columns = {
        column: as_json(value) if column in SCHEMAS.values() else value for column, value in changes.items()
    }
    async with in_turn(request, name, not set(SCHEMAS.values()).isdisjoint(changes)):
        row = await upsert_dataset(request.app.state.pool, name, columns, check)
    return dataset_to_json(row, request.app.state.config.project_id)


async def _check_items(
    checker: SchemaChecker, schemas: dict[str, Any], items: AsyncIterator[list[Row]]
) -> None:
    """Raise Refusal 400 if an item has not the form that it now should."""
    by_field = {"input": schemas["input_schema"], "expected_output": schemas["expected_output_schema"]}
    if not any(by_field.values()):
        return
    wrong: list[dict[str, Any]] = []
    async for rows in items:
        values = [{field: from_json(row[field]) for field in by_field} for row in rows]
        for row, errors in zip(rows, await checker.errors(by_field, values), strict=True):
            wrong += [
                {"datasetItemId": row["id"], "field": _FIELDS[field], "errors": listed}
                for field, listed in errors.items()
            ]
        if len(wrong) >= MAX_LISTED_ERRORS:
            break
    if wrong:
        wrong = wrong[:MAX_LISTED_ERRORS]
        count = f"more than {MAX_LISTED_ERRORS}" if len(wrong) == MAX_LISTED_ERRORS else str(len(wrong))
        details = orjson.dumps(wrong).decode()
        raise invalid_request(f"Schema validation failed for {count} item(s). Details: {details}")


async def get_dataset(request: Request) -> Response:
    """A dataset by its name."""
    authorize(request)
    async with reading(request.app.state.pool) as reader:
        row = await find_dataset(reader, request.path_params["name"])
    return JSON(dataset_to_json(row, request.app.state.config.project_id))


async def get_dataset_v1(request: Request) -> Response:
    """A dataset by its name, with all its active items. It has no runs: these are experiments now."""
    authorize(request)
    binder = Binder()
    async with reading(request.app.state.pool) as reader:
        row = await find_dataset(reader, request.path_params["name"])
        where = f"{at_version(None, binder)} and {ACTIVE} and i.dataset_id = {binder.bind(row['id'])}"
        items = [item async for item in reader.each(f"{SELECT} where {where} {IN_ORDER}", binder.values)]
    dataset = dataset_to_json(row, request.app.state.config.project_id)
    listed: list[dict[str, Any]] = []
    for start in range(0, len(items), _ITEMS_AT_ONCE):
        part = [item_to_json(item) for item in items[start : start + _ITEMS_AT_ONCE]]
        listed += await with_references(request, part)
        await asyncio.sleep(0)  # there may be 100,000, and others wait
    return JSON({**dataset, "items": listed, "runs": []})


async def list_datasets(request: Request) -> Response:
    """A page of datasets, newest first."""
    authorize(request)
    page = _page(request)
    async with reading(request.app.state.pool) as reader:
        rows, total = await _listed(reader, page)
    project_id = request.app.state.config.project_id
    return JSON({"data": [dataset_to_json(row, project_id) for row in rows], "meta": page.meta(total)})


async def list_datasets_v1(request: Request) -> Response:
    """The same with the ids of each dataset's active items."""
    authorize(request)
    page = _page(request)
    async with reading(request.app.state.pool) as reader:
        rows, total = await _listed(reader, page)
        found = await reader.rows(
            "select i.dataset_id, array_agg(i.id order by i.valid_from desc, i.id) as ids from dataset_items i"
            f" where i.valid_to is null and not i.is_deleted and {ACTIVE}"
            " and i.dataset_id = any(%(ids)s::text[]) group by i.dataset_id",
            {"ids": [row["id"] for row in rows]},
        )
    items = {row["dataset_id"]: row["ids"] for row in found}
    project_id = request.app.state.config.project_id
    data = [
        {**dataset_to_json(row, project_id), "items": items.get(row["id"], []), "runs": []} for row in rows
    ]
    return JSON({"data": data, "meta": page.meta(total)})


async def find_dataset(reader: Reader, name: str) -> Row:
    """The row. Raises Refusal 404."""
    binder = Binder()
    rows = await reader.rows(f"select * from datasets where name = {binder.bind(name)}", binder.values)
    if not rows:
        raise not_found(NO_DATASET)
    return rows[0]


async def has_schema(reader: Reader, name: str) -> bool:
    """Whether there is such a dataset, and its items are checked."""
    rows = await reader.rows(
        "select 1 from datasets where name = %(name)s"
        " and (input_schema is not null or expected_output_schema is not null)",
        {"name": name},
    )
    return bool(rows)


def in_turn(request: Request, name: str, is_checked: bool) -> AbstractAsyncContextManager[Any]:
    """A turn for a write that is checked against schemas, which may take long; any other waits for none of these."""
    return request.app.state.checked_writes.of(name) if is_checked else nullcontext()


def _page(request: Request) -> Page:
    parameters = Parameters(request.query_params.multi_items())
    page = read_page(parameters)
    parameters.finish()
    return page


async def _listed(reader: Reader, page: Page) -> tuple[list[Row], int]:
    order = "order by created_at desc, id limit %(limit)s offset %(offset)s"
    rows = await reader.rows(f"select * from datasets {order}", {"limit": page.limit, "offset": page.offset})
    (count,) = await reader.rows("select count(*) as total from datasets", {})
    return rows, count["total"]
