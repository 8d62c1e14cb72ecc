"""Two replicas compared with one, through the load balancer and without it, and where the CPU time goes.

    python -m tools.bench.replicas            # a stack of its own
    python -m tools.bench.replicas --running  # the stack of GATEWAY_HOME, which has two replicas

The targets take turns (one replica directly, one behind the balancer, both behind it, both directly), so that other
load on the machine meets them alike; ratios are of the same turn. Answers come at once, so that gateways are measured
and not models. What more cores would give is computed from the CPU time per call, and is an estimate.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from functools import partial
from http.client import HTTPConnection
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from gateway_kit.gateway import Gateway
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.load import LoadPlan, run_load
from gateway_kit.load.cpu import MACHINE, CpuMeter
from gateway_kit.load.local_services import LocalServices, local_services, replica_urls
from gateway_kit.load.steps import Step, steps_of
from gateway_kit.load.use_replicas import use_replicas
from gateway_kit.metrics.intervals import mean_interval
from gateway_kit.metrics.paired import quantile_differences
from tools.bench.rounds import Figures, instant_answers, measured_rounds, medians_of
from tools.bench.stack import BenchStack, run_standalone

MODEL = "gpt-4o-mini"
CONNECTIONS, ROUNDS, SECONDS = (8, 32), 6, 6.0
# The balancer's part of a call's time is measured with one call at a time, in pairs.
PAIRS, WARM_UP_PAIRS = {"liveliness": 2000, "chat": 200}, 20
# A deployment's own services: the rest makes the load or stands for providers.
_OWN = ("balancer", "gateway", "query_engine", "postgres", "redis", "tracing")
_CORES = (2, 4, 8, 16)

Turns = Mapping[str, Callable[[], Figures]]


def measure_on(stack: BenchStack) -> dict[str, Any]:
    """Medians of each target, ratios with their intervals, the CPU time per call, and what it allows."""
    if stack.replicas() < 2:
        stack.up("--replicas", "2")
    variables = stack.variables()
    # The kit's own functions find the stack by this.
    os.environ["GATEWAY_HOME"] = stack.env["GATEWAY_HOME"]
    balancer = Gateway(Connection(variables["GATEWAY_URL"], variables["GATEWAY_API_KEY"], local=True))
    services = local_services(balancer)
    if services is None or services.replicas != 2:
        raise RuntimeError(f"two replicas are needed: {services}")
    replicas = [Gateway(Connection(url, variables["GATEWAY_API_KEY"])) for url in replica_urls()]
    with instant_answers(variables["PROVIDERS_URL"], MODEL):
        return {
            **{
                f"connections_{users}": _compare(
                    _turns(services, balancer, replicas, users, SECONDS), users, ROUNDS
                )
                for users in CONNECTIONS
            },
            "balancer_adds": _added(balancer.url, replicas[0].url, variables["GATEWAY_API_KEY"]),
        }


def _turns(
    services: LocalServices, balancer: Gateway, replicas: Sequence[Gateway], users: int, seconds: float
) -> Turns:
    """What is measured in each turn."""
    turn = partial(_turn, services, users=users, seconds=seconds)
    return {
        "one_directly": partial(turn, [replicas[0]], None),
        "one_by_balancer": partial(turn, [balancer], 1),
        "two_by_balancer": partial(turn, [balancer], 2),
        "two_directly": partial(turn, replicas, None),
    }


def _turn(
    services: LocalServices,
    gateways: Sequence[Gateway],
    behind: int | None,
    *,
    users: int,
    seconds: float,
) -> Figures:
    """Calls per second, p50, p95 and CPU milliseconds per call by service; several gateways share the users."""
    plan = LoadPlan(MODEL, duration_s=seconds, users=max(users // len(gateways), 1), unique=True)
    meter = CpuMeter(services)
    # One of them looks at the CPU times, of all services.
    watches: list[Any] = [lambda _: meter.look(), *[None] * (len(gateways) - 1)]
    with (
        nullcontext() if behind is None else use_replicas(behind),
        ThreadPoolExecutor(len(gateways)) as pool,
    ):
        runs = list(
            pool.map(
                lambda pair: run_load(plan, pair[0], on_progress=pair[1]), zip(gateways, watches, strict=True)
            )
        )
    return _figures([step for run in runs for step in steps_of(run, meter)])


def _figures(steps: Sequence[Step]) -> Figures:
    if any(step.failures for step in steps):
        raise RuntimeError(f"{sum(step.failures for step in steps)} calls failed")
    latencies_s = np.array([value for step in steps for value in step.latencies_s])
    seconds = steps[0].seconds
    cpu_s = dict(steps[0].cpu_s)
    busy_cores = cpu_s.pop(MACHINE) / seconds
    return {
        "requests_per_s": len(latencies_s) / seconds,
        "p50_ms": 1000 * float(np.quantile(latencies_s, 0.5)),
        "p95_ms": 1000 * float(np.quantile(latencies_s, 0.95)),
        **{f"{name}_cpu_ms": 1000 * used / len(latencies_s) for name, used in cpu_s.items()},
        "busy_cores": busy_cores,
    }


def _compare(turns: Turns, users: int, rounds: int) -> dict[str, Any]:
    measured = measured_rounds(turns, rounds)
    medians = medians_of(measured, digits=2)
    print(f"  {users} connections done", flush=True)
    return {
        **medians,
        "two_to_one": {
            "by_balancer": _ratio(measured["one_by_balancer"], measured["two_by_balancer"]),
            "directly": _ratio(measured["one_directly"], measured["two_directly"]),
            "balancer_to_none": _ratio(measured["one_directly"], measured["one_by_balancer"]),
        },
        "limits": _limits(medians),
        "rounds": rounds,
    }


def _ratio(before: Sequence[Figures], after: Sequence[Figures]) -> dict[str, Any]:
    """The ratio of calls per second in the same turn: median, and the 95 % interval of its mean."""
    pairs = zip(before, after, strict=True)
    ratios = np.array([second["requests_per_s"] / first["requests_per_s"] for first, second in pairs])
    low, high = mean_interval(ratios)
    return {"median": round(median(ratios), 2), "interval": [round(low, 2), round(high, 2)]}


def _limits(medians: Mapping[str, Figures]) -> dict[str, Any]:
    """What the CPU times allow: calls per second of one process, of this machine, and of others (an estimate)."""
    one, two = medians["one_by_balancer"], medians["two_by_balancer"]
    whole_ms = sum(value for name, value in two.items() if name.endswith("_cpu_ms"))
    own_ms = sum(two.get(f"{name}_cpu_ms", 0.0) for name in _OWN)
    cores = os.cpu_count() or 1
    # A replica is one Python process, which fills one core at most.
    one_per_s = 1000 / one["gateway_cpu_ms"]
    machine_per_s, without_load_per_s = 1000 * cores / whole_ms, 1000 * cores / own_ms
    return {
        "cpu_ms_of_a_call": round(whole_ms, 1),
        "of_them_load_and_providers": round(whole_ms - own_ms, 1),
        "one_replica_at_most_per_s": round(one_per_s, 1),
        "this_machine_at_most_per_s": round(machine_per_s, 1),
        "two_to_one_at_most": round(min(machine_per_s / one_per_s, 2.0), 2),
        "two_to_one_at_most_without_load_and_providers": round(min(without_load_per_s / one_per_s, 2.0), 2),
        "estimate_per_s_by_cores": {count: round(1000 * count / own_ms) for count in _CORES},
        "estimate_replicas_by_cores": {
            count: math.ceil(count * two["gateway_cpu_ms"] / own_ms) for count in _CORES
        },
    }


def _added(balancer: str, replica: str, key: str) -> dict[str, Any]:
    """What the balancer adds to the median of a call that is alone: pairs of one by it and one without it."""
    kinds: dict[str, Callable[[HTTPConnection, str], None]] = {
        "liveliness": lambda connection, _: _ask(connection, "GET", "/health/liveliness", None, key),
        "chat": lambda connection, words: _ask(connection, "POST", "/v1/chat/completions", words, key),
    }
    result: dict[str, Any] = {}
    with use_replicas(1), closing(_connection(balancer)) as by_it, closing(_connection(replica)) as without:
        for kind, ask in kinds.items():
            took_ms: list[tuple[float, float]] = []
            for number in range(-WARM_UP_PAIRS, PAIRS[kind]):
                pair = [0.0, 0.0]
                # Each goes first in half of the pairs.
                for side in (0, 1) if number % 2 else (1, 0):
                    begin = time.perf_counter()
                    ask((without, by_it)[side], f"pair {number} side {side} of {begin}")
                    pair[side] = 1000 * (time.perf_counter() - begin)
                if number >= 0:
                    took_ms.append((pair[0], pair[1]))
            times_ms = np.array(took_ms)
            ((low, high),) = quantile_differences(times_ms[:, 0], times_ms[:, 1], [0.5])
            without_ms, by_it_ms = np.median(times_ms, axis=0)
            result[kind] = {
                "p50_ms_without": round(float(without_ms), 2),
                "added_p50_ms": round(float(by_it_ms - without_ms), 2),
                "interval_ms": [round(low, 2), round(high, 2)],
                "pairs": len(times_ms),
            }
    return result


def _connection(url: str) -> HTTPConnection:
    return HTTPConnection(urlsplit(url).netloc, timeout=60)


def _ask(connection: HTTPConnection, method: str, path: str, prompt: str | None, key: str) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": prompt}]}
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    connection.request(method, path, None if prompt is None else json.dumps(body), headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")


if __name__ == "__main__":
    run_standalone(__doc__, measure_on)
