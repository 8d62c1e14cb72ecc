"""Fewer replicas for a while: the load balancer sends requests to some of the stack's, and then to all again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gateway_kit.load.local_services import stack_of


@contextmanager
def use_replicas(count: int) -> Iterator[None]:
    """Send requests to the first `count` replicas of the local stack meanwhile; the others stay ready."""
    stack = stack_of()
    from gateway_kit.stack.replicas import is_gateway
    from gateway_kit.stack.services.balancer import Balancer

    record = stack.record()
    urls = [service.url for name, service in sorted(record.services.items()) if is_gateway(name)]
    if count == len(urls):
        yield
        return
    balancer = Balancer(stack.settings(record))
    balancer.send_to(urls[:count])
    try:
        yield
    finally:
        balancer.send_to(urls)
