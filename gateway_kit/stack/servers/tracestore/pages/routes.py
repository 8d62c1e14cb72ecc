"""The routes of the pages."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from gateway_kit.stack.servers.tracestore.pages import (
    config_views,
    dataset_views,
    experiment_views,
    prompt_views,
    queue_views,
    views,
)
from gateway_kit.stack.servers.tracestore.pages.actions import protected
from gateway_kit.stack.servers.tracestore.pages.html import HEADERS
from gateway_kit.stack.servers.tracestore.pages.sign_in import (
    Guesses,
    behind_sign_in,
    sign_in_form,
    sign_in_with,
    sign_out,
)

ASSETS = {
    "style.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "judge.js": "text/javascript; charset=utf-8",
}


async def asset(request: Request) -> Response:
    """The style sheet, the icon or the script, without sign-in."""
    name = request.url.path.rpartition("/")[2]
    headers = {**HEADERS, "Cache-Control": "no-cache"}
    return FileResponse(Path(__file__).parent / "assets" / name, media_type=ASSETS[name], headers=headers)


async def sign_in_page(request: Request) -> Response:
    """The sign-in form."""
    return await sign_in_form(request)


def page_routes() -> list[Route]:
    """All routes of the pages. Each call has its own count of wrong guesses."""
    pages = {
        "/": views.traces_page,
        "/traces": views.traces_page,
        "/traces/{trace_id}": views.trace_page,
        "/project/{project}/traces/{trace_id}": views.langfuse_trace_page,
        "/traces/{trace_id}/observations/{observation_id}/{column}": views.text_page,
        "/sessions": views.sessions_page,
        "/session": views.session_page,
        "/users": views.users_page,
        "/dashboard": views.dashboard_page,
        **prompt_views.PAGES,
        **dataset_views.PAGES,
        **experiment_views.PAGES,
        **queue_views.PAGES,
        **config_views.PAGES,
    }
    actions = {**prompt_views.ACTIONS, **queue_views.ACTIONS}
    return [
        Route("/sign-in", sign_in_page, methods=["GET"]),
        Route("/sign-in", sign_in_with(Guesses()), methods=["POST"]),
        Route("/sign-out", sign_out, methods=["POST"]),
        *(Route(f"/assets/{name}", asset, methods=["GET"]) for name in ASSETS),
        *(Route(path, behind_sign_in(page), methods=["GET"]) for path, page in pages.items()),
        *(Route(path, protected(action), methods=["POST"]) for path, action in actions.items()),
    ]
