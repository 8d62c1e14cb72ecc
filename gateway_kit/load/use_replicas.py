"""Fewer replicas for a while: the load balancer sends requests to some of the stack's, and then to all again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gateway_kit.load.local_services import replica_urls, stack_of


@contextmanager
def use_replicas(count: int) -> Iterator[None]:
    """Send requests to the first `count` replicas of the local stack meanwhile; the others stay ready."""
    urls = replica_urls()
    if count == len(urls):
        yield
        return
    stack = stack_of()
    from gateway_kit.stack.services.balancer import Balancer

    balancer = Balancer(stack.settings())
    balancer.send_to(urls[:count])
    try:
        yield
    finally:
        balancer.send_to(urls)
