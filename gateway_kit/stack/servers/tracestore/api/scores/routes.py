"""Where the handlers of this family are."""

from __future__ import annotations

from starlette.routing import Route

from gateway_kit.stack.servers.tracestore.api.paths import route
from gateway_kit.stack.servers.tracestore.api.scores.get_scores import list_scores
from gateway_kit.stack.servers.tracestore.api.scores.post_scores import (
    post_events,
    post_score,
    remove_score,
)
from gateway_kit.stack.servers.tracestore.api.scores.score_configs import (
    change,
    create,
    get_config,
    list_configs,
)


def routes() -> list[Route]:
    """A route for each path and method."""
    return [
        route("POST", "scores", post_score),
        route("DELETE", "scores/{id}", remove_score),
        route("POST", "ingestion", post_events),
        route("GET", "v3/scores", list_scores),
        route("GET", "score-configs", list_configs),
        route("POST", "score-configs", create),
        route("GET", "score-configs/{id}", get_config),
        route("PATCH", "score-configs/{id}", change),
    ]
