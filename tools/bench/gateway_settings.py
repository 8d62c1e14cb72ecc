"""What settings of LiteLLM's production page do to a call's CPU time: two gateways side by side.

    python -m tools.bench.gateway_settings                     # a stack of its own, all settings
    python -m tools.bench.gateway_settings --running json_logs # the stack of GATEWAY_HOME, one setting

For each setting two gateways start beside the stack's own, with its configuration, database and Redis: one as it is,
one with the setting changed. Both get as many calls at the same time (open loops), so that whatever else the machine
does meets both alike. CPU time is that of a gateway with its workers and query engine; what it makes PostgreSQL and
Redis do is not in it. Two equal gateways can differ for as long as they live, by up to a tenth, so several pairs are
started, in turns the one and the other first, and each pair is one value: the 95 % interval is Student's t of the
pairs. The setting `nothing` says what to expect of no difference at all.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import yaml

from gateway_kit.gateway import Gateway
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.load import LoadPlan, run_load
from gateway_kit.metrics.intervals import mean_interval
from gateway_kit.stack.replicas import is_gateway
from gateway_kit.stack.supervisor.ports import free_offset
from tools.bench.rounds import instant_answers
from tools.bench.stack import BenchStack, cpu_s, run_standalone

MODEL = "gpt-4o-mini"
RATE_PER_S, WINDOW_S = 6.0, 12.0
START_S = 120.0


@dataclass(frozen=True)
class Setting:
    """A change: of the configuration (section → name → value), the environment, or the number of workers.

    `windows` of `window_s`, which is long enough for what the setting delays, are measured of each of `pairs`.
    """

    configuration: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    workers: int = 1
    stream: bool = False
    pairs: int = 4
    windows: int = 2
    window_s: float = WINDOW_S


_NO_TRACES = {"success_callback": [], "failure_callback": []}
SETTINGS: dict[str, Setting] = {
    "nothing": Setting(),
    "proxy_batch_write_at: 60": Setting(
        {"general_settings": {"proxy_batch_write_at": 60}}, windows=1, window_s=66.0
    ),
    "LITELLM_LOG=DEBUG": Setting(environment={"LITELLM_LOG": "DEBUG"}),
    "set_verbose: true": Setting({"litellm_settings": {"set_verbose": True}}),
    "json_logs: true": Setting({"litellm_settings": {"json_logs": True}}),
    "disable_spend_logs: true": Setting({"general_settings": {"disable_spend_logs": True}}),
    "LITELLM_MODE=PRODUCTION": Setting(environment={"LITELLM_MODE": "PRODUCTION"}),
    "use_redis_transaction_buffer: true": Setting(
        {"general_settings": {"use_redis_transaction_buffer": True}}
    ),
    "routing_strategy: usage-based-routing-v2": Setting(
        {"router_settings": {"routing_strategy": "usage-based-routing-v2"}}
    ),
    "routing_strategy: least-busy": Setting({"router_settings": {"routing_strategy": "least-busy"}}),
    "routing_strategy: latency-based-routing": Setting(
        {"router_settings": {"routing_strategy": "latency-based-routing"}}
    ),
    "allowed_fails: 100": Setting({"router_settings": {"allowed_fails": 100}}),
    "no traces": Setting({"litellm_settings": _NO_TRACES}),
    "no cache": Setting({"litellm_settings": {"cache": False}}),
    "workers: 2": Setting(workers=2),
    "streams instead of whole answers": Setting(stream=True),
}


def measure_on(stack: BenchStack, names: Sequence[str] = ()) -> dict[str, Any]:
    """For each setting: CPU milliseconds per call without and with it, and the difference with its interval."""
    result: dict[str, Any] = {}
    with instant_answers(stack.variables()["PROVIDERS_URL"], MODEL):
        for name in names or SETTINGS:
            result[name] = _side_by_side(stack, SETTINGS[name])
            print(f"  {name}: {json.dumps(result[name])}", flush=True)
    return result


def _side_by_side(stack: BenchStack, setting: Setting) -> dict[str, Any]:
    pairs = []
    for pair in range(setting.pairs):
        with ExitStack() as running:
            sides: dict[int, tuple[str, psutil.Process, bool]] = {}
            for side in (0, 1) if pair % 2 == 0 else (1, 0):
                of_this_side = (Setting(), setting)[side]
                sides[side] = (*running.enter_context(_gateway(stack, of_this_side)), of_this_side.stream)
            both = (sides[0], sides[1])
            _windows(stack, both, 1, WINDOW_S)  # first calls are slow
            pairs.append(_windows(stack, both, setting.windows, setting.window_s))
    before, after = (
        np.array([np.mean([window[side]["cpu_ms"] for window in windows]) for windows in pairs])
        for side in (0, 1)
    )
    low, high = mean_interval(after - before)
    every = [window for windows in pairs for window in windows]
    return {
        "cpu_ms_before": round(float(before.mean()), 1),
        "cpu_ms_after": round(float(after.mean()), 1),
        "difference_ms": round(float((after - before).mean()), 1),
        "interval_ms": [round(low, 1), round(high, 1)],
        "of_each_pair_ms": [round(float(value), 1) for value in after - before],
        "p50_ms": [
            round(float(np.median([window[side]["p50_ms"] for window in every])), 1) for side in (0, 1)
        ],
        "calls_each": sum(int(window[0]["calls"]) for window in every),
    }


def _windows(
    stack: BenchStack, sides: Sequence[tuple[str, psutil.Process, bool]], windows: int, window_s: float
) -> list[list[dict[str, float]]]:
    """CPU time per call and p50 of each side in each window; the sides work at the same time."""
    key = stack.variables()["GATEWAY_API_KEY"]
    rows = []
    with ThreadPoolExecutor(len(sides)) as pool:
        for number in range(windows):
            before = [cpu_s(process) for _, process, _ in sides]
            begin = time.monotonic()
            waiting = [
                pool.submit(_calls, url, key, number * len(sides) + at, window_s, stream=stream)
                for at, (url, _, stream) in enumerate(sides)
            ]
            ended = [each.result() for each in waiting]
            # What is written after the last answer belongs to the next window, as the one before it to this one.
            time.sleep(max(0.0, begin + window_s + 1 - time.monotonic()))
            rows.append(
                [
                    {
                        "cpu_ms": 1000 * (cpu_s(process) - used) / calls,
                        "p50_ms": 1000 * p50_s,
                        "calls": calls,
                    }
                    for (_, process, _), used, (calls, p50_s) in zip(sides, before, ended, strict=True)
                ]
            )
    return rows


def _calls(url: str, key: str, seed: int, window_s: float, *, stream: bool) -> tuple[int, float]:
    plan = LoadPlan(
        MODEL,
        rate_per_s=RATE_PER_S,
        duration_s=window_s,
        unique=True,
        stream=stream,
        seed=seed,
        arrivals="even",
    )
    calls = run_load(plan, Gateway(Connection(url, key))).calls
    if calls["error"].notna().any():
        raise RuntimeError(f"{url}: {calls['error'].dropna().iloc[0]}")
    return len(calls), float(calls["latency_s"].median())


@contextmanager
def _gateway(stack: BenchStack, setting: Setting) -> Iterator[tuple[str, psutil.Process]]:
    """The address and process of a gateway beside the stack's own, with a setting changed."""
    rows = (row for row in stack.status() if is_gateway(row["service"]) and row["pid"])
    own = psutil.Process(next(rows)["pid"])
    env = {**own.environ(), **setting.environment}
    effective = Path(env["CONFIG_FILE_PATH"])
    changed = yaml.safe_load(effective.read_text())
    for section, values in setting.configuration.items():
        changed.setdefault(section, {}).update(values)
    port = 4200 + free_offset((4200,))
    with (
        tempfile.NamedTemporaryFile("w", dir=effective.parent, prefix="bench-", suffix=".yaml") as config,
        tempfile.TemporaryFile() as log,
    ):
        yaml.safe_dump(changed, config)
        config.flush()
        env["CONFIG_FILE_PATH"] = config.name
        argv = [sys.executable, "-P", "-m", "gateway_kit.stack.servers.gateway", "--host", "127.0.0.1"]
        argv += ["--port", str(port), "--workers", str(setting.workers)]
        child = subprocess.Popen(argv, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            _wait_until_ready(port, child)
            yield f"http://127.0.0.1:{port}", psutil.Process(child.pid)
        finally:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(30)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _wait_until_ready(port: int, child: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_S
    while child.poll() is None and time.monotonic() < end:
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/health/readiness", timeout=5, trust_env=False)
            if answer.status_code == 200 and '"db":"connected"' in answer.text:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"a gateway did not start on port {port}: exit code {child.poll()}")


if __name__ == "__main__":
    chosen = [word for word in sys.argv[1:] if word in SETTINGS]
    sys.argv = [word for word in sys.argv if word not in SETTINGS]
    run_standalone(__doc__, lambda stack: measure_on(stack, chosen))
