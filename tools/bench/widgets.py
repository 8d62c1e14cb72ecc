"""The live dashboard: the time of a redraw, its delay behind the calls, and how much it slows cells that run meanwhile.

The last two are measured in a real Jupyter kernel, by the functions of widgets_kernel.py.
"""

from __future__ import annotations

import json
import queue
import time
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from jupyter_client.manager import KernelManager

from gateway_kit.widgets.dashboard.process import ChildProcess
from gateway_kit.widgets.dashboard.renderer import DashboardRenderer, Query
from gateway_kit.widgets.dashboard.store import chunks, dashboard_calls
from tools.bench.widgets_kernel import made_up_calls

CELL_TIMEOUT_S = 300
REDRAWS = 9


def measure(scratch: Path) -> dict[str, Any]:
    """Milliseconds per redraw, the kernel's delays, and the seconds that the picture lags behind."""
    return {"redraw": _redraws(), **_in_kernel(scratch)}


def _redraws() -> dict[str, Any]:
    """Drawing in this process and in a child: wall time, and CPU time, which other load affects less."""
    result: dict[str, Any] = {}
    child = ChildProcess("gateway_kit.widgets.dashboard.renderer:make_renderer")
    begin = time.perf_counter()
    child.call("render", Query())
    result["first_of_a_new_process_ms"] = _ms(time.perf_counter() - begin)
    for name, rows, query in (
        ("100k_of_100k", 100_000, Query()),
        ("100k_of_1m", 1_000_000, Query(window_s=360.0)),
        ("1m_of_1m", 1_000_000, Query()),
    ):
        calls, local = dashboard_calls(made_up_calls(rows)), DashboardRenderer()
        child.call("clear")
        for piece in chunks(calls):
            local.add(piece)
            child.call("add", piece)
        local.render(query)  # the first call joins the chunks
        child.call("render", query)
        walls, cpus, in_child = [], [], []
        used = _cpu_s(child)
        for _ in range(REDRAWS):
            wall, cpu = time.perf_counter(), time.thread_time()
            shown = local.render(query).calls
            walls.append(time.perf_counter() - wall)
            cpus.append(time.thread_time() - cpu)
            wall = time.perf_counter()
            child.call("render", query)
            in_child.append(time.perf_counter() - wall)
        result[name] = {
            "calls_shown": shown,
            "wall_ms": _ms(median(walls)),
            "wall_least_ms": _ms(min(walls)),
            "cpu_ms": _ms(median(cpus)),
            "cpu_least_ms": _ms(min(cpus)),
            "in_child_ms": _ms(median(in_child)),
            "in_child_least_ms": _ms(min(in_child)),
            "in_child_cpu_ms": _ms((_cpu_s(child) - used) / REDRAWS),
        }
    child.close()
    return result


def _cpu_s(child: ChildProcess) -> float:
    return sum(psutil.Process(child.pid).cpu_times()[:2])


def _in_kernel(scratch: Path) -> dict[str, Any]:
    # The kernel runs in another folder than this process, so the sockets' path must be absolute.
    manager = KernelManager(kernel_name="python3", transport="ipc", ip=str(scratch / "kernel"))
    manager.start_kernel(cwd=str(Path(__file__).resolve().parents[2]))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        _run(client, "import json; from tools.bench import widgets_kernel as bench")
        return {
            name: json.loads(_run(client, f"print(json.dumps(bench.{name}()))"))
            for name in ("delays", "behind")
        }
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _run(client: Any, code: str) -> str:
    """Run a cell and return what it printed. Raises RuntimeError with the cell's error."""
    request_id = client.execute(code)
    output: list[str] = []
    end = time.monotonic() + CELL_TIMEOUT_S
    while True:
        try:
            message = client.get_iopub_msg(timeout=max(end - time.monotonic(), 0.1))
        except queue.Empty as exc:
            raise RuntimeError(f"the cell took longer than {CELL_TIMEOUT_S} s: {code}") from exc
        if message["parent_header"].get("msg_id") != request_id:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "stream":
            output.append(content["text"])
        elif kind == "error":
            raise RuntimeError("\n".join(content["traceback"]))
        elif kind == "status" and content["execution_state"] == "idle":
            return "".join(output)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
