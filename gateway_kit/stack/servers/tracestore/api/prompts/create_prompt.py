"""POST v2/prompts: a new version of a prompt."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api.answers import JSON
from gateway_kit.stack.servers.tracestore.api.bodies import json_text, read_json
from gateway_kit.stack.servers.tracestore.api.errors import invalid_data, invalid_request
from gateway_kit.stack.servers.tracestore.api.prompts.prompt_body import NewPrompt, read_prompt
from gateway_kit.stack.servers.tracestore.api.prompts.prompt_json import (
    authorize_prompts,
    prompt_to_json,
)
from gateway_kit.stack.servers.tracestore.api.prompts.references import find_references
from gateway_kit.stack.servers.tracestore.store import prompts
from gateway_kit.stack.servers.tracestore.store.prompt_resolution import Resolution, UnresolvedError, finder
from gateway_kit.stack.servers.tracestore.store.prompts import LATEST, Prompt
from gateway_kit.stack.servers.tracestore.store.writing import writing

_OTHER_TYPE = "Previous versions have different prompt type. Create a new prompt with a different name."
_VARIABLE = re.compile(r"\{\{([^{}]*)\}\}")


async def create_prompt(request: Request) -> Response:
    """201 with the version, once it is committed. It takes "latest" and its other labels from earlier versions."""
    authorize_prompts(request)
    new, wrong = read_prompt(await read_json(request))
    if new is None:
        raise invalid_data(wrong)
    stored = await store_version(request, new)
    return JSON(prompt_to_json(stored, request.app.state.config), 201)


async def store_version(request: Request, new: NewPrompt) -> Prompt:
    """The version as it is stored. Raises Refusal 400 if it does not fit its earlier versions or its references."""
    async with writing(request.app.state.pool, prompts.LOCK) as connection:
        earlier = await prompts.newest(connection, new.name)
        if earlier is not None and earlier.type != new.type:
            raise invalid_request(_OTHER_TYPE)
        _check_placeholders(new)
        version = _version_after(earlier, new)
        references = find_references(version.prompt)
        try:
            await Resolution(version, finder(connection), references).prompt_json()
        except UnresolvedError as exc:
            raise invalid_request(str(exc)) from exc
        await prompts.take_labels(connection, new.name, version.labels)
        if earlier is not None and set(version.tags) != set(earlier.tags):
            await prompts.set_tags(connection, new.name, version.tags)
        return await prompts.insert(connection, version, references)


def _version_after(earlier: Prompt | None, new: NewPrompt) -> Prompt:
    now = datetime.now(UTC)  # the database sets the time that counts
    tags = new.tags if new.tags is not None else earlier.tags if earlier else []
    return Prompt(
        id=str(uuid.uuid4()),
        name=new.name,
        version=earlier.version + 1 if earlier else 1,
        type=new.type,
        prompt=json_text(new.prompt),
        config=json_text(new.config),
        labels=list(dict.fromkeys([*new.labels, LATEST])),
        tags=list(dict.fromkeys(tags)),
        commit_message=new.commit_message,
        created_at=now,
        updated_at=now,
    )


def _check_placeholders(new: NewPrompt) -> None:
    """Raise Refusal 400 if a chat prompt has a variable and a placeholder of the same name."""
    if isinstance(new.prompt, str):
        return
    placeholders = {message["name"] for message in new.prompt if "name" in message}
    variables = dict.fromkeys(
        name for message in new.prompt for name in _VARIABLE.findall(message.get("content", ""))
    )
    both = [name for name in variables if name in placeholders]
    if both:
        raise invalid_request(
            "Cannot create prompt, variables and placeholders must be unique, the following are not: "
            + ", ".join(both)
        )
