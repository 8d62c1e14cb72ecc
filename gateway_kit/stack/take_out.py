"""Taking replicas out of the balancer before they are stopped, so that no request is lost."""

from __future__ import annotations

from collections.abc import Collection

from gateway_kit.settings import Settings
from gateway_kit.stack.drain import drain
from gateway_kit.stack.replace_gateway import REPLACED, STANDBY
from gateway_kit.stack.replicas import BALANCER, is_gateway
from gateway_kit.stack.services.balancer import Balancer
from gateway_kit.stack.supervisor import process
from gateway_kit.stack.supervisor.record import StackRecord


def take_out(settings: Settings, record: StackRecord, names: Collection[str], *, drain_s: float) -> None:
    """Let requests go to the other replicas, if one of those answers, and end these after the requests they have."""
    alive = {name: one for name, one in record.services.items() if process.alive(one.process) is not None}
    ending = [name for name in names if name in alive and (is_gateway(name) or name in (STANDBY, REPLACED))]
    if BALANCER not in alive or not ending:
        return
    balancer = Balancer(settings)
    serving = balancer.serving()
    others = [one.url for name, one in alive.items() if is_gateway(name) and name not in names]
    if any(serving.get(url) for url in others):
        balancer.send_to(others)
        for name in ending:
            drain(alive[name].process, settings.log_path(name), limit_s=drain_s)
