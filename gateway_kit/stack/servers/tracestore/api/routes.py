"""The routes of the public API, except metrics. Other paths are answered with 404, wrong methods with 405."""

from __future__ import annotations

from starlette.routing import Route

from gateway_kit.stack.servers.tracestore.api import deployment, feedback, gone, organization
from gateway_kit.stack.servers.tracestore.api.annotation import routes as annotation
from gateway_kit.stack.servers.tracestore.api.connections import routes as connections
from gateway_kit.stack.servers.tracestore.api.datasets import routes as datasets
from gateway_kit.stack.servers.tracestore.api.experiments import routes as experiments
from gateway_kit.stack.servers.tracestore.api.media import routes as media
from gateway_kit.stack.servers.tracestore.api.models import routes as models
from gateway_kit.stack.servers.tracestore.api.observations import routes as observations
from gateway_kit.stack.servers.tracestore.api.prompts import routes as prompts
from gateway_kit.stack.servers.tracestore.api.scores import routes as scores

_FAMILIES = (
    annotation,
    connections,
    datasets,
    deployment,
    feedback,
    experiments,
    media,
    models,
    observations,
    prompts,
    scores,
    gone,
    organization,
)


def api_routes() -> list[Route]:
    """The routes of each family; of two routes for one path and method the first answers."""
    return [route for family in _FAMILIES for route in family.routes()]
