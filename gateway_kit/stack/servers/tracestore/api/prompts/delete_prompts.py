"""DELETE v2/prompts/{name}: all versions, one, or the one with a label."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api.errors import invalid_request, not_found
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters
from gateway_kit.stack.servers.tracestore.api.prompts.prompt_json import (
    authorize_prompts,
    check_one_selector,
    read_version,
)
from gateway_kit.stack.servers.tracestore.store import prompts
from gateway_kit.stack.servers.tracestore.store.prompts import LATEST, Dependent, Prompt
from gateway_kit.stack.servers.tracestore.store.writing import writing


async def delete_prompts(request: Request) -> Response:
    """204 once they are gone. Raises Refusal 400 if other prompts refer to what is to be deleted."""
    authorize_prompts(request)
    name = request.path_params["name"]
    parameters = Parameters(request.query_params.multi_items())
    version, label = read_version(parameters), parameters.text("label")
    parameters.option("resolve", ("true", "false"))
    parameters.finish()
    check_one_selector(version, label)
    async with writing(request.app.state.pool, prompts.LOCK) as connection:
        everything = await prompts.versions(connection, name)
        doomed = [
            prompt
            for prompt in everything
            if (not version or prompt.version == version) and (not label or label in prompt.labels)
        ]
        if not doomed:
            raise not_found("Prompt not found")
        kept = [prompt for prompt in everything if prompt not in doomed]
        blocking = [
            dependent
            for dependent in await prompts.dependents(connection, name)
            if _would_break(dependent, doomed, kept)
        ]
        if blocking:
            raise invalid_request(_still_needed(name, blocking))
        if kept and not any(LATEST in prompt.labels for prompt in kept):
            await prompts.set_labels(connection, kept[0].id, [*kept[0].labels, LATEST])
        await prompts.delete(connection, [prompt.id for prompt in doomed])
    return Response(status_code=204)


def _would_break(dependent: Dependent, doomed: list[Prompt], kept: list[Prompt]) -> bool:
    if dependent.child_version is not None:
        return any(prompt.version == dependent.child_version for prompt in doomed)
    return not any(dependent.child_label in prompt.labels for prompt in kept)


def _still_needed(name: str, blocking: list[Dependent]) -> str:
    lines = "\n".join(
        f"{parent} v{version} depends on {name} {f'v{child}' if child is not None else label}"
        for parent, version, child, label in blocking
    )
    return (
        f"Other prompts are depending on prompt versions you are trying to delete:\n\n{lines}\n\n"
        "Please delete the dependent prompts first."
    )
