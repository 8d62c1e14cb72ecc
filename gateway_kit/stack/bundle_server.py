"""Hand a bundle out over a room's network: one file, its checksum and a page, for many at once."""

from __future__ import annotations

import errno
import os
import re
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote

import psutil
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from gateway_kit.common.ctrl_c import ended_by_ctrl_c
from gateway_kit.settings import HOST
from gateway_kit.stack.bundle_page import commands, page
from gateway_kit.stack.supervisor import ports
from gateway_kit.workshop.bundle import Bundle, checksum, describe
from gateway_kit.workshop.downloads import Downloads
from gateway_kit.workshop.errors import WorkshopError

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # only if the facilitator asks for it
STOP_S = 1  # for pages that are just being sent; a download goes on later


def serve_bundle(path: Path, listen: str, port: int, show: Callable[[str], None]) -> None:
    """Serve until Ctrl-C; `show` gets the address, the checksum, and a line for each machine that has it all.

    Raises WorkshopError if the file is no bundle, or the address or the port cannot be used.
    """
    bundle = describe(path)
    with closing(_listener(listen, port)) as listener, path.open("rb") as file:
        show(f"Computing the SHA-256 of {path} …")
        sha256 = checksum(path)
        downloads = Downloads(
            bundle.size, lambda machine, count: show(f"{machine} has all of it; machines that have: {count}")
        )
        addresses = [f"{_host(address)}:{port}" for address in _addresses(listen)]
        config = uvicorn.Config(
            application(bundle, sha256, file.fileno(), addresses[0], downloads),
            log_level="critical", access_log=False, server_header=False, lifespan="off",
            timeout_graceful_shutdown=STOP_S,
        )  # fmt: skip
        server = uvicorn.Server(config)
        with ended_by_ctrl_c(server.handle_exit):
            for line in _introduction(bundle, sha256, listen, addresses):
                show(line)
            server.run(sockets=[listener])
    unfinished = (
        f"; {downloads.begun} have a part, and go on when it is served again" if downloads.begun else ""
    )
    show(f"\nEnded. Machines that have all of it: {downloads.complete}{unfinished}.")


def application(
    bundle: Bundle, sha256: str, descriptor: int, fallback: str, downloads: Downloads
) -> Starlette:
    """The application: the page, the archive as opened under `descriptor`, and its checksum; nothing else."""
    name = bundle.path.name

    def give_page(request: Request) -> Response:
        return HTMLResponse(page(bundle, sha256, request.headers.get("host", ""), fallback))

    def give_file(request: Request) -> Response:
        # As the client wrote it: `%2F` in it is no folder.
        asked = unquote(request.scope["raw_path"].decode("latin-1").partition("?")[0][1:])
        if asked == f"{name}.sha256":
            return PlainTextResponse(f"{sha256}  {name}\n")
        if asked == name:
            return _Counted(descriptor, name, downloads)
        return PlainTextResponse(f"Here is only {name}; see /\n", status_code=404)

    return Starlette(routes=[Route("/", give_page), Route("/{name:path}", give_file)])


class _Counted(FileResponse):
    """The archive, whole or the part that is asked for, with what was sent counted."""

    chunk_size = 512 * 1024

    def __init__(self, descriptor: int, name: str, downloads: Downloads) -> None:
        # By its descriptor: a file that was replaced since goes on being the one whose checksum was said.
        super().__init__(
            f"/proc/self/fd/{descriptor}",
            filename=name,
            media_type="application/x-tar",
            stat_result=os.fstat(descriptor),
        )
        self._downloads = downloads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        machine = scope["client"][0] if scope.get("client") else "somebody"
        position: int | None = None

        async def counted(message: Message) -> None:
            nonlocal position
            if message["type"] == "http.response.start":
                position = _first_byte(message)
            await send(message)
            if message["type"] == "http.response.body" and position is not None:
                end = position + len(message.get("body", b""))
                self._downloads.sent(machine, position, end)
                position = end

        await super().__call__(scope, receive, counted)


def _first_byte(start: Message) -> int | None:
    """Where in the file an answer's body begins; None if it is no single part of the file."""
    if start["status"] == 200:
        return 0
    headers = {key.lower(): value for key, value in start["headers"]}
    found = re.match(rb"bytes (\d+)-", headers.get(b"content-range", b""))
    return int(found[1]) if start["status"] == 206 and found else None


def _listener(listen: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(listen, port, type=socket.SOCK_STREAM)[0][0]
        both = listen == "::" and socket.has_dualstack_ipv6()  # this machine's IPv4 addresses as well
        return socket.create_server((listen, port), family=family, backlog=128, dualstack_ipv6=both)
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE:
            why = f"port {port} belongs to {ports.owner(port)}. Choose another: --port {port + 1}"
        elif exc.errno == errno.EACCES:
            why = f"port {port} is reserved for root. Choose one above 1023: --port 8008"
        else:
            own = ", ".join(_addresses(EVERYWHERE[0]))
            why = f"that is no address of this machine. It has: {own}"
        raise WorkshopError(f"The bundle cannot be served at {listen}: {why}") from exc


def _addresses(listen: str) -> list[str]:
    """The addresses at which others find what listens: itself, or this machine's own if it listens everywhere."""
    if listen not in EVERYWHERE:
        return [listen]
    own = [
        entry.address
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family == socket.AF_INET and not entry.address.startswith("127.")
    ]
    return own or [HOST]


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _introduction(bundle: Bundle, sha256: str, listen: str, addresses: list[str]) -> list[str]:
    first = f"http://{addresses[0]}/{bundle.path.name}"
    at = " or ".join(f"http://{address}/" for address in addresses)
    if listen.startswith("127.") or listen in ("localhost", "::1"):
        who = (
            "Only this machine reaches it. For the room: --listen 0.0.0.0, or one of this machine's addresses"
        )
    else:
        who = "Whoever reaches this address can fetch it, without a password; nothing else is served"
    return [
        f"{bundle.path.name}: {bundle.size / 1e6:,.0f} MB, for {bundle.made_for}",
        f"SHA-256: {sha256}",
        f"Attendees open {at} or type:",
        *(f"  {command}" for command in commands(bundle, sha256, first)),
        f"{who}. Ctrl-C ends it.",
    ]
