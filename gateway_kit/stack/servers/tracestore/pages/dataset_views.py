"""The handlers of the pages of datasets."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway_kit.stack.servers.tracestore.pages.datasets import (
    FILTERS,
    STATUSES,
    item_versions,
    list_datasets,
    list_items,
    metadata_keys,
    read_dataset,
    read_version,
)
from gateway_kit.stack.servers.tracestore.pages.experiments import list_experiments
from gateway_kit.stack.servers.tracestore.pages.formatting import plain, shorten
from gateway_kit.stack.servers.tracestore.pages.html import HEADERS, error_page, html
from gateway_kit.stack.servers.tracestore.pages.parameters import (
    Parameters,
    cleaned,
    option,
    read_parameters,
    time_of,
)
from gateway_kit.stack.servers.tracestore.store.reader import PAGE_TIMEOUT_MS, Reader, Row, reading

EXPERIMENTS_SHOWN = 5  # on a dataset's page


def _reading(request: Request) -> AbstractAsyncContextManager[Reader]:
    return reading(request.app.state.pool, PAGE_TIMEOUT_MS)


def _no_dataset(request: Request, dataset_id: str) -> Response:
    advice = "It was deleted, or never made. The page Datasets lists all datasets."
    return error_page(request, 404, f"There is no dataset {shorten(plain(dataset_id), 40)}", advice)


async def datasets_page(request: Request) -> Response:
    """The list of datasets."""
    parameters = read_parameters(request.query_params, ("q",))
    async with _reading(request) as database:
        page = await list_datasets(database, parameters)
    return html(request, "datasets.html", parameters=parameters, page=page)


async def dataset_page(request: Request) -> Response:
    """A dataset with a page of its items, now or as of a time."""
    dataset_id = cleaned(request.path_params["dataset_id"])
    parameters = read_parameters(request.query_params, FILTERS)
    status, wrong_status = option(parameters, "status", STATUSES)
    at, wrong_time = time_of(parameters.get("at"))
    lacks_key = parameters.get("value") and not parameters.get("key")
    errors = [
        *parameters.errors, *filter(None, (wrong_status, wrong_time)),
        *(["To filter by a value of the metadata, name its key."] if lacks_key else []),
    ]  # fmt: skip
    async with _reading(request) as database:
        dataset = await read_dataset(database, dataset_id)
        if dataset is None:
            return _no_dataset(request, dataset_id)
        page = await list_items(database, dataset_id, parameters, status, at)
        keys = await metadata_keys(database, dataset_id)
        experiments = await list_experiments(database, Parameters({"dataset": dataset_id}), EXPERIMENTS_SHOWN)
    return html(
        request, "dataset.html", dataset=dataset, parameters=parameters, page=page, keys=keys, at=at,
        chosen_status=status, statuses=STATUSES, errors=errors, experiments=experiments,
        address=f"/datasets/{dataset_id}", is_filtered=bool(parameters.texts.keys() - {"status"}),
    )  # fmt: skip


async def item_page(request: Request) -> Response:
    """A version of an item, and the list of its versions."""
    dataset_id = cleaned(request.path_params["dataset_id"])
    item_id, asked = (cleaned(request.query_params.get(name, "")) for name in ("id", "version"))
    async with _reading(request) as database:
        dataset = await read_dataset(database, dataset_id)
        if dataset is None:
            return _no_dataset(request, dataset_id)
        versions = await item_versions(database, dataset_id, item_id)
        if not versions:
            advice = "The dataset's page lists its items."
            return error_page(request, 404, f"There is no item {shorten(plain(item_id), 40)}", advice)
        chosen = _version_of(versions, asked)
        texts = await read_version(database, item_id, chosen["valid_from"]) if chosen else None
    return html(
        request, "dataset_item.html", 200 if chosen else 404, dataset=dataset, item_id=item_id, versions=versions,
        chosen=chosen, texts=texts,
    )  # fmt: skip


def _version_of(versions: list[Row], asked: str) -> Row | None:
    """The version that held at a time; the latest that has values if no time is asked for."""
    if not asked:
        return next((row for row in versions if not row["is_deleted"]), versions[0])
    at: datetime | None = time_of(asked)[0]
    return next((row for row in versions if at is not None and row["valid_from"] <= at), None)


async def langfuse_dataset_page(request: Request) -> Response:
    """Redirects Langfuse's URL of a dataset."""
    dataset_id = cleaned(request.path_params["dataset_id"])
    return RedirectResponse(f"/datasets/{dataset_id}", 303, HEADERS)


PAGES = {
    "/datasets": datasets_page,
    "/datasets/{dataset_id}": dataset_page,
    "/datasets/{dataset_id}/item": item_page,
    "/project/{project}/datasets/{dataset_id}": langfuse_dataset_page,
    "/project/{project}/datasets/{dataset_id}/items": langfuse_dataset_page,
}
