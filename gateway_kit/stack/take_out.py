"""Taking replicas out of the balancer before they are stopped."""

from __future__ import annotations

from collections.abc import Collection

from gateway_kit.settings import Settings
from gateway_kit.stack.replicas import BALANCER, is_gateway
from gateway_kit.stack.services.balancer import Balancer
from gateway_kit.stack.supervisor import process
from gateway_kit.stack.supervisor.record import StackRecord


def take_out(settings: Settings, record: StackRecord, names: Collection[str]) -> None:
    """Let requests go to the other replicas, if one of those answers."""
    alive = {name: one for name, one in record.services.items() if process.alive(one.process) is not None}
    if BALANCER not in alive or not any(is_gateway(name) for name in names):
        return
    balancer = Balancer(settings)
    serving = balancer.serving()
    others = [one.url for name, one in alive.items() if is_gateway(name) and name not in names]
    if any(serving.get(url) for url in others):
        balancer.send_to(others)
