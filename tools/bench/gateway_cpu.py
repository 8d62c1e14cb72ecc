"""CPU time of one request in the kit's gateway, as a ratio to stock LiteLLM's with the same configuration.

    python -m tools.bench.gateway_cpu             # a stack of its own
    python -m tools.bench.gateway_cpu --running   # the stack of GATEWAY_HOME

The two gateways take turns: in each round both answer the same number of requests of each kind, in an order that
alternates. CPU time is that of the process and its children (the query engine), until what follows a request (spend,
traces) is done; once less what each uses in the same time when nobody calls it, and once with it. Each ratio is the
median over the rounds; its interval has the true median with 95 % certainty.
"""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from collections.abc import Callable
from math import comb
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import psutil

from gateway_kit.stack.supervisor.ports import free_offset
from tools.bench.rounds import instant_answers
from tools.bench.stack import BenchStack, cpu_s, run_standalone
from tools.bench.stock import stock_litellm

MODEL = "gpt-4o-mini"
ROUNDS, WARM_UP = 10, 2
REQUESTS, CONNECTIONS = 80, 4
# Spend is written once a second or two; traces are sent every few seconds.
SETTLE_S = 2.5
IDLE_S = 12

TARGET = 1.05

Body = dict[str, Any]
Spent = dict[str, dict[str, list[float]]]  # kind of request → gateway → CPU seconds per request of each round
KINDS: dict[str, Callable[[str], Body]] = {
    "miss": lambda _: _body(user=uuid.uuid4().hex),
    "hit": lambda run: _body(user=run),
    "stream": lambda _: _body(user=uuid.uuid4().hex, stream=True),
}


def measure_on(stack: BenchStack) -> dict[str, Any]:
    """For each kind of request: CPU ms in both gateways, the median ratio and its interval."""
    variables = stack.variables()
    port = 4100 + free_offset((4100,))
    gateway = next(row["pid"] for row in stack.status() if row["service"] == "gateway")
    with (
        TemporaryDirectory() as scratch,
        stock_litellm(stack, port, Path(scratch) / "stock.log") as (_, stock),
        instant_answers(variables["PROVIDERS_URL"], MODEL),
    ):
        targets = {
            "kit": (variables["GATEWAY_URL"], psutil.Process(gateway)),
            "stock": (f"http://127.0.0.1:{port}", stock),
        }
        return asyncio.run(_compare(targets, variables["GATEWAY_API_KEY"]))


async def _compare(targets: dict[str, tuple[str, psutil.Process]], key: str) -> dict[str, Any]:
    alone: Spent = {kind: {name: [] for name in targets} for kind in KINDS}
    whole: Spent = {kind: {name: [] for name in targets} for kind in KINDS}
    idle: dict[str, float] = {}
    run = uuid.uuid4().hex
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(headers=headers, trust_env=False, connector=connector) as session:
        for number in range(-WARM_UP, ROUNDS):
            if number == 0:
                idle = {name: await _idle(process) for name, (_, process) in targets.items()}
            for kind, body in KINDS.items():
                for name in sorted(targets, reverse=bool(number % 2)):
                    begin = time.monotonic()
                    spent_s = await _round(session, *targets[name], [body(run) for _ in range(REQUESTS)])
                    if number >= 0:
                        background_s = idle[name] * (time.monotonic() - begin)
                        alone[kind][name].append((spent_s - background_s) / REQUESTS)
                        whole[kind][name].append(spent_s / REQUESTS)
    return {
        **{kind: _figures(rows) for kind, rows in alone.items()},
        "with_the_background": {kind: _figures(rows) for kind, rows in whole.items()},
        "idle_cpu_ms_per_s": {name: round(share * 1000, 1) for name, share in idle.items()},
        "target": TARGET,
        "load_average": [round(load, 1) for load in os.getloadavg()],
    }


async def _round(
    session: aiohttp.ClientSession, url: str, process: psutil.Process, bodies: list[Body]
) -> float:
    """CPU seconds that the process uses until it has answered these requests and done what follows them."""
    before_s = cpu_s(process)

    async def client() -> None:
        while bodies:
            async with session.post(f"{url}/v1/chat/completions", json=bodies.pop()) as answer:
                await answer.read()
                answer.raise_for_status()

    await asyncio.gather(*(client() for _ in range(CONNECTIONS)))
    await asyncio.sleep(SETTLE_S)
    return cpu_s(process) - before_s


async def _idle(process: psutil.Process) -> float:
    """CPU seconds per second when nobody calls."""
    before_s = cpu_s(process)
    await asyncio.sleep(IDLE_S)
    return (cpu_s(process) - before_s) / IDLE_S


def _figures(rows: dict[str, list[float]]) -> dict[str, Any]:
    ratios = sorted(kit / stock for kit, stock in zip(rows["kit"], rows["stock"], strict=True))
    low, high = _interval(ratios)
    return {
        "kit_ms": round(median(rows["kit"]) * 1000, 2),
        "stock_ms": round(median(rows["stock"]) * 1000, 2),
        "ratio": round(median(ratios), 3),
        "interval": [round(low, 3), round(high, 3)],
        "rounds": len(ratios),
    }


def _interval(ordered: list[float]) -> tuple[float, float]:
    """Bounds that hold the true median with at least 95 %: order statistics, so without an assumed distribution."""
    n, below, rank = len(ordered), 0.5 ** len(ordered), 0
    while below + comb(n, rank + 1) * 0.5**n <= 0.025:
        rank += 1
        below += comb(n, rank) * 0.5**n
    return ordered[rank], ordered[n - 1 - rank]


def _body(**more: Any) -> Body:
    message = {"role": "user", "content": "What is an LLM gateway?"}
    return {"model": MODEL, "messages": [message], "cache": {"ttl": 3600}, **more}


if __name__ == "__main__":
    run_standalone(__doc__, measure_on)
