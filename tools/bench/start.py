"""Warm `up` compared with stock `litellm --config`, and the memory of each service."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any

import psutil

from gateway_kit.stack.supervisor.ports import free_offset
from tools.bench.stack import bench_stack
from tools.bench.stock import stock_litellm

ROUNDS = 3


def measure(scratch: Path) -> dict[str, Any]:
    """Seconds of each start and the ratio of medians; memory (RSS and PSS, MB) of each service."""
    up_s, stock_s = [], []
    with bench_stack(scratch) as stack:
        first_up_s = stack.up()
        memory = {row["service"]: _memory(row["pid"]) for row in stack.status() if row["pid"]}
        for _ in range(ROUNDS):
            port = 4100 + free_offset((4100,))
            with stock_litellm(stack, port, scratch / "stock.log") as (seconds, _):
                stock_s.append(seconds)
            stack.run("down")
            up_s.append(stack.up())
    total = {kind: round(sum(row[kind] for row in memory.values()), 1) for kind in ("rss_mb", "pss_mb")}
    return {
        "first_up_s": round(first_up_s, 1),
        "warm_up_s": [round(s, 1) for s in up_s],
        "stock_litellm_s": [round(s, 1) for s in stock_s],
        "up_to_stock_ratio": round(median(up_s) / median(stock_s), 2),
        "memory": {**memory, "all": total},
    }


def _memory(pid: int) -> dict[str, float]:
    root = psutil.Process(pid)
    memory = [p.memory_full_info() for p in (root, *root.children(recursive=True))]
    return {
        "rss_mb": round(sum(m.rss for m in memory) / 1e6, 1),
        "pss_mb": round(sum(m.pss for m in memory) / 1e6, 1),
    }
