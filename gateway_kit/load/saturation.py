"""How much a gateway can do: more and more users, for one replica and for more."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gateway_kit.common.tables import Column, Table
from gateway_kit.errors import SettingsError
from gateway_kit.gateway.client import Gateway
from gateway_kit.litellm_api.connection import resolve_connection
from gateway_kit.load.cpu import MACHINE, CpuMeter
from gateway_kit.load.local_services import COUNTED, LocalServices, local_services
from gateway_kit.load.plan import LoadPlan
from gateway_kit.load.run import LoadProgress, run_load
from gateway_kit.load.steps import Step, steps_of
from gateway_kit.load.use_replicas import use_replicas

if TYPE_CHECKING:
    import pandas as pd

USERS = (1, 2, 4, 8, 16, 32)

_CPU = "milliseconds of CPU time per answered call"
SATURATION = Table(
    Column("replicas", "Int64", "gateways that the calls were spread over; missing for one elsewhere"),
    Column("users", "int64", "that asked at the same time"),
    Column("seconds", "float64", "in which the step's calls are counted"),
    Column("requests", "int64", "calls that ended in that time"),
    Column("failures", "int64", "of them, those with an error"),
    Column("requests_per_s", "float64", "answered calls / seconds"),
    Column("latency_p50_s", "float64", "of the answered calls, seconds from sending to the last byte"),
    Column("latency_p95_s", "float64", "likewise"),
    *(Column(f"{service}_cpu_ms", "float64", _CPU) for service in COUNTED),
    Column("busy_cores", "float64", "that all programs of this machine used, others than the stack's too"),
    Column("cores", "int64", "of this machine"),
)


@dataclass(frozen=True)
class SaturationProgress:
    """How far a measurement is; `saturation` passes one to `on_progress` ten times a second.

    replicas  gateways in use; None for one elsewhere
    users     that ask now
    step      of `steps`, from 1
    load      the calls of this run through the steps
    """

    replicas: int | None
    users: int
    step: int
    steps: int
    load: LoadProgress


def saturation(
    plan: LoadPlan,
    gateway: Gateway | None = None,
    *,
    users: Sequence[int] = USERS,
    replicas: Sequence[int] | None = None,
    rounds: int = 1,
    workers: int = 1,
    on_progress: Callable[[SaturationProgress], None] | None = None,
) -> pd.DataFrame:
    """Throughput, latency and CPU time as more and more users ask: one row per number of replicas and of users.

    One run of the load generator goes through all steps: its users join, step by step, and ask without a pause. The
    same seed asks the same questions. Each step takes `plan.duration_s`, and each run through them a second or
    two more; calls in progress at its end are waited for.

    Args:
        plan: The calls; its `duration_s` is that of each step. To measure the gateway and not its cache: `unique=True`.
        gateway: By default what `connect()` finds.
        users: How many ask in each step, each number larger than the one before.
        replicas: Numbers of replicas to compare, such as (1, 2): of the stack's replicas the load balancer uses as many
            meanwhile, and all of them afterwards. By default all.
        rounds: How often to measure. The numbers of replicas take turns, so that what else the machine does affects
            them alike; the calls of all rounds count together.
        workers: Processes of the load generator (Locust's distributed mode).
        on_progress: Called ten times a second.

    Returns:
        - `replicas` (Int64): gateways that the calls were spread over; missing for one elsewhere
        - `users` (int64): that asked at the same time
        - `seconds` (float64): in which the step's calls are counted
        - `requests` (int64): calls that ended in that time
        - `failures` (int64): of them, those with an error
        - `requests_per_s` (float64): answered calls / seconds
        - `latency_p50_s` (float64): of the answered calls, seconds from sending to the last byte
        - `latency_p95_s` (float64): likewise
        - `balancer_cpu_ms` (float64): milliseconds of CPU time per answered call
        - `gateway_cpu_ms` (float64): milliseconds of CPU time per answered call
        - `query_engine_cpu_ms` (float64): milliseconds of CPU time per answered call
        - `postgres_cpu_ms` (float64): milliseconds of CPU time per answered call
        - `redis_cpu_ms` (float64): milliseconds of CPU time per answered call
        - `tracing_cpu_ms` (float64): milliseconds of CPU time per answered call
        - `providers_cpu_ms` (float64): milliseconds of CPU time per answered call
        - `load_cpu_ms` (float64): milliseconds of CPU time per answered call
        - `busy_cores` (float64): that all programs of this machine used, others than the stack's too
        - `cores` (int64): of this machine

        CPU times are missing for what does not run on this machine. The first 20 % of each step are not counted.
        Query engine and PostgreSQL work when LiteLLM writes spend, every 1 to 6 s with the kit's own configuration:
        a shorter step can have none of their work, or twice its share.

    Raises:
        SettingsError: A plan that is no closed loop with `duration_s`, or numbers out of range.
        LoadError: The run was interrupted; and as `run_load`.

    Example:
        >>> curve = saturation(LoadPlan(duration_s=3, unique=True), users=[1, 2, 4, 8, 16], replicas=[1, 2])
        >>> charts.saturation_curve(curve)
    """
    plan = _stepped(plan, users, rounds)
    gateway = Gateway(resolve_connection()) if gateway is None else gateway
    services = local_services(gateway)
    measured: dict[int | None, list[Step]] = {}
    counts = _counts(replicas, services)
    orders = [counts if turn % 2 == 0 else counts[::-1] for turn in range(rounds)]
    runs = [count for order in orders for count in order]
    for place, count in enumerate(runs):
        meter = CpuMeter(services)
        watch = _Watch(plan, meter, count, place * len(plan.steps), len(runs), on_progress)
        with nullcontext() if replicas is None or count is None else use_replicas(count):
            run = run_load(plan, gateway, workers=workers, on_progress=watch)
        measured.setdefault(count, []).extend(steps_of(run, meter))
    return SATURATION.frame(
        _row(count, users, [step for step in measured[count] if step.users == users])
        for count in counts
        for users in plan.steps
    )


class _Watch:
    """Looks at the CPU times while a run goes on, and divides the run into its steps."""

    def __init__(
        self,
        plan: LoadPlan,
        meter: CpuMeter,
        replicas: int | None,
        before: int,
        runs: int,
        on_progress: Callable[[SaturationProgress], None] | None,
    ) -> None:
        self._plan, self._meter, self._replicas = plan, meter, replicas
        self._before, self._steps = before, runs * len(plan.steps)
        self._on_progress = on_progress
        self._step_s = (plan.duration_s or 0.0) / len(plan.steps)

    def __call__(self, progress: LoadProgress) -> None:
        self._meter.look()
        if self._on_progress is None:
            return
        at = min(int(progress.seconds / self._step_s), len(self._plan.steps) - 1)
        users = self._plan.steps[at]
        self._on_progress(
            SaturationProgress(self._replicas, users, self._before + at + 1, self._steps, progress)
        )


def _row(replicas: int | None, users: int, steps: Sequence[Step]) -> dict[str, Any]:
    import pandas as pd

    seconds = sum(step.seconds for step in steps)
    latency_s = pd.Series([value for step in steps for value in step.latencies_s], dtype="float64")
    answered, failures = len(latency_s), sum(step.failures for step in steps)
    cpu_s = {name: sum(step.cpu_s[name] for step in steps) for name in steps[0].cpu_s}
    per_call = {f"{name}_cpu_ms": 1000 * used / answered for name, used in cpu_s.items() if answered}
    per_call.pop(f"{MACHINE}_cpu_ms", None)
    return {
        "replicas": replicas,
        "users": users,
        "seconds": seconds,
        "requests": answered + failures,
        "failures": failures,
        "requests_per_s": answered / seconds,
        "latency_p50_s": latency_s.quantile(0.5),
        "latency_p95_s": latency_s.quantile(0.95),
        **per_call,
        "busy_cores": cpu_s[MACHINE] / seconds,
        "cores": os.cpu_count() or 1,
    }


def _stepped(plan: LoadPlan, users: Sequence[int], rounds: int) -> LoadPlan:
    """The plan that goes through the steps; raises SettingsError for one that cannot."""
    if plan.is_open:
        raise SettingsError(
            "plan", plan.describe(), "is an open loop; give users that wait, without rate_per_s"
        )
    if plan.duration_s is None:
        raise SettingsError("plan", plan.describe(), "needs duration_s, the seconds of each step")
    if isinstance(rounds, bool) or not isinstance(rounds, int) or rounds < 1:
        raise SettingsError("rounds", str(rounds), "must be a whole number of at least 1")
    return replace(plan, users=list(users), duration_s=plan.duration_s * max(len(users), 1))


def _counts(replicas: Sequence[int] | None, services: LocalServices | None) -> list[int | None]:
    """The numbers of replicas to measure with; raises SettingsError for those that are not there."""
    there = None if services is None else services.replicas
    if replicas is None:
        return [there]
    if services is None:
        raise SettingsError(
            "replicas", str(list(replicas)), "can only be chosen where the local stack runs the gateway"
        )
    for count in replicas:
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= services.replicas:
            raise SettingsError(
                "replicas",
                str(list(replicas)),
                f"must be numbers from 1 to {services.replicas}; for more replicas: gateway-kit up --replicas N",
            )
    return list(dict.fromkeys(replicas))
