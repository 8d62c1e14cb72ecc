"""Two replicas under a steady load, half of it streams, while they are restarted, killed, suspended.

    python -m tools.bench.rolling            # a stack of its own; 25 minutes
    python -m tools.bench.rolling --running  # the stack of GATEWAY_HOME, which has two replicas

Each call is accounted for. Its outcome is `answered`, the status that it failed with, or how its connection ended; in
the part `killed` the client asks once more after a failure, as SDKs do, and first attempts are counted too. Costs are
the rows of LiteLLM's spend log, and its total for the calls' end user.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from gateway_kit.common.polling import poll_until
from gateway_kit.stack.services.balancer import Balancer
from gateway_kit.stack.stack import Stack
from tools.bench.stack import BenchStack, run_standalone
from tools.bench.steady_load import SteadyLoad

CALLS, PER_S = 2000, 20.0
KILLED_S, KILL_EVERY_S, KILLED_PER_S = 600.0, (8.0, 25.0), 10.0
OUTAGE_S, OUTAGE_PER_S = 20.0, 10.0
# As many callers as one replica can serve meanwhile, so that `up` finds it busy and not overwhelmed.
AT_ONCE = 8
SEED = 7


def measure_on(stack: BenchStack) -> dict[str, Any]:
    """What became of the calls of each part."""
    if stack.replicas() < 2:
        stack.up("--replicas", "2")
    return {
        "restarted": restarted(stack),
        "killed": killed(stack),
        "suspended": suspended(stack),
        "balancer_killed": outage(stack, "balancer"),
        "redis_killed": outage(stack, "redis"),
    }


def restarted(stack: BenchStack) -> dict[str, Any]:
    """Rolling restarts, one after the other, for as long as the calls last."""
    load = SteadyLoad(stack.variables(), PER_S)
    restarts = 0
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(load.run, CALLS)
        while not made.done():
            stack.run("restart", "gateway", "--rolling")
            restarts += 1
        made.result()
    return {"restarts": restarts, **accounts(load)}


def killed(stack: BenchStack, seconds: float = KILLED_S) -> dict[str, Any]:
    """A replica killed every some seconds, chosen at random, and brought back by `up`."""
    dice = random.Random(SEED)
    load = SteadyLoad(stack.variables(), KILLED_PER_S, at_once=AT_ONCE, attempts=2)
    kills = 0

    def trouble() -> None:
        nonlocal kills
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(dice.uniform(*KILL_EVERY_S))
            os.kill(_pid(stack, dice.choice(("gateway-1", "gateway-2"))), signal.SIGKILL)
            kills += 1
            time.sleep(dice.uniform(0.0, 5.0))
            stack.run("up")

    _during(load, trouble)
    return {"seconds": seconds, "kills": kills, **accounts(load)}


def suspended(stack: BenchStack) -> dict[str, Any]:
    """A replica that hangs, until it goes on."""
    load = SteadyLoad(stack.variables(), OUTAGE_PER_S, at_once=AT_ONCE)
    running = Stack(stack.env)
    balancer, url = Balancer(running.settings()), running.record().services["gateway-2"].url
    noticed_s = 0.0

    def trouble() -> None:
        nonlocal noticed_s
        time.sleep(2)
        pid = _pid(stack, "gateway-2")
        os.kill(pid, signal.SIGSTOP)
        begin = time.monotonic()
        poll_until(lambda: not balancer.serving().get(url, True), timeout_s=OUTAGE_S, pause_s=0.05)
        noticed_s = time.monotonic() - begin
        time.sleep(max(0.0, begin + OUTAGE_S - time.monotonic()))
        os.kill(pid, signal.SIGCONT)
        time.sleep(2)

    _during(load, trouble)
    return {"noticed_after_s": round(noticed_s, 1), **accounts(load)}


def outage(stack: BenchStack, service: str) -> dict[str, Any]:
    """A service killed, and brought back by `up` some seconds later."""
    load = SteadyLoad(stack.variables(), OUTAGE_PER_S, at_once=AT_ONCE)

    def trouble() -> None:
        time.sleep(2)
        os.kill(_pid(stack, service), signal.SIGKILL)
        time.sleep(OUTAGE_S / 2)
        stack.run("up")
        time.sleep(2)

    _during(load, trouble)
    return accounts(load)


def accounts(load: SteadyLoad) -> dict[str, Any]:
    """Outcomes and times of all calls, and how many of the answered ones have their cost and their trace."""
    seconds = np.array([call.seconds for call in load.calls if call.outcome == "answered"])
    by_rows, added_up = load.spent()
    traced = load.traced()
    return {
        "calls": len(load.calls),
        "streams": sum(call.stream for call in load.calls),
        "outcomes": load.outcomes(),
        "first_attempts": load.first_attempts(),
        "answered_s": {
            f"p{share}": round(float(np.percentile(seconds, share)), 3) for share in (50, 99, 100)
        },
        "rows": load.spend_rows(),
        "usd_by_rows": round(by_rows, 6),
        "usd_added_up": round(added_up, 6),
        "traced": len(traced),
        "traced_streams": sum(call.stream for call in load.calls if call.number in traced),
    }


def _during(load: SteadyLoad, trouble: Callable[[], None]) -> None:
    over = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(load.run, 1_000_000, until=over)
        try:
            trouble()
        finally:
            over.set()
            made.result()


def _pid(stack: BenchStack, service: str) -> int:
    return Stack(stack.env).record().services[service].process.pid


if __name__ == "__main__":
    run_standalone(__doc__, measure_on)
