"""Acts that take their time, done in the background: one after the other for each name, different names at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue


class InOrder:
    """A daemon thread for each name that something is done for: none outlives the process, or holds up its end."""

    def __init__(self) -> None:
        self._queues: dict[str, SimpleQueue[Callable[[], object] | None]] = {}
        self._threads: list[threading.Thread] = []
        self._is_over = threading.Event()

    def add(self, name: str, act: Callable[[], object]) -> None:
        """Do this once what was added for the name before is done. It reports its failures itself."""
        if name not in self._queues:
            self._queues[name] = SimpleQueue()
            thread = threading.Thread(
                target=self._work, args=(self._queues[name],), name=f"gateway-kit {name}", daemon=True
            )
            self._threads.append(thread)
            thread.start()
        self._queues[name].put(act)

    def wait(self) -> None:
        """Wait until all that was added is done."""
        for queue in self._queues.values():
            queue.put(None)
        for thread in self._threads:
            thread.join()

    def end(self, *, within_s: float | None = None) -> None:
        """Begin nothing more, and wait for what is being done; for no longer than `within_s`."""
        self._is_over.set()
        for queue in self._queues.values():
            queue.put(None)
        for thread in self._threads:
            thread.join(within_s)

    def _work(self, queue: SimpleQueue[Callable[[], object] | None]) -> None:
        while (act := queue.get()) is not None:
            if not self._is_over.is_set():
                act()
