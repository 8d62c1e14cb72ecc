"""Paths that need the key of an organization. The store has none, so it answers as Langfuse does to a project's key."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway_kit.stack.servers.tracestore.api.answers import JSON
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.errors import Refusal
from gateway_kit.stack.servers.tracestore.api.paths import Handler, route

_METHODS = "GET POST PUT PATCH DELETE"
_NEEDED = "Invalid API key. Organization-scoped API key required for this operation."
_SCIM_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

# Path -> its methods, and the key of the message in an answer.
_PATHS = {
    "projects": ("POST", "message"),
    "projects/{id}": ("PUT DELETE", "message"),
    "projects/{id}/apiKeys": ("GET POST", "message"),
    "projects/{id}/apiKeys/{key_id}": ("DELETE", "message"),
    "projects/{id}/memberships": ("GET PUT DELETE", "error"),
    "organizations/projects": ("GET", "error"),
    "organizations/memberships": ("GET PUT DELETE", "error"),
    "organizations/apiKeys": ("GET", "error"),
    "integrations/blob-storage": ("GET PUT", "message"),
    "integrations/blob-storage/{id}": ("GET DELETE", "message"),
    "scim/ServiceProviderConfig": ("GET", "detail"),
    "scim/ResourceTypes": ("GET", "detail"),
    "scim/Schemas": ("GET", "detail"),
    "scim/Users": ("GET POST", "detail"),
    "scim/Users/{id}": ("GET PUT PATCH DELETE", "detail"),
}


def routes() -> list[Route]:
    """A route for each path, for all methods."""
    return [route(_METHODS, path, _refusing(methods, key)) for path, (methods, key) in _PATHS.items()]


def _refusing(methods: str, key: str) -> Handler:
    async def refuse(request: Request) -> Response:
        if request.method not in methods.split():
            return JSON(_body(key, "Method not allowed", 405), 405)
        try:
            authorize(request, _NEEDED)
        except Refusal as exc:
            message = exc.body["message"] if isinstance(exc.body, dict) else exc.body
            return JSON(_body(key, message, exc.status), exc.status)
        return JSON(_body(key, _NEEDED, 403), 403)

    return refuse


def _body(key: str, message: str, status: int) -> dict[str, Any]:
    if key == "detail":
        return {"schemas": [_SCIM_ERROR], "detail": message, "status": status}
    return {key: message}
