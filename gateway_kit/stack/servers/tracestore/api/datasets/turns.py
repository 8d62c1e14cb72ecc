"""Turns of writes that are checked against schemas: a check may take seconds, and holds a connection meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class Turns:
    """Few writes at once, and of one dataset one, so that a schema without end holds up its own dataset alone."""

    def __init__(self, at_once: int) -> None:
        self._all = asyncio.Semaphore(at_once)
        self._of_datasets: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, dataset: str) -> AsyncIterator[None]:
        """A turn for the dataset with this name."""
        own = self._of_datasets.setdefault(dataset, asyncio.Lock())
        async with own, self._all:
            yield
