"""GET v2/prompts/{name}: one version, with its references replaced."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api.answers import JSON
from gateway_kit.stack.servers.tracestore.api.errors import conflict, not_found
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters
from gateway_kit.stack.servers.tracestore.api.prompts.prompt_json import (
    authorize_prompts,
    check_one_selector,
    prompt_to_json,
    read_version,
)
from gateway_kit.stack.servers.tracestore.store import prompts
from gateway_kit.stack.servers.tracestore.store.prompt_resolution import Resolution, UnresolvedError, finder
from gateway_kit.stack.servers.tracestore.store.prompts import PRODUCTION
from gateway_kit.stack.servers.tracestore.store.reader import snapshot


async def get_prompt(request: Request) -> Response:
    """The version with the label "production", or the one that the request names by version or label."""
    authorize_prompts(request)
    name = request.path_params["name"]
    parameters = Parameters(request.query_params.multi_items())
    version, label = read_version(parameters), parameters.text("label")
    resolve = parameters.option("resolve", ("true", "false"))
    parameters.finish()
    check_one_selector(version, label)
    found = await read_version_of(request, name, version, label or PRODUCTION, is_resolved=resolve != "false")
    if found is None:
        which = f"version {version}" if version else f"label '{PRODUCTION if label is None else label}'"
        raise not_found(f"Prompt not found: '{name}' with {which}")
    return JSON(found)


async def read_version_of(
    request: Request, name: str, version: int | None, label: str, *, is_resolved: bool = True
) -> dict[str, Any] | None:
    """The version as JSON; the label counts if no version is given. Raises Refusal 409 for a broken reference."""
    async with snapshot(request.app.state.pool) as connection:
        prompt = await prompts.find(connection, name, version, label)
        if prompt is None:
            return None
        answer = prompt_to_json(prompt, request.app.state.config)
        resolution = Resolution(prompt, finder(connection))
        if is_resolved and prompt.references:
            try:
                answer["prompt"] = orjson.loads(await resolution.prompt_json())
            except UnresolvedError as exc:
                raise conflict(str(exc)) from exc
    return answer | {"isActive": PRODUCTION in prompt.labels, "resolutionGraph": resolution.graph()}
