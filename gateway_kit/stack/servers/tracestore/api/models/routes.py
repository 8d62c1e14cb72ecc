"""Where the handlers of this family are."""

from __future__ import annotations

from starlette.routing import Route

from gateway_kit.stack.servers.tracestore.api.models.change_models import create, remove
from gateway_kit.stack.servers.tracestore.api.models.get_models import get_model, list_models
from gateway_kit.stack.servers.tracestore.api.paths import route


def routes() -> list[Route]:
    """A route for each path and method."""
    return [
        route("GET", "models", list_models),
        route("POST", "models", create),
        route("GET", "models/{model_id}", get_model),
        route("DELETE", "models/{model_id}", remove),
    ]
