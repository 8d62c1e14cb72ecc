"""What one call costs the stack in CPU time, and what replicas hold: the figures of a capacity sheet, measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import psutil

from gateway_kit.errors import SettingsError
from gateway_kit.gateway.client import Gateway
from gateway_kit.litellm_api.connection import resolve_connection
from gateway_kit.load.cpu import MACHINE, CpuMeter
from gateway_kit.load.local_services import LocalServices, local_services, stack_of
from gateway_kit.load.plan import LoadPlan
from gateway_kit.load.run import LoadProgress, run_load
from gateway_kit.load.steps import Step, steps_of

if TYPE_CHECKING:
    from redis import Redis

    from gateway_kit.metrics.capacity import Footprint

# What is no part of a deployment: its providers are elsewhere, and nobody makes load on it from its own machines.
_ELSEWHERE = ("providers", "load", MACHINE)


def measure_footprint(
    plan: LoadPlan,
    gateway: Gateway | None = None,
    *,
    rounds: int = 1,
    on_progress: Callable[[LoadProgress], None] | None = None,
) -> Footprint:
    """What a call costs in the local stack, with and without streaming, and what each replica holds.

    It makes the plan's calls twice a round, not streamed and streamed, for `plan.duration_s` each. CPU times include
    what the services do besides while the load lasts, such as writing spend.

    Args:
        plan: A closed loop with `duration_s`; its `stream` is not used. `unique=True` measures calls that no cache
            answers. A few hundred calls of each kind make the figures steady. The query engine's and PostgreSQL's need
            10 s or more: LiteLLM writes spend in batches, every 1 to 6 s with the kit's own configuration.
        gateway: By default what `connect()` finds; it must be the local stack's.
        rounds: How often to measure; not streamed and streamed take turns.
        on_progress: Called ten times a second, as by `run_load`.

    Raises:
        SettingsError: An open loop, no `duration_s`, or a gateway elsewhere.
        LoadError: Interrupted, or no call was answered; and as `run_load`.
    """
    from gateway_kit.metrics.capacity import Footprint  # here, since it needs pandas, whose import takes long
    from gateway_kit.stack.database_use import database_use

    if plan.is_open or plan.duration_s is None or len(plan.steps) > 1:
        raise SettingsError("plan", plan.describe(), "must be a closed loop of one step, with duration_s")
    gateway = Gateway(resolve_connection()) if gateway is None else gateway
    services = local_services(gateway)
    if services is None:
        raise SettingsError("gateway", gateway.url, "must be the local stack's, whose processes are measured")
    steps: dict[bool, list[Step]] = {False: [], True: []}
    redis_calls: list[tuple[int, int]] = []
    with closing(_redis(gateway)) as redis:
        for _ in range(rounds):
            for stream in (False, True):
                before = _commands(redis)
                meter = CpuMeter(services)
                run = run_load(
                    replace(plan, stream=stream), gateway, on_progress=_watched(meter, on_progress)
                )
                redis_calls.append((_commands(redis) - before, len(run)))
                steps[stream] += steps_of(run, meter)
        redis_clients = len(redis.client_list()) - 1
    plain, streamed = (_cpu_ms(steps[stream]) for stream in (False, True))
    tokens = _tokens(steps[True])
    processes = services.processes()
    used = database_use(stack_of())
    replicas, workers = services.replicas, services.replicas * services.workers
    return Footprint(
        calls=sum(len(step.latencies_s) for step in (*steps[False], *steps[True])),
        cpu_ms=plain,
        stream_cpu_ms_per_token={name: max(streamed[name] - plain[name], 0.0) / tokens for name in plain},
        tokens_per_request=tokens,
        replicas=replicas,
        workers=services.workers,
        replica_mb=_memory_mb([*processes["gateway"], *processes["query_engine"]], "rss") / replicas,
        copy_mb=_memory_mb([*processes["gateway"], *processes["query_engine"]], "uss") / replicas,
        service_mb=_services_mb(services),
        pool=used.pool,
        database_connections=used.connections / workers,
        redis_connections=redis_clients / workers,
        redis_operations=sum(made for made, _ in redis_calls) / sum(calls for _, calls in redis_calls),
        spend_row_bytes=used.spend_row_bytes,
    )


def _watched(
    meter: CpuMeter, on_progress: Callable[[LoadProgress], None] | None
) -> Callable[[LoadProgress], None]:
    def watch(progress: LoadProgress) -> None:
        meter.look()
        if on_progress is not None:
            on_progress(progress)

    return watch


def _cpu_ms(steps: Sequence[Step]) -> dict[str, float]:
    """Service → milliseconds of CPU time per answered call."""
    answered = sum(len(step.latencies_s) for step in steps)
    names = [name for name in steps[0].cpu_s if name not in _ELSEWHERE]
    return {name: 1000 * sum(step.cpu_s[name] for step in steps) / answered for name in names}


def _tokens(steps: Sequence[Step]) -> float:
    """Tokens that a model writes per answered call."""
    return sum(step.tokens for step in steps) / sum(len(step.latencies_s) for step in steps)


def _memory_mb(processes: Sequence[psutil.Process], kind: str) -> float:
    """MB (10⁶ bytes) that processes hold: `rss`, or `uss`, without what they share with others."""
    return sum(float(getattr(process.memory_full_info(), kind)) for process in processes) / 1e6


def _services_mb(services: LocalServices) -> Mapping[str, float]:
    from gateway_kit.stack.status import resident_mb

    counted = {name: pids for name, pids in services.roots.items() if name not in ("gateway", *_ELSEWHERE)}
    return {name: sum(resident_mb(psutil.Process(pid)) for pid in pids) for name, pids in counted.items()}


def _redis(gateway: Gateway) -> Redis:
    from redis import Redis

    return Redis.from_url(gateway.connection.services["REDIS_URL"], socket_timeout=10.0)


def _commands(redis: Redis) -> int:
    return int(redis.info("stats")["total_commands_processed"])
