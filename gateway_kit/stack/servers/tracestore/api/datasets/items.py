"""Items of datasets: POST writes a new version of one, GET reads and lists them, also as of a time, DELETE ends one."""

from __future__ import annotations

from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api import checks, issues
from gateway_kit.stack.servers.tracestore.api.answers import JSON
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.bodies import read_json
from gateway_kit.stack.servers.tracestore.api.datasets.dataset_json import item_to_json
from gateway_kit.stack.servers.tracestore.api.datasets.datasets import find_dataset, has_schema, in_turn
from gateway_kit.stack.servers.tracestore.api.datasets.item_query import (
    ACTIVE,
    SELECT,
    at_version,
    count_of,
    page_of,
)
from gateway_kit.stack.servers.tracestore.api.datasets.item_values import as_json, from_json, stored_value
from gateway_kit.stack.servers.tracestore.api.datasets.schemas import SchemaChecker
from gateway_kit.stack.servers.tracestore.api.errors import (
    Refusal,
    conflict,
    invalid_data,
    invalid_request,
    not_found,
)
from gateway_kit.stack.servers.tracestore.api.filter_sql import Binder
from gateway_kit.stack.servers.tracestore.api.listing import read_page
from gateway_kit.stack.servers.tracestore.api.media.references import media_of, with_references
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters
from gateway_kit.stack.servers.tracestore.store.dataset_items import (
    ItemValues,
    OtherDatasetError,
    UnknownMediaError,
    delete_item,
    upsert_item,
)
from gateway_kit.stack.servers.tracestore.store.reader import Row, reading
from gateway_kit.stack.servers.tracestore.store.tables.datasets import STATUSES

NO_ITEM = "Dataset item not found"
MAX_ID_CHARS = 255
_VALUES = {"input": "input", "expectedOutput": "expected_output", "metadata": "metadata"}
_TEXTS = {"sourceTraceId": "source_trace_id", "sourceObservationId": "source_observation_id"}


class _Body(NamedTuple):
    dataset_name: str
    item_id: str | None
    values: dict[str, Any]  # by column; what is null or missing is left out
    texts: dict[str, str]


async def post_item(request: Request) -> Response:
    """The new version of the item, or a new item. Fields that are not sent keep their values."""
    authorize(request)
    body = _read_body(await read_json(request))
    checker: SchemaChecker = request.app.state.schemas
    project_id = request.app.state.config.project_id

    async def merge(dataset: Row | None, current: Row | None) -> ItemValues:
        if dataset is None:
            raise not_found(f"Dataset {body.dataset_name} not found for project {project_id}")
        values = {} if current is None else {name: from_json(current[name]) for name in _VALUES.values()}
        values |= body.values
        if body.item_id is None and values.get("input") is None:
            raise _invalid_item("Dataset item input cannot be null")
        values = {name: stored_value(value) for name, value in values.items()}
        await _check(checker, dataset, values, is_new=body.item_id is None)
        texts = {"status": "ACTIVE", **dict.fromkeys(_TEXTS.values())}
        if current is not None:
            texts = {name: current[name] for name in texts}
        columns = {name: as_json(values.get(name)) for name in _VALUES.values()}
        media = media_of({field: values.get(name) for field, name in _VALUES.items()})
        return ItemValues({**columns, **texts, **body.texts}, media)

    async with reading(request.app.state.pool) as reader:
        is_checked = await has_schema(reader, body.dataset_name)
    try:
        async with in_turn(request, body.dataset_name, is_checked):
            row = await upsert_item(request.app.state.pool, body.dataset_name, body.item_id, merge)
    except OtherDatasetError as exc:
        message = (
            f"Dataset item id {body.item_id} already exists in another dataset (id {exc.dataset_id}) in this project; "
            "item ids are unique per project across datasets. Use a different id or target dataset "
            f"{exc.dataset_id}."
        )
        raise conflict(message) from None
    except UnknownMediaError as exc:
        raise invalid_request(f"Dataset item references unknown media: {', '.join(exc.media_ids)}") from None
    (item,) = await with_references(request, [item_to_json(row)])
    return JSON(item)


def _read_body(sent: Any) -> _Body:
    wrong: checks.Issues = []
    fields = checks.fields(sent, [], wrong)
    if fields is None:
        raise invalid_data(wrong)
    name = checks.text(fields.get("datasetName", ...), ["datasetName"], wrong)
    item_id = checks.optional_text(fields, "id", wrong)
    if item_id == "":
        wrong.append(issues.too_small(["id"], 1, origin="string", message="ID must not be empty"))
    if item_id is not None and len(item_id) > MAX_ID_CHARS:
        message = f"ID must be at most {MAX_ID_CHARS} characters"
        wrong.append({**issues.too_big(["id"], MAX_ID_CHARS, "string"), "message": message})
    texts = {column: checks.optional_text(fields, field, wrong) for field, column in _TEXTS.items()}
    if fields.get("status") is not None:
        texts["status"] = checks.option(fields["status"], ["status"], STATUSES, wrong)
    if wrong or name is None:
        raise invalid_data(wrong)
    values = {column: fields[field] for field, column in _VALUES.items() if fields.get(field) is not None}
    return _Body(name, item_id, values, {column: text for column, text in texts.items() if text is not None})


async def _check(checker: SchemaChecker, dataset: Row, values: dict[str, Any], *, is_new: bool) -> None:
    """Raise Refusal 400 if the values do not have the form that the dataset's schemas ask for."""
    schemas = {
        "input": from_json(dataset["input_schema"]),
        "expected_output": from_json(dataset["expected_output_schema"]),
    }
    if not any(schema is not None for schema in schemas.values()):
        return
    # A value that was never sent is null in a new item, and no value at all in one with an id of its own.
    checked = {name: values.get(name) for name in schemas if is_new or name in values}
    (errors,) = await checker.errors(schemas, [checked])
    messages = [
        f"{title} validation failed: {', '.join(error['message'] for error in errors[name])}"
        for name, title in (("input", "Input"), ("expected_output", "Expected output"))
        if name in errors
    ]
    if messages:
        raise _invalid_item("; ".join(messages))


def _invalid_item(message: str) -> Refusal:
    return invalid_request(f"Dataset item validation failed: {message}")


async def get_item(request: Request) -> Response:
    """The current version of an item, active or archived."""
    authorize(request)
    binder = Binder()
    where = f"i.id = {binder.bind(request.path_params['item_id'])} and {at_version(None, binder)}"
    async with reading(request.app.state.pool) as reader:
        rows = await reader.rows(f"{SELECT} where {where}", binder.values)
    if not rows:
        raise not_found(NO_ITEM)
    (item,) = await with_references(request, [item_to_json(rows[0])])
    return JSON(item)


async def list_items(request: Request) -> Response:
    """A page of active items, newest first: of one dataset or all, now or as of the time `version`."""
    authorize(request)
    parameters = Parameters(request.query_params.multi_items())
    name = parameters.text("datasetName")
    binder = Binder()
    conditions = [ACTIVE]
    for parameter, column in _TEXTS.items():
        text = parameters.text(parameter)
        if text is not None:
            conditions.append(f"i.{column} = {binder.bind(text)}")
    version = parameters.date("version")
    page = read_page(parameters)
    if version is not None and not name and checks.is_readable(parameters.issues):
        message = "datasetName is required when version parameter is provided"
        parameters.issues.append(issues.custom(["datasetName"], message))
    parameters.finish()
    conditions.append(at_version(version, binder))
    async with reading(request.app.state.pool) as reader:
        if name:
            dataset = await find_dataset(reader, name)
            conditions.append(f"i.dataset_id = {binder.bind(dataset['id'])}")
        where = " and ".join(conditions)
        (count,) = await reader.rows(count_of(where), binder.values)
        part = f"limit {binder.bind(page.limit)} offset {binder.bind(page.offset)}"
        rows = await reader.rows(page_of(where, part), binder.values)
    items = await with_references(request, [item_to_json(row) for row in rows])
    return JSON({"data": items, "meta": page.meta(count["total"])})


async def remove_item(request: Request) -> Response:
    """End the item; lists as of an earlier time still have it."""
    authorize(request)
    item_id = request.path_params["item_id"]
    if not await delete_item(request.app.state.pool, item_id):
        project_id = request.app.state.config.project_id
        raise not_found(f"Dataset item with id {item_id} not found for project {project_id}")
    return JSON({"message": "Dataset item successfully deleted"})
