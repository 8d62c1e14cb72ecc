"""PATCH v2/prompts/{name}/versions/{version}: more labels for a version."""

from __future__ import annotations

import math
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api import checks, issues
from gateway_kit.stack.servers.tracestore.api.answers import JSON, number
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.bodies import read_json
from gateway_kit.stack.servers.tracestore.api.errors import invalid_data, not_found
from gateway_kit.stack.servers.tracestore.api.parameters import js_number
from gateway_kit.stack.servers.tracestore.api.prompts.prompt_json import prompt_to_json
from gateway_kit.stack.servers.tracestore.store import prompts
from gateway_kit.stack.servers.tracestore.store.prompts import LATEST
from gateway_kit.stack.servers.tracestore.store.writing import writing

_LATEST_IS_AUTOMATIC = "Label 'latest' is always assigned to the latest prompt version"


async def change_labels(request: Request) -> Response:
    """200 with the version, once the labels are on it and taken from all others; it keeps those that it has."""
    authorize(request)
    labels = _read_labels(await read_json(request))
    name, version = request.path_params["name"], js_number(request.path_params["version"])
    async with writing(request.app.state.pool, prompts.LOCK) as connection:
        prompt = await prompts.find(connection, name, version) if math.isfinite(version) else None
        if prompt is None:
            shown = number(version) if math.isfinite(version) else "NaN"
            raise not_found(f"Prompt '{name}' version {shown} not found in project")
        changed = await prompts.add_labels(connection, prompt, labels)
    return JSON(prompt_to_json(changed, request.app.state.config))


def _read_labels(body: Any) -> list[str]:
    wrong: checks.Issues = []
    fields = checks.fields(body, [], wrong)
    labels = None if fields is None else checks.texts(fields.get("newLabels", ...), ["newLabels"], wrong)
    if labels and LATEST in labels and not wrong:
        wrong.append(issues.custom(["newLabels"], _LATEST_IS_AUTOMATIC))
    if wrong or labels is None:
        raise invalid_data(wrong)
    return labels
