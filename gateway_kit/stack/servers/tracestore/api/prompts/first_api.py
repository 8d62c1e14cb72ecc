"""Prompts in the first version of the API, which Langfuse still has: GET and POST prompts."""

from __future__ import annotations

from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api import checks
from gateway_kit.stack.servers.tracestore.api.answers import JSON
from gateway_kit.stack.servers.tracestore.api.auth import authorize_by_name
from gateway_kit.stack.servers.tracestore.api.bodies import read_json
from gateway_kit.stack.servers.tracestore.api.errors import invalid_data, not_found
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters
from gateway_kit.stack.servers.tracestore.api.prompts.create_prompt import store_version
from gateway_kit.stack.servers.tracestore.api.prompts.get_prompt import read_version_of
from gateway_kit.stack.servers.tracestore.api.prompts.prompt_body import read_prompt
from gateway_kit.stack.servers.tracestore.api.prompts.prompt_json import prompt_to_json, read_version
from gateway_kit.stack.servers.tracestore.store.prompts import PRODUCTION

_KEYS_NEEDED = "Access denied: Bearer auth and org api keys are not allowed to access"


async def get_named(request: Request) -> Response:
    """The version with the number that is asked for, or the label "production"."""
    authorize_by_name(request, _KEYS_NEEDED)
    parameters = Parameters(request.query_params.multi_items())
    sent = parameters.text("name")
    name = checks.text(... if sent is None else sent, ["name"], parameters.issues)
    version = read_version(parameters)
    parameters.finish()
    found = None if name is None else await read_version_of(request, unquote(name), version, PRODUCTION)
    if found is None:
        raise not_found("Prompt not found")
    return JSON(found)


async def create_active(request: Request) -> Response:
    """201 with the version. If it is active, it gets the label "production"."""
    authorize_by_name(request, _KEYS_NEEDED)
    new, wrong = read_prompt(await read_json(request), is_first_api=True)
    if new is None:
        raise invalid_data(wrong)
    stored = await store_version(request, new)
    answer = prompt_to_json(stored, request.app.state.config)
    return JSON(answer | {"isActive": PRODUCTION in stored.labels}, 201)
