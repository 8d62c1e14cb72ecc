"""The load balancer before small servers: what it adds to a request, and how it should choose for unequal calls.

    python -m tools.bench.balancer

What it adds is the difference of pairs: the same request directly and through it, one after the other on connections
that stay. For the choice each of two servers works on one request at a time, as a gateway's event loop does; nine of
ten requests are short and one is long. Before the real gateway: `tools.bench.replicas`.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import numpy as np
from aiohttp import web

from gateway_kit.settings import HOST, Settings
from gateway_kit.stack.services import balancer
from gateway_kit.stack.services.balancer import READY_PATH, Balancer, balancer_service
from gateway_kit.stack.supervisor import process
from gateway_kit.stack.supervisor.ports import free_offset
from tools.bench.rounds import Figures, medians_of_rounds

PAIRS, WARM_UP = 3000, 100
STRATEGIES = ("wrr", "p2c", "leasttime")
ROUNDS, CLIENTS, REQUESTS = 5, 12, 240
SHORT_S, LONG_S, LONG_SHARE = 0.01, 0.2, 0.1


def measure(scratch: Path) -> dict[str, Any]:
    """Milliseconds that it adds, and the waiting times for each way to choose."""
    settings = Settings(scratch, free_offset())
    with ExitStack() as running:
        urls = [running.enter_context(_server()) for _ in range(2)]
        running.enter_context(_balancer(settings, urls))
        return {"adds": _adds(settings, urls[0]), "unequal_calls": _unequal(settings, urls)}


def _adds(settings: Settings, url: str) -> Figures:
    Balancer(settings).send_to([url])
    port = int(url.rpartition(":")[2])
    with (
        closing(HTTPConnection(HOST, port)) as near,
        closing(HTTPConnection(HOST, settings.port("gateway"))) as far,
    ):
        pairs = [(_seconds(near), _seconds(far)) for _ in range(PAIRS + WARM_UP)][WARM_UP:]
    added = np.array([through - direct for direct, through in pairs]) * 1000
    return {
        "direct_p50_ms": round(median(direct for direct, _ in pairs) * 1000, 3),
        "through_p50_ms": round(median(through for _, through in pairs) * 1000, 3),
        "added_p50_ms": round(float(np.percentile(added, 50)), 3),
        "added_p90_ms": round(float(np.percentile(added, 90)), 3),
    }


def _seconds(connection: HTTPConnection) -> float:
    begin = time.perf_counter()
    connection.request("POST", "/work?s=0", body=b"x" * 500)
    connection.getresponse().read()
    return time.perf_counter() - begin


def _unequal(settings: Settings, urls: list[str]) -> dict[str, Figures]:
    def with_strategy(strategy: str) -> Figures:
        balancer.STRATEGY = strategy
        Balancer(settings).send_to(urls[:1])
        Balancer(settings).send_to(urls)
        return asyncio.run(_waiting(settings.port("gateway")))

    return medians_of_rounds({name: partial(with_strategy, name) for name in STRATEGIES}, ROUNDS)


async def _waiting(port: int) -> Figures:
    """How much longer than its work a request took."""
    dice, waited = random.Random(1), list[float]()
    works = iter([LONG_S if dice.random() < LONG_SHARE else SHORT_S for _ in range(REQUESTS)])

    async def client(session: aiohttp.ClientSession) -> None:
        for work in works:
            begin = time.perf_counter()
            async with session.post(f"http://{HOST}:{port}/work?s={work}") as answer:
                await answer.read()
            waited.append(time.perf_counter() - begin - work)

    async with aiohttp.ClientSession(trust_env=False) as session:
        begin = time.perf_counter()
        await asyncio.gather(*(client(session) for _ in range(CLIENTS)))
    return {
        "wait_p50_s": float(np.percentile(waited, 50)),
        "wait_p95_s": float(np.percentile(waited, 95)),
        "requests_per_s": REQUESTS / (time.perf_counter() - begin),
    }


@contextmanager
def _server() -> Iterator[str]:
    """A server in a thread of its own, which works on one request at a time; its URL."""
    ready, urls, loop = threading.Event(), list[str](), asyncio.new_event_loop()
    over = asyncio.Event()

    async def work(request: web.Request) -> web.Response:
        await request.read()
        if seconds := float(request.query["s"]):
            async with one_at_a_time:
                await asyncio.sleep(seconds)
        return web.Response(text="x" * 500)

    async def serve() -> None:
        app = web.Application()
        app.router.add_post("/work", work)
        app.router.add_get(READY_PATH, lambda _: _ready())
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, HOST, 0)
        await site.start()
        urls.append(f"http://{HOST}:{runner.addresses[0][1]}")
        ready.set()
        await over.wait()
        await runner.cleanup()

    async def _ready() -> web.Response:
        return web.Response()

    one_at_a_time = asyncio.Lock()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait()
    try:
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


@contextmanager
def _balancer(settings: Settings, urls: list[str]) -> Iterator[None]:
    service = balancer_service(settings, {}, urls)
    if service.prepare is not None:
        service.prepare()
    started = process.start(service)
    try:
        process.wait_ready(service, started, deadline_s=30)
        yield
    finally:
        process.stop(started)


if __name__ == "__main__":
    import json
    import tempfile

    with tempfile.TemporaryDirectory(prefix="gateway-kit-bench-") as folder:
        print(json.dumps(measure(Path(folder)), indent=1))
