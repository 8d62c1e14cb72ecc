"""A thread for a panel's long work, so that the notebook's cells do not wait for it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from weakref import WeakMethod

CLOSE_WAIT_S = 10.0


class Worker:
    """Runs jobs one after another, and a `tick` at intervals. The thread starts with the first of either.

    worker = Worker("panel", tick=panel.refresh, every_s=2.0)
    worker.start()                                              # refreshes now, and every two seconds
    worker.submit(panel.search)                                 # as soon as the thread is free
    worker.close()                                              # ends the thread

    A job must not raise: the exception would be lost. `tick` is a method, held by a weak reference, so that a panel
    without references ends its thread by itself. Several wakes during a tick cause one more tick.
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
        """Whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Start ticking."""
        with self._starting:
            if self._thread is None and not self._todo.ended:
                # A daemon, so that the kernel can end.
                self._thread = threading.Thread(
                    target=_work, args=(self._todo,), name=f"gateway-kit {self._name}", daemon=True
                )
                self._thread.start()

    def submit(self, job: Callable[[], None]) -> None:
        """Queue a job. After `close` it is dropped."""
        self._todo.add(job)
        self.start()

    def wake(self) -> None:
        """Tick as soon as the thread is free."""
        self._todo.wake()
        self.start()

    def wait(self, timeout_s: float) -> bool:
        """Wait until all jobs are done; False after `timeout_s`."""
        return self._todo.wait_idle(timeout_s)

    def close(self, timeout_s: float = CLOSE_WAIT_S) -> bool:
        """Drop queued jobs and end the thread; False if the current job takes longer than `timeout_s`."""
        self._todo.end()
        thread = self._thread
        if thread is None or thread is threading.current_thread():
            return True
        thread.join(timeout_s)
        return not thread.is_alive()


class _Todo:
    """The jobs and ticks of a worker: the state that thread and panel share."""

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
        """Wait for the next job or tick; None at the end."""
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
    # A function, not a method: a reference to the panel would keep it alive.
    while (work := todo.next()) is not None:
        work()
        del work  # it would keep the panel alive during the wait
    todo.end()
    todo.next()  # marks the worker as idle
