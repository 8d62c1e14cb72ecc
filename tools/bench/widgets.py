"""The live dashboard: how long a redraw takes, how far behind it is, and what it takes from cells that run meanwhile.

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
    """Milliseconds of redraws and of the kernel's delays, seconds that the picture is behind."""
    return {"redraw": _redraws(), **_in_kernel(scratch)}


def _redraws() -> dict[str, Any]:
    """Painting in this process and in one of its own: wall time, and CPU time, which neighbours disturb less."""
    found: dict[str, Any] = {}
    child = ChildProcess("gateway_kit.widgets.dashboard.renderer:make_renderer")
    begin = time.perf_counter()
    child.call("render", Query())
    found["first_of_a_new_process_ms"] = _ms(time.perf_counter() - begin)
    for name, rows, wish in (
        ("100k_of_100k", 100_000, Query()),
        ("100k_of_1m", 1_000_000, Query(window_s=360.0)),
        ("1m_of_1m", 1_000_000, Query()),
    ):
        calls, local = dashboard_calls(made_up_calls(rows)), DashboardRenderer()
        child.call("clear")
        for piece in chunks(calls):
            local.add(piece)
            child.call("add", piece)
        local.render(wish)  # the first one puts the chunks together
        child.call("render", wish)
        walls, cpus, in_child = [], [], []
        used = _cpu_s(child)
        for _ in range(REDRAWS):
            wall, cpu = time.perf_counter(), time.thread_time()
            shown = local.render(wish).calls
            walls.append(time.perf_counter() - wall)
            cpus.append(time.thread_time() - cpu)
            wall = time.perf_counter()
            child.call("render", wish)
            in_child.append(time.perf_counter() - wall)
        found[name] = {
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
    return found


def _cpu_s(child: ChildProcess) -> float:
    return sum(psutil.Process(child.pid).cpu_times()[:2])


def _in_kernel(scratch: Path) -> dict[str, Any]:
    # The kernel's folder is another one than this process's, so the sockets' path is a full one.
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
    """What a cell printed. Raises RuntimeError with its error."""
    asked = client.execute(code)
    said: list[str] = []
    end = time.monotonic() + CELL_TIMEOUT_S
    while True:
        try:
            message = client.get_iopub_msg(timeout=max(end - time.monotonic(), 0.1))
        except queue.Empty as exc:
            raise RuntimeError(f"the cell took longer than {CELL_TIMEOUT_S} s: {code}") from exc
        if message["parent_header"].get("msg_id") != asked:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "stream":
            said.append(content["text"])
        elif kind == "error":
            raise RuntimeError("\n".join(content["traceback"]))
        elif kind == "status" and content["execution_state"] == "idle":
            return "".join(said)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
