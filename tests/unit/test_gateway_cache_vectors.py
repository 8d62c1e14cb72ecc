"""The semantic cache's own way to a plain embedding server, and when it takes LiteLLM's instead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web

from gateway_kit.stack.servers.gateway.cache_vectors import DirectWay, EmbeddingServer, plain_server

PARAMS = {
    "model": "hosted_vllm/mini",
    "api_base": "http://127.0.0.1:8091/v1",
    "api_key": "none",
    "no-log": True,
    "use_litellm_proxy": False,  # LiteLLM's router adds such
}
CACHE = SimpleNamespace(embedding_timeout=3)
LITELLMS, OWN = [0.0], [1.0]

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def vector(_: web.Request) -> web.Response:
    return web.json_response({"data": [{"embedding": OWN}]})


@asynccontextmanager
async def served(handler: Handler = vector) -> AsyncIterator[tuple[EmbeddingServer, list[Any]]]:
    """A server of embeddings, and the requests that it gets: (path, header, body, connection)."""
    got: list[Any] = []

    async def noting(request: web.Request) -> web.StreamResponse:
        connection = request.transport.get_extra_info("peername")  # type: ignore[union-attr]
        got.append((request.path, request.headers["Authorization"], await request.json(), connection))
        return await handler(request)

    app = web.Application()
    app.router.add_post("/v1/embeddings", noting)
    runner = web.AppRunner(app, shutdown_timeout=0.01)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    try:
        yield EmbeddingServer(f"http://127.0.0.1:{port}/v1/embeddings", "a-key", "mini"), got
    finally:
        await runner.cleanup()


class Litellm:
    """Stands where LiteLLM's method does."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, cache: Any, prompt: str, metadata: Any = None) -> list[float]:
        self.asked.append(prompt)
        return LITELLMS


async def embedded(way: DirectWay, text: str, cache: Any = CACHE) -> list[float]:
    """The text's vector, in a task of its own, as each request has one."""
    return await asyncio.create_task(way.vector(cache, text, {}))


@asynccontextmanager
async def direct(litellm: Litellm, server: EmbeddingServer | None) -> AsyncIterator[DirectWay]:
    way = DirectWay(litellm, lambda _: server)
    try:
        yield way
    finally:
        await way.close()


def test_a_deployment_that_litellm_has_nothing_to_do_for_is_known():
    server = EmbeddingServer("http://127.0.0.1:8091/v1/embeddings", "none", "mini")
    facts = {"mode": "embedding", "output_vector_size": 384, "input_cost_per_token": 5e-9}
    assert plain_server([{"litellm_params": PARAMS, "model_info": facts}]) == server


@pytest.mark.parametrize(
    "changes",
    [
        {"no-log": None},  # its calls are traced, and cost something
        {"model": "openai/mini"},
        {"model": "hosted_vllm/*"},
        {"api_base": "http://embeddings.example:8091/v1"},
        {"api_base": "https://127.0.0.1:8091/v1"},
        {"api_base": None},
        {"rpm": 10},
        {"timeout": 1},
        {"extra_headers": {"x": "y"}},
    ],
    ids=str,
)
def test_a_deployment_with_more_to_it_is_left_to_litellm(changes: dict[str, Any]):
    assert plain_server([{"litellm_params": {**PARAMS, **changes}}]) is None


def test_several_deployments_none_and_texts_to_be_cut_are_left_to_litellm():
    plain = {"litellm_params": PARAMS}
    assert plain_server([plain, plain]) is None
    assert plain_server([]) is None
    assert plain_server([{**plain, "model_info": {"max_input_tokens": 256}}]) is None


def test_each_text_is_asked_for_in_openais_format_over_one_connection():
    async def run() -> None:
        litellm = Litellm()
        async with served() as (server, got), direct(litellm, server) as way:
            assert [await embedded(way, text) for text in ("one", "two", "one")] == [OWN] * 3
        assert [(path, key, body) for path, key, body, _ in got] == [
            ("/v1/embeddings", "Bearer a-key", {"model": "mini", "input": text})
            for text in ("one", "two", "one")
        ]
        assert len({connection for *_, connection in got}) == 1
        assert litellm.asked == []

    asyncio.run(run())


def test_an_answer_is_kept_under_the_vector_that_looked_for_it():
    """A request embeds its question once, although the answer is kept by a task that outlives it."""

    async def request(way: DirectWay) -> None:
        await way.vector(CACHE, "question")
        kept = asyncio.create_task(way.vector(CACHE, "question"))
        other = asyncio.create_task(way.vector(SimpleNamespace(embedding_timeout=3), "question"))
        assert await asyncio.gather(kept, other) == [OWN, OWN]

    async def run() -> None:
        async with served() as (server, got), direct(Litellm(), server) as way:
            await asyncio.create_task(request(way))
            assert len(got) == 2  # one for each cache
            await asyncio.create_task(request(way))
            assert len(got) == 4  # a new request asks again

    asyncio.run(run())


async def refused(_: web.Request) -> web.Response:
    return web.json_response({"error": {}}, status=500)


async def nonsense(_: web.Request) -> web.Response:
    return web.Response(body=b"<html>")


async def empty(_: web.Request) -> web.Response:
    return web.json_response({"data": []})


@pytest.mark.parametrize("handler", [refused, nonsense, empty])
def test_after_a_failure_litellm_asks(handler: Handler):
    async def run() -> None:
        litellm = Litellm()
        async with served(handler) as (server, got), direct(litellm, server) as way:
            assert [await embedded(way, text) for text in ("one", "two")] == [LITELLMS] * 2
        assert litellm.asked == ["one", "two"]
        assert len(got) == 1

    asyncio.run(run())


def test_a_server_that_is_gone_is_litellms_and_so_is_one_that_is_not_plain():
    async def run() -> None:
        async with served() as (gone, _):
            pass
        for server in (gone, None):
            litellm = Litellm()
            async with direct(litellm, server) as way:
                assert await embedded(way, "one") == LITELLMS
            assert litellm.asked == ["one"]

    asyncio.run(run())


def test_a_server_that_hangs_costs_one_time_out_and_then_litellm_asks():
    async def run() -> None:
        litellm, impatient, end = Litellm(), SimpleNamespace(embedding_timeout=0.05), asyncio.Event()

        async def hang(_: web.Request) -> web.Response:
            await end.wait()
            return web.Response()

        async with served(hang) as (server, _), direct(litellm, server) as way:
            with pytest.raises(ValueError, match=r"Failed to generate embedding: no answer from http://127"):
                await embedded(way, "one", impatient)
            assert litellm.asked == []
            assert await embedded(way, "two", impatient) == LITELLMS
            end.set()

    asyncio.run(run())
