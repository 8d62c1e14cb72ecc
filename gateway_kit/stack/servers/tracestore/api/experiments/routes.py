"""Where the handlers of this family are."""

from __future__ import annotations

from starlette.routing import Route

from gateway_kit.stack.servers.tracestore.api.experiments.list_experiments import list_experiments
from gateway_kit.stack.servers.tracestore.api.experiments.list_items import list_items
from gateway_kit.stack.servers.tracestore.api.paths import route


def routes() -> list[Route]:
    """A route for each path and method."""
    return [
        route("GET", "experiments", list_experiments),
        route("GET", "experiment-items", list_items),
    ]
