"""When a gateway's garbage is collected: between requests, where the interpreter would do it anywhere.

Before Python 3.12 an allocation may start a collection. If that allocation belongs to `ContextVar.set`, and what is
collected sets a variable of the same context when it ends, as contexts of traces and of authentication do, the
interpreter goes on in memory that is free by then, and the gateway dies of a segmentation fault with every call in it
(CPython's issue 148891). It was seen under load. From 3.12 on the interpreter itself collects between
instructions only.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

ANYWHERE = sys.version_info < (3, 12)

# What is done besides requests, such as writing spend, leaves garbage as well.
LOOK_EVERY_S = 5.0
# The interpreter's own rule counts what a full collection would look at; there is no way to ask for that number.
FULL_EVERY_S = 10.0

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]


class Collector:
    """Collects what the interpreter's thresholds call for, when it is asked to."""

    def __init__(self) -> None:
        self._last_full = time.monotonic()

    def collect(self) -> int | None:
        """Collect garbage if there may be enough; the generation that was looked at."""
        generation = self._due()
        if generation is None:
            return None
        if generation == 2:
            self._last_full = time.monotonic()
        gc.collect(generation)
        return generation

    def _due(self) -> int | None:
        young, middle, old = (
            count > limit for count, limit in zip(gc.get_count(), gc.get_threshold(), strict=True)
        )
        if not young or gc.isenabled() or not gc.get_threshold()[0]:
            return None
        if not middle:
            return 0
        return 2 if old and time.monotonic() - self._last_full >= FULL_EVERY_S else 1

    def look_again_and_again(self) -> None:
        """Collect now and every few seconds on the running event loop."""
        self.collect()
        asyncio.get_running_loop().call_later(LOOK_EVERY_S, self.look_again_and_again)


class CollectBetweenRequests:
    """ASGI middleware that collects garbage once a request has been answered."""

    def __init__(
        self, app: Callable[[_Message, _Receive, _Send], Awaitable[None]], collector: Collector
    ) -> None:
        self._app, self._collector = app, collector

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        """Serve one connection."""
        try:
            await self._app(scope, receive, send)
        finally:
            self._collector.collect()
