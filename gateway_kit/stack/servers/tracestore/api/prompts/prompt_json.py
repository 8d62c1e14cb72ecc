"""A version of a prompt as JSON, and which one a request names."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.requests import Request

from gateway_kit.stack.servers.tracestore.api import issues
from gateway_kit.stack.servers.tracestore.api.answers import time_text
from gateway_kit.stack.servers.tracestore.api.auth import authorize_by_name
from gateway_kit.stack.servers.tracestore.api.errors import invalid_request
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters
from gateway_kit.stack.servers.tracestore.config import Config
from gateway_kit.stack.servers.tracestore.store.prompts import Prompt


def authorize_prompts(request: Request) -> None:
    """Raise Refusal 401 or 403 unless the request carries the project's keys."""
    needs = f"Access denied - need to use basic auth with secret key to {request.method} prompts"
    authorize_by_name(request, needs)


def read_version(parameters: Parameters) -> int | None:
    """The parameter `version`; 0 counts as not given. Adds issues."""
    number = parameters.number("version")
    if number is not None and number != int(number):
        parameters.issues.append(issues.not_whole(["version"]))
        return None
    return int(number) if number else None


def check_one_selector(version: int | None, label: str | None) -> None:
    """Raise Refusal 400 if a request names both a version and a label."""
    if version and label:
        raise invalid_request("Cannot specify both version and label")


def prompt_to_json(prompt: Prompt, config: Config) -> dict[str, Any]:
    """The version as it was sent. `isActive` is null but in answers to GET."""
    return {
        "id": prompt.id,
        "createdAt": time_text(prompt.created_at),
        "updatedAt": time_text(prompt.updated_at),
        "projectId": config.project_id,
        "createdBy": "API",
        "prompt": orjson.loads(prompt.prompt),
        "name": prompt.name,
        "version": prompt.version,
        "type": prompt.type,
        "isActive": None,
        "config": orjson.loads(prompt.config),
        "tags": prompt.tags,
        "labels": prompt.labels,
        "commitMessage": prompt.commit_message,
    }
