"""The board as a small web page: its own server, on this machine unless the facilitator says otherwise."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from hashlib import sha256

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from gateway_kit.common.ctrl_c import ended_by_ctrl_c
from gateway_kit.workshop.board.feed import Feed
from gateway_kit.workshop.board.page import board_html, content_security_policy, live_page
from gateway_kit.workshop.board.tables import board_csv
from gateway_kit.workshop.errors import WorkshopError

LOOPBACK = ("127.0.0.1", "localhost")
# How long a part is shown as it is, if nothing arrives: the minutes in it go on.
_REDRAW_S = 5.0
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def board_app(feed: Feed, *, names_hidden: bool, is_local: bool) -> Starlette:
    """The page, the part of it that changes, and the table as CSV.

    Names that were hidden for a page that others can reach are never sent; on this machine they can be shown.
    """
    pages = _Pages(feed, names_hidden, may_change_names=is_local or not names_hidden)
    # A page of another site must not reach the board through a name that it points at this machine.
    hosts = list(LOOPBACK) if is_local else ["*"]
    routes = [Route("/", pages.page), Route("/part", pages.part), Route("/board.csv", pages.csv)]
    return Starlette(routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts)])


class _Pages:
    """The answers. What changes is made once for all who ask."""

    def __init__(self, feed: Feed, names_hidden: bool, *, may_change_names: bool) -> None:
        self._feed, self._hidden, self._may_change_names = feed, names_hidden, may_change_names
        self._made: dict[bool, tuple[tuple[int, int], str, str]] = {}

    async def page(self, _: Request) -> Response:
        snapshot = self._feed.snapshot(names_hidden=self._hidden)
        headers = {**_HEADERS, "Content-Security-Policy": content_security_policy()}
        return HTMLResponse(live_page(snapshot, may_change_names=self._may_change_names), headers=headers)

    async def part(self, request: Request) -> Response:
        html, tag = self._part(self._hides(request))
        headers = {**_HEADERS, "ETag": tag}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return HTMLResponse(html, headers=headers)

    async def csv(self, request: Request) -> Response:
        snapshot = self._feed.snapshot(names_hidden=self._hides(request))
        name = f"{snapshot.workshop}-{snapshot.at.astimezone():%Y-%m-%d-%H%M}.csv"
        headers = {**_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
        return Response(board_csv(snapshot), media_type="text/csv", headers=headers)

    def _hides(self, request: Request) -> bool:
        if not self._may_change_names:
            return self._hidden
        return request.query_params.get("hidden", str(self._hidden)).lower() == "true"

    def _part(self, hidden: bool) -> tuple[str, str]:
        """The part that changes, and its tag; drawn anew when the board knows more, and as time passes."""
        of = self._feed.version, int(time.monotonic() // _REDRAW_S)
        made = self._made.get(hidden)
        if made is None or made[0] != of:
            html = board_html(self._feed.snapshot(names_hidden=hidden))
            made = of, html, f'"{sha256(html.encode()).hexdigest()[:20]}"'
            self._made[hidden] = made
        return made[1], made[2]


def serve_board(
    feed: Feed, *, host: str, port: int, names_hidden: bool, ready: Callable[[str], None]
) -> None:
    """Serve the board until Ctrl-C; `ready` gets its address. Raises WorkshopError if the address cannot be used."""
    listener = _listen(host, port)
    app = board_app(feed, names_hidden=names_hidden, is_local=host in LOOPBACK)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    feed.start()
    try:
        with ended_by_ctrl_c(server.handle_exit):
            ready(f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}/")
            server.run(sockets=[listener])
    finally:
        listener.close()
        feed.close()


def _listen(host: str, port: int) -> socket.socket:
    listener = None
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # The protocol is named because asyncio switches Nagle's algorithm off only then.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as exc:
        if listener is not None:
            listener.close()
        raise WorkshopError(
            f"The board cannot listen on {host}:{port} ({exc.strerror or exc}). "
            f"Choose another port: gateway-kit workshop board --port {port + 1}"
        ) from exc
    return listener
