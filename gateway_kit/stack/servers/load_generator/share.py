"""One process's share of a run: its calls, and their records."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from itertools import count, islice
from typing import Any

from gateway_kit.stack.servers.load_generator.call import Caller, epoch_s
from gateway_kit.stack.servers.load_generator.greenlets import BoundedSemaphore, sleep
from gateway_kit.stack.servers.load_generator.job import Job
from gateway_kit.stack.servers.load_generator.sequence import (
    Request,
    arrival_times,
    request_sequence,
    think_times,
)

# Refusals that further calls would meet too: a wrong key, an unknown model, an invalid request.
REFUSALS = frozenset({400, 401, 403, 404, 422})
# A pause, so that other greenlets run.
_YIELD_S = 0.0

COMPLETE, GIVEN_UP, INTERRUPTED, FAILED = "complete", "given up", "interrupted", "failed"


class Share:
    """Every `of`-th call, beginning with number `index`. `halt` is called when the share gives up."""

    def __init__(self, job: Job, index: int, of: int, key: str, halt: Callable[[], None]) -> None:
        self.job = job
        self.ended = COMPLETE
        self._requests = islice(request_sequence(job), index, job.requests, of)
        self._due = islice(arrival_times(job), index, job.requests, of)
        self._users = count(index, of)
        connections = max(1, job.max_in_flight // of) if job.rate_per_s else job.users
        self._caller = Caller(job, key, connections)
        self._places = BoundedSemaphore(connections)
        self._halt = halt
        self._begin = 0.0
        self._refused = 0
        self._rows: list[str] = []

    def begin(self) -> None:
        """Start the run's clock. Later calls are no-ops."""
        self._begin = self._begin or time.perf_counter()

    def user_numbers(self) -> Iterator[int]:
        """Numbers for this process's users, unique among all processes."""
        return self._users

    def wait_to_join(self, user: int) -> None:
        """Wait until a user of a closed loop makes its first call."""
        joins_s = self.job.joins_s[min(user, self.job.users - 1)]
        sleep(max(_YIELD_S, self._begin + joins_s - time.perf_counter()))

    def think_times(self, user: int) -> Iterator[float]:
        """Seconds to wait after each answer, but not past the end of the run."""
        for think_s in think_times(self.job, user):
            yield max(_YIELD_S, min(think_s, self._left_s()))

    def next_request(self) -> Request | None:
        """The next call of a closed loop; None at the end of the run."""
        return next(self._requests, None) if self._left_s() > 0 else None

    def arrivals(self) -> Iterator[tuple[Request, float]]:
        """The calls of an open loop, each when it is due, with that time on the clock."""
        for request, due_s in zip(self._requests, self._due, strict=False):
            if self.job.duration_s is not None and due_s >= self.job.duration_s:
                return
            due = self._begin + due_s
            sleep(max(_YIELD_S, due - time.perf_counter()))
            yield request, due

    def arrive(self, request: Request, due: float) -> None:
        """Make one call of an open loop; it is late if it has to wait for a place."""
        with self._places:
            self.call(request, due=due)

    def call(self, request: Request, *, user: int | None = None, due: float | None = None) -> None:
        """Make a call and record it."""
        seen: dict[str, Any] = {
            "number": request.number,
            "prompt": request.prompt,
            "model": request.model,
            "stream": request.stream,
            "user": user,
            "scheduled": None if due is None else epoch_s(due),
        }
        try:
            self._caller.call(request, seen)
        finally:
            self._rows.append(json.dumps(seen))
        self._refused = self._refused + 1 if _refused(seen) else 0
        if self.job.give_up_after is not None and self._refused == self.job.give_up_after:
            self.ended = GIVEN_UP
            self._halt()

    def take_rows(self) -> list[str]:
        """The records since the last time, one JSON text per call."""
        rows, self._rows = self._rows, []
        return rows

    def _left_s(self) -> float:
        if self.job.duration_s is None:
            return float("inf")
        return self._begin + self.job.duration_s - time.perf_counter()


def _refused(seen: dict[str, Any]) -> bool:
    no_server = str(seen["error"]).startswith("ConnectionRefusedError")
    return no_server or seen["status"] in REFUSALS
