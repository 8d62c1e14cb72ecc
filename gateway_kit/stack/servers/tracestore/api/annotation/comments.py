"""Comments on traces, observations, sessions and prompts; there is no change and no deletion."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api import issues, shapes
from gateway_kit.stack.servers.tracestore.api.annotation.queues import allow_no_parameters
from gateway_kit.stack.servers.tracestore.api.answers import JSON, time_text
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.bodies import read_json
from gateway_kit.stack.servers.tracestore.api.errors import invalid_request, not_found
from gateway_kit.stack.servers.tracestore.api.filter_sql import Binder
from gateway_kit.stack.servers.tracestore.api.listing import read_page
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters
from gateway_kit.stack.servers.tracestore.store.comments import comment_page, new_comment
from gateway_kit.stack.servers.tracestore.store.reader import Row, reading

OBJECT_TYPES = ("TRACE", "OBSERVATION", "SESSION", "PROMPT")
MAX_CHARS = 5000
BODY = shapes.fields(
    {
        "projectId": shapes.text(),  # has to be there; any value passes
        "content": shapes.text(least=1, most=MAX_CHARS, is_trimmed=True),
        "objectId": shapes.text(),
        "objectType": shapes.choice(OBJECT_TYPES),
        "authorUserId": shapes.nullish(shapes.text()),
    },
    is_strict=True,
)
_NOT_A_MEMBER = (
    "authorUserId must belong to a member of the organization that owns the authenticated project."
)
_FILTERS = {"objectType": "object_type", "objectId": "object_id", "authorUserId": "author_user_id"}


async def create(request: Request) -> Response:
    """`{"id"}` of the new comment. Raises Refusal 404 if what it is about is not there."""
    authorize(request)
    sent = shapes.read(BODY, await read_json(request))
    author = sent.get("authorUserId")
    if author is not None and author != request.app.state.config.user_id:
        raise invalid_request(_NOT_A_MEMBER)
    kind, object_id = sent["objectType"], sent["objectId"]
    comment_id = await new_comment(request.app.state.pool, kind, object_id, sent["content"], author)
    if comment_id is None:
        raise not_found(f"Reference object, {kind}: {object_id} not found. Skipping comment creation.")
    return JSON({"id": comment_id})


async def get_comment(request: Request) -> Response:
    """A comment by its id. Raises Refusal 404 for an unknown id."""
    authorize(request)
    allow_no_parameters(request)
    async with reading(request.app.state.pool) as reader:
        rows = await reader.rows(
            "select * from comments where id = %(id)s", {"id": request.path_params["id"]}
        )
    if not rows:
        raise not_found("Comment not found within authorized project")
    return JSON(_to_json(request, rows[0]))


async def list_comments(request: Request) -> Response:
    """A page of the comments, newest first."""
    authorize(request)
    parameters = Parameters(request.query_params.multi_items())
    binder = Binder()
    kind = parameters.option("objectType", OBJECT_TYPES)
    given = {
        "objectType": kind,
        "objectId": parameters.text("objectId"),
        "authorUserId": parameters.text("authorUserId"),
    }
    page = read_page(parameters)
    parameters.allow_only([*_FILTERS, "page", "limit"])
    if given["objectId"] and not kind and not parameters.issues:
        message = "objectType is required when objectId is provided"
        parameters.issues.append(issues.custom(["objectType"], message))
    parameters.finish()
    conditions = [
        f"{_FILTERS[name]} = {binder.bind(text)}" for name, text in given.items() if text is not None
    ]
    async with reading(request.app.state.pool) as reader:
        rows, total = await comment_page(reader, conditions, binder.values, page.limit, page.offset)
    return JSON({"data": [_to_json(request, row) for row in rows], "meta": page.meta(total)})


def _to_json(request: Request, row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "projectId": request.app.state.config.project_id,
        "createdAt": time_text(row["created_at"]),
        "updatedAt": time_text(row["updated_at"]),
        "objectType": row["object_type"],
        "objectId": row["object_id"],
        "content": row["content"],
        "authorUserId": row["author_user_id"],
    }
