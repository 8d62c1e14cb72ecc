"""The time of an answer from a cache: exact and semantic hits compared with the gateway's own overhead, in one run.

    python -m tools.bench.caching             # a stack of its own
    python -m tools.bench.caching --running   # the stack of GATEWAY_HOME

Sends one request at a time, in short interleaved rounds, so that other load affects all kinds alike; each
figure is the median of all requests of its kind. The gateway's own overhead is the time of a miss minus the provider's
time for it, from the provider's journal: authentication, lookup, logging and accounting without the wait for a model.
The simulated model answers at once here, except for the last kind, where it has the lessons' speed. An unexpected hit
or miss ends the run with an error.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import aiohttp
import psutil
import redis

from gateway_kit.gateway.providers import Providers
from gateway_kit.gateway.semantic import SemanticGateway, semantic_gateway
from tools.bench.stack import BenchStack, cpu_s, run_standalone

MODEL = "gpt-4o-mini"
KEPT, ASKED = "How do I reset my password?", "How can I reset my password?"
ROUNDS, REQUESTS, SLOW_REQUESTS = 12, 25, 30
TTL_S = 3600  # longer than the run

# Targets: a hit takes at most 1.3 times the overhead, a semantic hit at most 10 ms more than an exact one.
TARGETS = {"exact_hit_to_overhead": 1.3, "semantic_hit_above_exact_hit_ms": 10.0}


@dataclass
class Kind:
    """Requests of one kind: URL, body, whether the cache must answer; and the measurements."""

    url: str
    process: psutil.Process
    hit: bool
    body: Callable[[], dict[str, Any]]
    latencies_s: list[float] = field(default_factory=list)
    cpu_s: float = 0.0

    def figures(self) -> dict[str, float]:
        """Median and upper quartile of latency, the gateway's CPU time per request, and the number of requests."""
        ordered = sorted(self.latencies_s)
        return {
            "p50_ms": _ms(median(ordered)),
            "p75_ms": _ms(ordered[len(ordered) * 3 // 4]),
            "cpu_ms": _ms(self.cpu_s / len(ordered)),
            "n": len(ordered),
        }


def measure_on(stack: BenchStack) -> dict[str, Any]:
    """Median latencies of misses and hits, their ratios, the targets and the counts."""
    os.environ["GATEWAY_HOME"] = str(stack.home)
    variables = stack.variables()
    index = f"bench-{uuid.uuid4().hex}"
    with Providers(variables["PROVIDERS_URL"]) as providers, semantic_gateway(index=index) as semantic:
        try:
            latencies = asyncio.run(_latencies(stack, variables, semantic, providers))
            return {**latencies, "pairs": _pairs(semantic)}
        finally:
            providers.reset_profiles()
            semantic.cache.index.drop()


async def _latencies(
    stack: BenchStack, variables: dict[str, str], semantic: SemanticGateway, providers: Providers
) -> dict[str, Any]:
    processes = {row["service"]: psutil.Process(row["pid"]) for row in stack.status() if row["pid"]}
    first, second = processes["gateway"], processes["semantic-1"]
    url, run = variables["GATEWAY_URL"], uuid.uuid4().hex
    copies = _Copies(variables["REDIS_URL"], run)
    kinds = {
        "exact_miss": Kind(url, first, False, lambda: _body(user=uuid.uuid4().hex)),
        "exact_hit": Kind(url, first, True, lambda: _body(user=run)),
        "exact_hit_read_from_redis": Kind(url, first, True, lambda: _body(namespace=copies.next())),
        "semantic_miss": Kind(semantic.url, second, False, lambda: _body(user=uuid.uuid4().hex)),
        "semantic_hit": Kind(semantic.url, second, True, lambda: _body(ASKED, user=run)),
    }
    slow = Kind(url, first, False, lambda: _body(user=uuid.uuid4().hex))
    headers = {"Authorization": f"Bearer {variables['GATEWAY_API_KEY']}"}
    async with aiohttp.ClientSession(headers=headers, trust_env=False) as session:
        providers.profile(MODEL, ttft_s=0, tokens_per_s=100_000)
        for gateway, body in (
            (url, _body(user=run)),
            (url, _body(namespace=copies.original)),
            (semantic.url, _body(user=run)),
        ):
            await _until_it_hits(session, gateway, body)
        for number in range(-1, ROUNDS):  # the first round only warms up
            copies.make(REQUESTS)
            if number == 0:
                begin = time.time()
            for kind in kinds.values():
                await _round(session, kind, REQUESTS, counts=number >= 0)
        journal = providers.journal(since=begin, model=MODEL)
        embedding_ms = _ms(await _embedding_s(session, stack))
        providers.reset_profiles()
        await _round(session, slow, SLOW_REQUESTS, counts=True)
    copies.close()
    misses = sum(len(kind.latencies_s) for kind in kinds.values() if not kind.hit)
    if len(journal) != misses:
        raise RuntimeError(f"the provider got {len(journal)} requests for {misses} misses")
    provider_ms = _ms(float(journal["latency_s"].median()))
    figures = {name: kind.figures() for name, kind in kinds.items()}
    figures["miss_of_a_slow_model"] = slow.figures()
    return {
        **figures,
        **_compared(figures, provider_ms),
        "embedding_ms": embedding_ms,
        "calls_to_the_provider": misses,
    }


def _compared(figures: dict[str, dict[str, float]], provider_ms: float) -> dict[str, Any]:
    ms = {name: row["p50_ms"] for name, row in figures.items()}
    overhead_ms = round(ms["exact_miss"] - provider_ms, 2)
    compared = {
        "exact_hit_to_overhead": round(ms["exact_hit"] / overhead_ms, 2),
        "exact_hit_read_from_redis_to_overhead": round(ms["exact_hit_read_from_redis"] / overhead_ms, 2),
        "semantic_hit_above_exact_hit_ms": round(ms["semantic_hit"] - ms["exact_hit"], 2),
        "miss_to_exact_hit": round(ms["exact_miss"] / ms["exact_hit"], 2),
        "slow_miss_to_exact_hit": round(ms["miss_of_a_slow_model"] / ms["exact_hit"], 1),
        "slow_miss_to_semantic_hit": round(ms["miss_of_a_slow_model"] / ms["semantic_hit"], 1),
    }
    met = {name: compared[name] <= target for name, target in TARGETS.items()}
    return {
        "provider_ms": provider_ms,
        "overhead_ms": overhead_ms,
        **compared,
        "targets": TARGETS,
        "met": met,
    }


async def _round(session: aiohttp.ClientSession, kind: Kind, requests: int, *, counts: bool) -> None:
    before_s = cpu_s(kind.process)
    latencies_s = []
    for _ in range(requests):
        body = kind.body()
        begin = time.perf_counter()
        hit = await _is_hit(session, kind.url, body)
        latencies_s.append(time.perf_counter() - begin)
        if hit != kind.hit:
            raise RuntimeError(f"expected a {'hit' if kind.hit else 'miss'}, got the opposite: {body}")
    if counts:
        kind.latencies_s += latencies_s
        kind.cpu_s += cpu_s(kind.process) - before_s


async def _is_hit(session: aiohttp.ClientSession, url: str, body: dict[str, Any]) -> bool:
    async with session.post(f"{url}/v1/chat/completions", json=body) as answer:
        await answer.read()
        answer.raise_for_status()
        return bool(answer.headers.get("x-litellm-cache-key"))


async def _until_it_hits(session: aiohttp.ClientSession, url: str, body: dict[str, Any]) -> None:
    end = time.monotonic() + 30
    while not await _is_hit(session, url, body):
        if time.monotonic() > end:
            raise RuntimeError(f"{url} does not cache the answer")
        await asyncio.sleep(0.2)


def _body(question: str = KEPT, **more: str) -> dict[str, Any]:
    cache = {"ttl": TTL_S, **({"namespace": more.pop("namespace")} if "namespace" in more else {})}
    return {"model": MODEL, "messages": [{"role": "user", "content": question}], "cache": cache, **more}


async def _embedding_s(session: aiohttp.ClientSession, stack: BenchStack) -> float:
    """Median seconds to embed one text, asking the model's server directly."""
    url = next(row["url"] for row in stack.status() if row["service"] == "embeddings")
    body = {"model": "all-minilm-l6-v2", "input": ASKED}
    taken = []
    for _ in range(ROUNDS * 5):
        begin = time.perf_counter()
        async with session.post(f"{url}/embeddings", json=body) as answer:
            await answer.read()
            answer.raise_for_status()
        taken.append(time.perf_counter() - begin)
    return median(taken)


class _Copies:
    """Exact cache entries that no worker has in memory: copies in Redis, each in a namespace that is used once."""

    def __init__(self, redis_url: str, run: str) -> None:
        self._redis: redis.Redis = redis.Redis.from_url(redis_url, decode_responses=True)
        self._run, self._serial = run, itertools.count()
        self._made: list[str] = []
        self.original = f"{run}-original"

    def make(self, count: int) -> None:
        key = next(self._redis.scan_iter(f"{self.original}:*", count=1000))
        for _ in range(count):
            namespace = f"{self._run}-{next(self._serial)}"
            self._redis.copy(key, key.replace(self.original, namespace))
            self._made.append(namespace)

    def next(self) -> str:
        return self._made.pop()

    def close(self) -> None:
        for key in self._redis.scan_iter(f"{self._run}-*", count=1000):
            self._redis.unlink(key)
        self._redis.close()


def _pairs(semantic: SemanticGateway) -> dict[str, Any]:
    """Counts of labelled pairs that hit through the gateway, compared with those that should by their similarity."""
    study = semantic.cache.study()
    pairs, asked, expected = study.pairs, study.ask(), study.hits_at(semantic.threshold)
    return {
        "threshold": semantic.threshold,
        "pairs": len(pairs),
        "right_hits": int((asked["hit"] & pairs["same"]).sum()),
        "wrong_hits": int((asked["hit"] & ~pairs["same"]).sum()),
        "otherwise_than_by_similarity": int((asked["hit"] != expected).sum()),
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


if __name__ == "__main__":
    run_standalone(__doc__, measure_on)
