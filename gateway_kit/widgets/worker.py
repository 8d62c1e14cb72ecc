"""A thread of a panel's own: what takes long happens there, so that the notebook's cells do not wait for it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from weakref import WeakMethod

CLOSE_WAIT_S = 10.0


class Worker:
    """Does jobs one after another, and a work of its own every so often; begins with the first of either.

    worker = Worker("panel", tick=panel.refresh, every_s=2.0)   # refreshes now, and every two seconds
    worker.do(panel.search)                                     # as soon as the thread is free
    worker.close()                                              # ends the thread

    A job must not raise: what it raises is lost with the thread. `tick` is a method and is held weakly, so a
    panel that nobody holds any more ends its thread by itself. Several wakes during one tick make one more tick.
    """

    def __init__(
        self, name: str, *, tick: Callable[[], None] | None = None, every_s: float | None = None
    ) -> None:
        self._name = name
        self._todo = _Todo(None if tick is None else WeakMethod(tick), every_s)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    @property
    def alive(self) -> bool:
        """Whether there is a thread now."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begin to tick."""
        with self._starting:
            if self._thread is None and not self._todo.ended:
                # A daemon: a kernel ends without waiting for its panels.
                self._thread = threading.Thread(
                    target=_work, args=(self._todo,), name=f"gateway-kit {self._name}", daemon=True
                )
                self._thread.start()

    def do(self, job: Callable[[], None]) -> None:
        """Queue a job; after `close` it is dropped."""
        self._todo.add(job)
        self.start()

    def wake(self) -> None:
        """Tick as soon as the thread is free, and not only when the time has come."""
        self._todo.wake()
        self.start()

    def wait(self, timeout_s: float) -> bool:
        """Whether all that was asked for is done, at the latest after `timeout_s`."""
        return self._todo.wait_idle(timeout_s)

    def close(self, timeout_s: float = CLOSE_WAIT_S) -> bool:
        """Drop what waits and end the thread; False where a job under way takes longer than `timeout_s`."""
        self._todo.end()
        thread = self._thread
        if thread is None or thread is threading.current_thread():
            return True
        thread.join(timeout_s)
        return not thread.is_alive()


class _Todo:
    """What a worker's thread has to do; all that thread and panel share."""

    def __init__(self, tick: WeakMethod[Callable[[], None]] | None, every_s: float | None) -> None:
        self.tick = tick
        self.ended = False
        self._every_s = every_s
        self._jobs: deque[Callable[[], None]] = deque()
        self._woken = tick is not None and every_s is not None
        self._working = False
        self._changed = threading.Condition()
        self._last = time.monotonic()

    def add(self, job: Callable[[], None]) -> None:
        with self._changed:
            if not self.ended:
                self._jobs.append(job)
            self._changed.notify_all()

    def wake(self) -> None:
        with self._changed:
            self._woken = not self.ended
            self._changed.notify_all()

    def end(self) -> None:
        with self._changed:
            self.ended, self._woken = True, False
            self._jobs.clear()
            self._changed.notify_all()

    def wait_idle(self, timeout_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not (self._jobs or self._woken or self._working), timeout_s)

    def next(self) -> Callable[[], None] | None:
        """The next job or tick, once there is one; None at the end."""
        with self._changed:
            self._working = False
            self._changed.notify_all()
            while not self.ended:
                if self._jobs:
                    self._working = True
                    return self._jobs.popleft()
                if self._woken or self._is_due():
                    self._woken, self._working, self._last = False, True, time.monotonic()
                    return self.tick() if self.tick is not None else None
                self._changed.wait(self._pause_s())
            return None

    def _is_due(self) -> bool:
        return self._every_s is not None and self._pause_s() == 0

    def _pause_s(self) -> float | None:
        if self._every_s is None:
            return None
        return max(0.0, self._last + self._every_s - time.monotonic())


def _work(todo: _Todo) -> None:
    # A function, not a method: it must hold nothing that holds the panel.
    while (work := todo.next()) is not None:
        work()
        del work  # else the wait for the next one would keep the panel
    todo.end()
    todo.next()  # says that nothing is under way any more
