"""`gateway-kit reset` on a running stack that has data: seconds until the gateway answers again, and of `up`."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

from tools.bench.stack import BenchStack

ROUNDS = 3


def measure_on(stack: BenchStack) -> dict[str, Any]:
    """Seconds of each reset after 60 calls, and of a warm `up`, in turns."""
    reset_s, up_s = [], []
    for _ in range(ROUNDS):
        stack.run("load", "--requests", "60", "--users", "4")
        begin = time.monotonic()
        stack.run("reset", "--yes")
        reset_s.append(time.monotonic() - begin)
        stack.run("down")
        up_s.append(stack.up())
    return {
        "reset_s": [round(s, 1) for s in reset_s],
        "warm_up_s": [round(s, 1) for s in up_s],
        "reset_to_up_ratio": round(median(reset_s) / median(up_s), 2),
    }
