"""Where the handlers of this family are. The content has a path of the store's own; Langfuse's lies elsewhere."""

from __future__ import annotations

from starlette.routing import Route

from gateway_kit.stack.servers.tracestore.api.media.content import get_content, put_content
from gateway_kit.stack.servers.tracestore.api.media.media import declare, get_media, note_result
from gateway_kit.stack.servers.tracestore.api.paths import route


def routes() -> list[Route]:
    """A route for each path and method."""
    return [
        route("POST", "media", declare),
        route("GET", "media/{media_id}", get_media),
        route("PATCH", "media/{media_id}", note_result),
        route("GET HEAD", "media/{media_id}/content", get_content),
        route("PUT", "media/{media_id}/content", put_content),
    ]
