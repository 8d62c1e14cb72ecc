"""The load generator's maximum rate against an instant model, and its CPU cost compared with the gateway's rate.

    python -m tools.bench.generator            # a stack of its own
    python -m tools.bench.generator --running  # the stack of GATEWAY_HOME

Rounds are interleaved (the simulator called by one process, by two, by one with streams; the gateway), and medians
compared. The simulator answers at once here. It is one process and shares the cores with the generator, so its
requests/s are a lower bound for the generator; with a core to itself the generator could reach 1 / cpu_s_per_request.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import psutil

from gateway_kit.gateway import Gateway
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.load import LoadPlan, run_load
from gateway_kit.load.run import LoadProgress
from tools.bench.rounds import instant_answers, medians_of_rounds
from tools.bench.stack import BenchStack, run_standalone

PROGRAM = "gateway_kit.stack.servers.load_generator"
MODEL = "gpt-4o-mini"
USERS, ROUNDS = 16, 3
# Target → (requests, workers, streamed).
TARGETS = {
    "simulator_1_process": (10_000, 1, False),
    "simulator_2_processes": (10_000, 2, False),
    "simulator_streams": (5000, 1, True),
    "gateway": (300, 1, False),
}


def measure_on(stack: BenchStack) -> dict[str, Any]:
    """Medians for each target, and how they compare to the gateway's."""
    variables = stack.variables()
    simulator = psutil.Process(next(row["pid"] for row in stack.status() if row["service"] == "providers"))
    with instant_answers(variables["PROVIDERS_URL"], MODEL):
        medians: dict[str, Any] = {
            **medians_of_rounds(
                {name: partial(_round, name, variables, simulator) for name in TARGETS}, ROUNDS, digits=6
            )
        }
    slow = medians["gateway"]["requests_per_s"]
    return {
        **medians,
        "requests_per_s_to_gateways": {
            name: round(row["requests_per_s"] / slow, 1) for name, row in medians.items() if name != "gateway"
        },
    }


def _round(name: str, variables: dict[str, str], simulator: psutil.Process) -> dict[str, float]:
    """Requests/s, p50, CPU seconds per request of the generator and of the process that reads its rows, cores used."""
    requests, workers, stream = TARGETS[name]
    url, key = variables["PROVIDERS_URL"], "simulated"
    if name == "gateway":
        url, key = variables["GATEWAY_URL"], variables["GATEWAY_API_KEY"]
    plan = LoadPlan(MODEL, requests=requests, users=USERS, stream=stream, unique=True)
    watch = _CpuWatch(simulator)
    run = run_load(plan, Gateway(Connection(url, key)), workers=workers, on_progress=watch)
    if run.summary["failures"].any():
        raise RuntimeError(f"{name}: {run.calls['error'].dropna().iloc[0]}")
    row = run.summary.loc["all"]
    return {"requests_per_s": row["requests_per_s"], "p50_s": row["latency_p50_s"], **watch.figures()}


class _CpuWatch:
    """CPU seconds while the calls are made; excludes the start of Python and the time after the last call."""

    def __init__(self, simulator: psutil.Process) -> None:
        self._simulator = simulator
        self._generator: list[psutil.Process] = []
        self._looks: list[tuple[float, int, float, float, float]] = []

    def __call__(self, progress: LoadProgress) -> None:
        if not progress.calls or (self._looks and self._looks[-1][1] == progress.calls):
            return
        try:
            # Only once, because listing all processes costs more than a call.
            self._generator = self._generator or [
                child for child in psutil.Process().children(recursive=True) if PROGRAM in child.cmdline()
            ]
            generator = sum(sum(process.cpu_times()[:2]) for process in self._generator)
            simulator = sum(self._simulator.cpu_times()[:2])
        except psutil.NoSuchProcess:  # the generator has ended
            return
        look = (time.monotonic(), progress.calls, generator, time.process_time(), simulator)
        self._looks.append(look)

    def figures(self) -> dict[str, float]:
        """Figures from the first sample to the last one with new calls."""
        ends = zip(self._looks[0], self._looks[-1], strict=True)
        took, calls, generator, reader, simulator = (last - first for first, last in ends)
        return {
            "cpu_s_per_request": generator / calls,
            "reader_cpu_s_per_request": reader / calls,
            "generator_cores": generator / took,
            "simulator_cores": simulator / took,
        }


if __name__ == "__main__":
    run_standalone(__doc__, measure_on)
