"""A server that waits: it ends when it is told to, not at the next tick, and its answers carry the date."""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import Any

import httpx
import pytest
import uvicorn

from gateway_kit.stack.servers import quiet_server
from gateway_kit.stack.servers.quiet_server import WaitingServer
from gateway_kit.stack.servers.serving import open_socket


async def hello(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": b"hello"})


def test_a_server_ends_when_it_is_told_to_and_not_at_its_next_tick(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(quiet_server, "TICK_S", 3600.0)
    listener = open_socket("127.0.0.1", 0)
    listener.listen()  # the call below may come before the server does it
    config = uvicorn.Config(hello, lifespan="off", log_level="warning")
    server = WaitingServer(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    host, port = listener.getsockname()
    answer = httpx.get(f"http://{host}:{port}/", trust_env=False, timeout=60)
    assert answer.text == "hello"
    assert answer.headers["date"].endswith("GMT")
    server.handle_exit(signal.SIGTERM, None)
    thread.join(60)
    assert not thread.is_alive()
