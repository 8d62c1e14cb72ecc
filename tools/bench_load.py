"""The gateway under load, against the simulator called directly and against stock `litellm --config`.

Rounds are interleaved (simulator, gateway, stock, and again), since two identical proxies differ by half within a run
on a shared machine; medians of the rounds are compared. The simulated model answers at once here, so what is
measured is the way there and back.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import psutil
from bench_stack import BenchStack, bench_stack
from bench_stock import stock_litellm

from gateway_kit.providers import Providers
from gateway_kit.stack.ports import free_offset

CONNECTIONS = (1, 8, 32)
REQUESTS = {1: 60, 8: 240, 32: 320}
ROUNDS = 3
MODEL = "gpt-4o-mini"
PROMPT = "What is an LLM gateway?"
_serial = itertools.count()


def measure(scratch: Path) -> dict[str, Any]:
    """Per number of workers and connections: medians for each target and the ratios between them."""
    result: dict[str, Any] = {}
    with bench_stack(scratch) as stack:
        for workers in (1, 2):
            stack.up("--workers", str(workers))
            port = 4100 + free_offset((4100,), start=20000)
            with stock_litellm(stack, port, scratch / "stock.log") as (_, stock):
                result[f"workers_{workers}"] = asyncio.run(_compare(stack, stock, port))
    return result


async def _compare(stack: BenchStack, stock: psutil.Process, stock_port: int) -> dict[str, Any]:
    variables = stack.variables()
    with Providers(variables["PROVIDERS_URL"]) as providers:
        providers.profile(MODEL, ttft_s=0, tokens_per_s=100_000)
    pids = {row["service"]: row["pid"] for row in stack.status()}
    key = variables["GATEWAY_API_KEY"]
    targets = {
        "simulator": (variables["PROVIDERS_URL"], "simulated", psutil.Process(pids["providers"])),
        "gateway": (variables["GATEWAY_URL"], key, psutil.Process(pids["gateway"])),
        "stock": (f"http://127.0.0.1:{stock_port}", key, stock),
    }
    found: dict[str, Any] = {}
    for connections in CONNECTIONS:
        rounds: dict[str, list[dict[str, float]]] = {name: [] for name in targets}
        for number in range(-1, ROUNDS):
            for name, (url, secret, process) in targets.items():
                row = await _round(url, secret, process, connections, REQUESTS[connections])
                if number >= 0:  # the first round only warms up
                    rounds[name].append(row)
        medians = {
            name: {k: round(median(r[k] for r in rows), 4) for k in rows[0]} for name, rows in rounds.items()
        }
        found[f"connections_{connections}"] = {
            **medians,
            "gateway_to_stock_requests_per_s": _ratio(medians, "gateway", "stock", "requests_per_s"),
            "gateway_to_stock_p50": _ratio(medians, "gateway", "stock", "p50_s"),
            "gateway_overhead_p50_s": round(medians["gateway"]["p50_s"] - medians["simulator"]["p50_s"], 4),
        }
        print(f"  {connections} connections done", flush=True)
    return found


def _ratio(medians: dict[str, dict[str, float]], one: str, other: str, what: str) -> float:
    return round(medians[one][what] / medians[other][what], 2)


async def _round(
    url: str, secret: str, process: psutil.Process, connections: int, requests: int
) -> dict[str, float]:
    """Requests/s, p50, p99 and the longest latency, the longest pause without any answer, CPU seconds a request."""
    latencies: list[float] = []
    ends: list[float] = []
    numbers = iter(range(requests))
    headers = {"Authorization": f"Bearer {secret}"}
    connector = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(
        base_url=url, headers=headers, connector=connector, trust_env=False
    ) as session:

        async def client() -> None:
            for _ in numbers:
                # `user` is part of the cache's key: every request is a miss.
                body = {
                    "model": MODEL,
                    "user": f"u{next(_serial)}",
                    "messages": [{"role": "user", "content": PROMPT}],
                }
                begin = time.perf_counter()
                async with session.post("/v1/chat/completions", json=body) as answer:
                    await answer.read()
                    answer.raise_for_status()
                ends.append(time.perf_counter())
                latencies.append(ends[-1] - begin)

        cpu = _cpu_s(process)
        begin = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(connections)))
        took = time.perf_counter() - begin
        cpu = _cpu_s(process) - cpu
    latencies.sort()
    gaps = [b - a for a, b in itertools.pairwise([begin, *sorted(ends)])]
    return {
        "requests_per_s": requests / took,
        "p50_s": latencies[len(latencies) // 2],
        "p99_s": latencies[min(len(latencies) - 1, int(len(latencies) * 0.99))],
        "max_s": latencies[-1],
        "longest_pause_s": max(gaps),
        "cpu_s_per_request": cpu / requests,
    }


def _cpu_s(root: psutil.Process) -> float:
    """CPU seconds so far of a process and its children (workers, query engines)."""
    return sum(sum(p.cpu_times()[:2]) for p in (root, *root.children(recursive=True)))
