"""The gateway under load, compared with direct calls to the simulator and with stock `litellm --config`.

Rounds are interleaved (simulator, gateway, stock, and again), because on a shared machine even two identical proxies
differ by half within a run; the medians of the rounds are compared. The simulated model answers at once here, so only
the overhead is measured.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import psutil

from gateway_kit.gateway import Gateway
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.load import LoadPlan, run_load
from gateway_kit.stack.supervisor.ports import free_offset
from tools.bench.rounds import instant_answers, medians_of_rounds
from tools.bench.stack import BenchStack, bench_stack, cpu_s
from tools.bench.stock import stock_litellm

CONNECTIONS = (1, 8, 32)
REQUESTS = {1: 60, 8: 240, 32: 320}
ROUNDS = 3
MODEL = "gpt-4o-mini"
PROMPT = "What is an LLM gateway?"


def measure(scratch: Path) -> dict[str, Any]:
    """For each number of workers and connections: each target's medians, and the ratios between targets."""
    result: dict[str, Any] = {}
    with bench_stack(scratch) as stack:
        for workers in (1, 2):
            stack.up("--workers", str(workers))
            port = 4100 + free_offset((4100,))
            with stock_litellm(stack, port, scratch / "stock.log") as (_, stock):
                result[f"workers_{workers}"] = _compare(stack, stock, port)
    return result


def _compare(stack: BenchStack, stock: psutil.Process, stock_port: int) -> dict[str, Any]:
    variables = stack.variables()
    with instant_answers(variables["PROVIDERS_URL"], MODEL):
        return _against_each_other(stack, stock, stock_port, variables)


def _against_each_other(
    stack: BenchStack, stock: psutil.Process, stock_port: int, variables: dict[str, str]
) -> dict[str, Any]:
    pids = {row["service"]: row["pid"] for row in stack.status()}
    key = variables["GATEWAY_API_KEY"]
    targets = {
        "simulator": (variables["PROVIDERS_URL"], "simulated", psutil.Process(pids["providers"])),
        "gateway": (variables["GATEWAY_URL"], key, psutil.Process(pids["gateway"])),
        "stock": (f"http://127.0.0.1:{stock_port}", key, stock),
    }
    result: dict[str, Any] = {}
    for connections in CONNECTIONS:
        medians = medians_of_rounds(
            {
                name: partial(_round, url, secret, process, connections, REQUESTS[connections])
                for name, (url, secret, process) in targets.items()
            },
            ROUNDS,
        )
        result[f"connections_{connections}"] = {
            **medians,
            "gateway_to_stock_requests_per_s": _ratio(medians, "gateway", "stock", "requests_per_s"),
            "gateway_to_stock_p50": _ratio(medians, "gateway", "stock", "p50_s"),
            "gateway_overhead_p50_s": round(medians["gateway"]["p50_s"] - medians["simulator"]["p50_s"], 4),
        }
        print(f"  {connections} connections done", flush=True)
    return result


def _ratio(medians: dict[str, dict[str, float]], target: str, baseline: str, figure: str) -> float:
    return round(medians[target][figure] / medians[baseline][figure], 2)


def _round(
    url: str, secret: str, process: psutil.Process, connections: int, requests: int
) -> dict[str, float]:
    """Requests/s, p50, p99 and maximum latency, the longest pause without an answer, CPU seconds per request.

    CPU time includes the second in which the load generator starts and the target is idle.
    """
    # Every prompt is unique, so every request is a miss.
    plan = LoadPlan(MODEL, requests=requests, users=connections, prompts=[PROMPT], unique=True)
    before_s = cpu_s(process)
    calls = run_load(plan, Gateway(Connection(url, secret))).calls
    spent_s = cpu_s(process) - before_s
    if calls["error"].notna().any():
        raise RuntimeError(f"{url}: {calls['error'].dropna().iloc[0]}")
    latency_s = calls["latency_s"]
    ends_s = ((calls["started"] - calls["started"].min()).dt.total_seconds() + latency_s).sort_values()
    return {
        "requests_per_s": requests / ends_s.max(),
        "p50_s": latency_s.quantile(0.5),
        "p99_s": latency_s.quantile(0.99),
        "max_s": latency_s.max(),
        "longest_pause_s": ends_s.diff().fillna(ends_s).max(),
        "cpu_s_per_request": spent_s / requests,
    }
