"""What a rehearsal's harness costs beside the gateway: CPU of the load generator and of what reads its rows.

    python -m tools.bench.rehearsal_drive            # a stack of its own
    python -m tools.bench.rehearsal_drive --running  # the stack of GATEWAY_HOME

1,000 calls as fast as they go, all for answers as a whole and then all for streams. The harness is everything but the
gateway and the provider: the load generator with its start, the rows of `calls.jsonl`, the story and the journal.
"""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from gateway_kit.gateway.providers import Providers
from gateway_kit.rehearsal.call import LoggedCall
from gateway_kit.rehearsal.event_log import EventLog
from gateway_kit.rehearsal.replay import Replay
from gateway_kit.rehearsal.requests import write_requests
from gateway_kit.rehearsal.run_folder import Deployment
from gateway_kit.rehearsal.story import Story, read_fault
from gateway_kit.rehearsal.troubles import Troubles
from tools.bench.rounds import instant_answers
from tools.bench.stack import BenchStack, cpu_s, run_standalone

MODEL = "gpt-4o-mini"
CALLS, WARM_UP = 1000, 50
DEPLOYMENT = Deployment("bench", MODEL, "openai", "openai", f"openai/{MODEL}", 1)


def measure_on(stack: BenchStack) -> dict[str, Any]:
    """For each kind of answer: CPU milliseconds a call of gateway, generator and reader, and their ratio."""
    variables = stack.variables()
    pids = {row["service"]: row["pid"] for row in stack.status()}
    gateway, simulator = psutil.Process(pids["gateway"]), psutil.Process(pids["providers"])
    result: dict[str, Any] = {}
    with instant_answers(variables["PROVIDERS_URL"], MODEL) as providers:
        for name, stream in (("whole", False), ("streams", True)):
            _replay(variables, providers, WARM_UP, stream=stream)
            before = cpu_s(gateway), cpu_s(simulator)
            took = _replay(variables, providers, CALLS, stream=stream)
            took["gateway"] = cpu_s(gateway) - before[0]
            took["simulator"] = cpu_s(simulator) - before[1]
            harness = took["generator"] + took["reader"]
            result[name] = {
                **{f"{part}_ms_per_call": round(1000 * cpu / CALLS, 2) for part, cpu in took.items()},
                "harness_to_gateway": round(harness / took["gateway"], 3),
            }
    return result


def _replay(variables: dict[str, str], providers: Providers, calls: int, *, stream: bool) -> dict[str, float]:
    """CPU seconds of the generator, its start included, and of this process."""
    with tempfile.TemporaryDirectory(prefix="gateway-kit-bench-") as scratch:
        folder = Path(scratch)
        seed = time.time_ns() % 1_000_000  # texts that no cache knows
        done = write_requests(
            _logged(calls, stream=stream), folder, speed=None, seed=seed, key_of=lambda _: "bench"
        )
        before, generator_before = time.process_time(), _children_s()
        journal = _Journal(providers)
        replay = Replay(
            folder,
            variables["GATEWAY_URL"],
            {"bench": variables["GATEWAY_API_KEY"]},
            total=done.total,
            speed=None,
            on_wait=journal.look,
        )
        story = Story("", (read_fault("azure slow at=50% for=10%"),))
        events = EventLog(replay.clock, list)
        troubles = Troubles(
            story,
            clock=replay.clock,
            providers=providers,
            deployments=[DEPLOYMENT],
            events=events,
            stop_service=print,
            start_service=print,
        )
        with replay, troubles:
            for _ in replay:
                pass
        if replay.failed:
            raise RuntimeError(f"{replay.failed} of {calls} calls failed")
        return {"generator": _children_s() - generator_before, "reader": time.process_time() - before}


class _Journal:
    """Reads the simulator's journal once a second, as a rehearsal does."""

    def __init__(self, providers: Providers) -> None:
        self._providers, self._last, self._next_s = providers, 0, 0.0

    def look(self) -> None:
        if time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + 1.0
            rows = self._providers.journal(after_id=self._last)
            self._last = int(rows["id"].max()) if len(rows) else self._last


def _logged(calls: int, *, stream: bool) -> list[LoggedCall]:
    return [
        LoggedCall(
            number=number, line=number + 1, at=None, kind="chat", model=MODEL, body=None, stream=stream,
            prompt_tokens=200, completion_tokens=80, latency_s=0.5, cost_usd=0.001, status=200,
        )
        for number in range(calls)
    ]  # fmt: skip


def _children_s() -> float:
    """CPU seconds of child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    run_standalone(__doc__, measure_on)
