"""Where the handlers of this family are."""

from __future__ import annotations

from starlette.routing import Route

from gateway_kit.stack.servers.tracestore.api.paths import route
from gateway_kit.stack.servers.tracestore.api.prompts.change_labels import change_labels
from gateway_kit.stack.servers.tracestore.api.prompts.create_prompt import create_prompt
from gateway_kit.stack.servers.tracestore.api.prompts.delete_prompts import delete_prompts
from gateway_kit.stack.servers.tracestore.api.prompts.first_api import create_active, get_named
from gateway_kit.stack.servers.tracestore.api.prompts.get_prompt import get_prompt
from gateway_kit.stack.servers.tracestore.api.prompts.list_prompts import list_prompts


def routes() -> list[Route]:
    """A route for each path and method."""
    return [
        route("GET", "v2/prompts", list_prompts),
        route("POST", "v2/prompts", create_prompt),
        route("GET", "v2/prompts/{name}", get_prompt),
        route("DELETE", "v2/prompts/{name}", delete_prompts),
        route("GET", "prompts", get_named),
        route("POST", "prompts", create_active),
        route("PATCH", "v2/prompts/{name}/versions/{version}", change_labels),
    ]
