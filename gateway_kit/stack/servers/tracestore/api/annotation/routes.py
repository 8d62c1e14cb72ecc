"""Where the handlers of this family are."""

from __future__ import annotations

from starlette.routing import Route

from gateway_kit.stack.servers.tracestore.api.annotation import assignments, comments, queue_items, queues
from gateway_kit.stack.servers.tracestore.api.paths import route


def routes() -> list[Route]:
    """A route for each path and method."""
    one_queue = "annotation-queues/{queue_id}"
    return [
        route("GET", "comments", comments.list_comments),
        route("POST", "comments", comments.create),
        route("GET", "comments/{id}", comments.get_comment),
        route("GET", "annotation-queues", queues.list_queues),
        route("POST", "annotation-queues", queues.create),
        route("GET", one_queue, queues.get_queue),
        route("GET", f"{one_queue}/items", queue_items.list_items),
        route("POST", f"{one_queue}/items", queue_items.create),
        route("GET", f"{one_queue}/items/{{id}}", queue_items.get_item),
        route("PATCH", f"{one_queue}/items/{{id}}", queue_items.change),
        route("DELETE", f"{one_queue}/items/{{id}}", queue_items.remove),
        route("POST", f"{one_queue}/assignments", assignments.create),
        route("DELETE", f"{one_queue}/assignments", assignments.remove),
    ]
