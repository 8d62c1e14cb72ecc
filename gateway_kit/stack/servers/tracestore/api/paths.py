"""Routes below /api/public."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

Handler = Callable[[Request], Awaitable[Response]]


class _ApiRoute(Route):
    """Matches the path as it was sent, so that a name in it may have slashes (%2F)."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Starlette's match; `path_params` has the decoded names."""
        sent = scope.get("raw_path")
        if sent is not None:
            scope = {**scope, "path": sent.decode("latin-1")}
        match, found = super().matches(scope)
        if match != Match.NONE:
            parameters = found["path_params"].items()
            found["path_params"] = {name: unquote(value) for name, value in parameters}
        return match, found


def route(methods: str, path: str, handler: Handler) -> Route:
    """The handler for one method or several, separated by spaces. Langfuse answers HEAD with 405 unless it is named."""
    named = set(methods.split())
    made = _ApiRoute(f"/api/public/{path}", handler, methods=named)
    made.methods = named  # without HEAD, which Starlette adds to GET
    return made
