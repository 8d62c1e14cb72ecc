"""Where the handlers of this family are."""

from __future__ import annotations

from starlette.routing import Route

from gateway_kit.stack.servers.tracestore.api.paths import route
from gateway_kit.stack.servers.tracestore.api.scores.get_scores import list_scores
from gateway_kit.stack.servers.tracestore.api.scores.post_scores import post_events, post_score


def routes() -> list[Route]:
    """A route for each path and method."""
    return [
        route("POST", "scores", post_score),
        route("POST", "ingestion", post_events),
        route("GET", "v3/scores", list_scores),
    ]
