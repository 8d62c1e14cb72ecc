"""The end of a gateway that gets no new requests: it answers those that it has received first."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from gateway_kit.common.polling import poll_until
from gateway_kit.stack.replace_gateway import log_end, log_since
from gateway_kit.stack.supervisor import process
from gateway_kit.stack.supervisor.process import ProcessRecord

# As long as Kubernetes waits for a pod by LiteLLM's own chart (`terminationGracePeriodSeconds`).
DRAIN_S = 90.0

# What a gateway has still to do when its last request is answered: write the spend, send the traces.
_END_S, _POLL_S = 30.0, 0.05
# As uvicorn says that it ends with requests that have no answer yet.
_CUT = re.compile(r"Cancel (\d+) running task")


def drain(gateway: ProcessRecord, log_path: Path, *, limit_s: float) -> int:
    """End it once its requests have their answers, or after `limit_s` seconds; how many were cut then."""
    running = process.alive(gateway)
    if running is None:
        return 0
    begin = log_end(log_path)
    process.send(running, signal.SIGUSR1)  # see servers/gateway/draining.py
    process.send(running, signal.SIGCONT)  # one that was suspended would not even see it
    poll_until(lambda: process.alive(gateway) is None, timeout_s=limit_s, exactly=True, pause_s=_POLL_S)
    process.stop(gateway, grace_s=_END_S)
    return sum(int(count) for count in _CUT.findall(log_since(log_path, begin)))
