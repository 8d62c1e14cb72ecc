"""Where the handlers of this family are. A run of a dataset is an experiment now: its own paths are in `gone`."""

from __future__ import annotations

from starlette.routing import Route

from gateway_kit.stack.servers.tracestore.api.datasets import datasets, items
from gateway_kit.stack.servers.tracestore.api.datasets.run_items import post_run_item
from gateway_kit.stack.servers.tracestore.api.paths import route


def routes() -> list[Route]:
    """A route for each path and method."""
    return [
        route("GET", "v2/datasets", datasets.list_datasets),
        route("POST", "v2/datasets", datasets.post_dataset),
        route("GET", "v2/datasets/{name}", datasets.get_dataset),
        route("GET", "datasets", datasets.list_datasets_v1),
        route("POST", "datasets", datasets.post_dataset_v1),
        route("GET", "datasets/{name}", datasets.get_dataset_v1),
        route("GET", "dataset-items", items.list_items),
        route("POST", "dataset-items", items.post_item),
        route("GET", "dataset-items/{item_id}", items.get_item),
        route("DELETE", "dataset-items/{item_id}", items.remove_item),
        route("POST", "dataset-run-items", post_run_item),
    ]
