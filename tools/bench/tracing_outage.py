"""The gateway while its trace store is healthy, slow, hanging or dead; and how many traces arrive afterwards.

    python -m tools.bench.tracing_outage             # a stack of its own
    python -m tools.bench.tracing_outage --running   # the stack of GATEWAY_HOME

Speed is compared in interleaved rounds of one run: medians, and their ratios to a healthy store. During the outages
calls come at a steady rate; a call counts as lost if its trace does not arrive before the deadline.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import psycopg

from tools.bench.rounds import instant_answers, medians_of_rounds
from tools.bench.stack import BenchStack, run_standalone

MODEL = "gpt-4o-mini"
PROMPT = "What is an LLM gateway?"
CONNECTIONS, REQUESTS, ROUNDS = 8, 160, 3
CONDITIONS = ("well", "slow", "hangs", "dead")
OUTAGE_S, BEFORE_S, AFTER_S, CALLS_PER_S = 30.0, 3.0, 3.0, 20.0
# Two of the longest waits between attempts, which are 64 s, and some room.
ARRIVAL_DEADLINE_S = 150.0
SLOW_ANSWER_S = 10.0


def measure_on(stack: BenchStack) -> dict[str, Any]:
    """Speed in each condition with its ratio to a healthy store, and the outages."""
    variables = stack.variables()
    with instant_answers(variables["PROVIDERS_URL"], MODEL):
        speed = _speed(stack, variables)
        outages = {how: _outage(stack, variables, how) for how in ("hangs", "dead")}
    return {"speed": speed, "outage_of_30_s": outages}


def _speed(stack: BenchStack, variables: dict[str, str]) -> dict[str, Any]:
    def in_condition(condition: str) -> dict[str, float]:
        with _store(stack, condition):
            return asyncio.run(_closed_loop(variables, REQUESTS))

    medians = medians_of_rounds({name: partial(in_condition, name) for name in CONDITIONS}, ROUNDS)
    well = medians["well"]
    ratios = {
        name: {
            f"{what}_to_well": round(row[what] / well[what], 2)
            for what in ("requests_per_s", "p50_s", "p99_s")
        }
        for name, row in medians.items()
    }
    return {name: {**medians[name], **ratios[name]} for name in CONDITIONS}


def _outage(stack: BenchStack, variables: dict[str, str], how: str) -> dict[str, Any]:
    """Steady calls before, during and after an outage: calls answered, traces that arrived, and how long they took."""
    tag = f"outage-{uuid.uuid4().hex[:8]}"
    memory_mb = _gateway_mb(stack)
    calls = asyncio.run(_open_loop(stack, variables, how, tag))
    begin = time.monotonic()
    arrived = 0
    while time.monotonic() - begin < ARRIVAL_DEADLINE_S:
        arrived = _arrived(variables, tag)
        if arrived >= calls["answered"]:
            break
        time.sleep(0.5)
    return {
        **calls,
        "arrived": arrived,
        "lost": calls["answered"] - arrived,
        "last_arrived_after_s": round(time.monotonic() - begin + AFTER_S, 1),
        "gateway_grew_mb": round(_gateway_mb(stack) - memory_mb, 1),
    }


@contextmanager
def _store(stack: BenchStack, condition: str) -> Iterator[None]:
    """Put the trace store into a condition; it is healthy again at the end."""
    pid = _store_pid(stack)
    if condition == "well":
        yield
    elif condition == "dead":
        os.kill(pid, signal.SIGKILL)
        try:
            yield
        finally:
            stack.run("up")
    else:
        pulse = None
        os.kill(pid, signal.SIGSTOP)
        if condition == "slow":  # runs for a moment every ten seconds, so an answer takes that long
            pulse = os.fork()
            if pulse == 0:
                while True:
                    time.sleep(SLOW_ANSWER_S)
                    os.kill(pid, signal.SIGCONT)
                    time.sleep(0.5)
                    os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            if pulse is not None:
                os.kill(pulse, signal.SIGKILL)
                os.waitpid(pulse, 0)
            os.kill(pid, signal.SIGCONT)


async def _closed_loop(variables: dict[str, str], requests: int) -> dict[str, float]:
    latencies: list[float] = []
    numbers = iter(range(requests))
    async with _session(variables) as session:

        async def client() -> None:
            for _ in numbers:
                took = await _call(session, "speed")
                latencies.append(took)

        begin = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(CONNECTIONS)))
        took = time.perf_counter() - begin
    latencies.sort()
    return {
        "requests_per_s": requests / took,
        "p50_s": latencies[len(latencies) // 2],
        "p99_s": latencies[int(len(latencies) * 0.99)],
        "max_s": latencies[-1],
    }


async def _open_loop(stack: BenchStack, variables: dict[str, str], how: str, tag: str) -> dict[str, Any]:
    """Calls at a steady rate, independent of the answers."""
    calls: list[asyncio.Task[float]] = []
    async with _session(variables) as session:

        async def go_on(seconds: float) -> None:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                calls.append(asyncio.create_task(_call(session, tag)))
                await asyncio.sleep(1 / CALLS_PER_S)

        await go_on(BEFORE_S)
        store = _store(stack, how)
        store.__enter__()
        await go_on(OUTAGE_S)
        # In a thread, so that calls continue while the store starts.
        recovery = asyncio.create_task(asyncio.to_thread(store.__exit__, None, None, None))
        await go_on(AFTER_S)
        await recovery
        done = await asyncio.gather(*calls, return_exceptions=True)
    latencies = sorted(each for each in done if isinstance(each, float))
    return {
        "calls": len(done),
        "answered": len(latencies),
        "failures": sorted({repr(each) for each in done if isinstance(each, BaseException)}),
        "slowest_call_s": round(latencies[-1], 3),
    }


async def _call(session: aiohttp.ClientSession, tag: str) -> float:
    body = {
        "model": MODEL,
        "user": uuid.uuid4().hex,  # part of the cache's key: every call is a miss
        "metadata": {"tags": [tag]},
        "messages": [{"role": "user", "content": PROMPT}],
    }
    begin = time.perf_counter()
    async with session.post("/v1/chat/completions", json=body) as answer:
        await answer.read()
        answer.raise_for_status()
    return time.perf_counter() - begin


def _session(variables: dict[str, str]) -> aiohttp.ClientSession:
    headers = {"Authorization": f"Bearer {variables['GATEWAY_API_KEY']}"}
    return aiohttp.ClientSession(base_url=variables["GATEWAY_URL"], headers=headers, trust_env=False)


def _arrived(variables: dict[str, str], tag: str) -> int:
    """The number of distinct calls with this tag whose trace is in the database."""
    url = urlunsplit(urlsplit(variables["DATABASE_URL"])._replace(path="/langfuse"))
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "select count(distinct metadata->>'litellm_call_id') from observations where %s = any(tags)",
            (tag,),
        ).fetchone()
    return int(row[0]) if row else 0


def _row(stack: BenchStack, service: str) -> dict[str, Any]:
    return next(row for row in stack.status() if row["service"] == service)


def _store_pid(stack: BenchStack) -> int:
    return int(_row(stack, "tracing")["pid"])


def _gateway_mb(stack: BenchStack) -> float:
    return float(_row(stack, "gateway")["rss_mb"])


if __name__ == "__main__":
    run_standalone(__doc__, measure_on)
