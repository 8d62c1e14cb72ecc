"""POST feedback: what people want to tell the makers of Langfuse. The store has nobody to pass it on to."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway_kit.stack.servers.tracestore.api import rules, shapes
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.bodies import read_json
from gateway_kit.stack.servers.tracestore.api.errors import not_found
from gateway_kit.stack.servers.tracestore.api.paths import route

TARGETS = ("skill", "mcp-tool", "cli", "docs", "public-api", "other")
_NOT_HTTP = "referenceUrl must use http or https"


def _text(most: int) -> shapes.Shape:
    return shapes.text(is_trimmed=True, least=1, most=most)


BODY = shapes.fields(
    {
        "targetType": shapes.choice(TARGETS),
        "target": _text(200),
        "feedback": _text(3000),
        "goal": shapes.optional(_text(1500)),
        "referenceUrl": shapes.optional(
            shapes.text(
                most=2048,
                rules=[
                    rules.is_url,
                    rules.holds(lambda sent: sent.lower().startswith(("http:", "https:")), _NOT_HTTP),
                ],
            )
        ),
    },
    is_strict=True,
)


def routes() -> list[Route]:
    """The one path."""
    return [route("POST", "feedback", post_feedback)]


async def post_feedback(request: Request) -> Response:
    """404 for any valid feedback: it would be lost here."""
    authorize(request)
    shapes.read(BODY, await read_json(request))
    raise not_found(
        "The trace store does not pass feedback on to Langfuse. Give it at https://github.com/langfuse/langfuse, "
        "or run Langfuse itself: gateway-kit up --tracing langfuse"
    )
