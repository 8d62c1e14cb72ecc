"""Queries to the engine: what arrives, on which connections, and by which errors it is known to be gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from gateway_kit.stack.servers.gateway.engine_calls import EngineAnswer, EngineHTTP

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def ask(serve: Serve, *, times: int = 1, timeout_s: float = 30.0, **options: Any) -> list[EngineAnswer]:
    """What the client gets from a server whose connections `serve` handles."""

    async def run() -> list[EngineAnswer]:
        served: set[asyncio.Task[None]] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task
            served.add(task)
            await serve(reader, writer)
            writer.close()
            await asyncio.wait_for(writer.wait_closed(), 30)

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        client = EngineHTTP({"Authorization": "Bearer token"}, timeout_s)
        try:
            port = server.sockets[0].getsockname()[1]
            return [
                await client.request("POST", f"http://localhost:{port}/", **options) for _ in range(times)
            ]
        finally:
            await client.close()
            server.close()
            await asyncio.gather(*served)

    return asyncio.run(run())


class Engine:
    """Answers each request with its own head and body, and remembers how many connections there were."""

    connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            try:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
            except asyncio.IncompleteReadError:
                return
            names = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
            body = await reader.readexactly(int(names["content-length"]))
            self.head = names
            answer = b'{"asked":' + body + b"}"
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(answer) + answer)


def test_queries_arrive_signed_on_one_connection() -> None:
    engine = Engine()
    answers = ask(engine, times=3, content='"über"', headers={"X-transaction-id": "t1"})
    assert [answer.status for answer in answers] == [200] * 3
    assert asyncio.run(answers[0].json()) == {"asked": "über"}
    assert asyncio.run(answers[0].text()) == '{"asked":"über"}'
    assert engine.head["authorization"] == "bearer token"
    assert engine.head["x-transaction-id"] == "t1"
    assert engine.connections == 1


async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    pass


async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
    await writer.drain()


async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


@pytest.mark.parametrize(
    ("serve", "error"),
    [(hang_up, httpx.ReadError), (break_off, httpx.ReadError), (say_nothing, httpx.ReadTimeout)],
)
def test_an_engine_that_gives_no_whole_answer_is_gone(serve: Serve, error: type[Exception]) -> None:
    with pytest.raises(error):
        ask(serve, content="{}", timeout_s=0.2 if error is httpx.ReadTimeout else 30.0)


def test_an_engine_that_does_not_listen_was_never_reached() -> None:
    async def run() -> None:
        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        client = EngineHTTP({})
        try:
            with pytest.raises(httpx.ConnectError):
                await client.request("GET", f"http://localhost:{port}/status")
        finally:
            await client.close()
        with pytest.raises(httpx.ConnectError, match="was closed"):
            await client.request("GET", f"http://localhost:{port}/status")
        assert client.closed

    asyncio.run(run())
