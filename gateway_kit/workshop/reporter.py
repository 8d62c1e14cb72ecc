"""A process of a seat reports: results are on disk at once, and a thread of its own hands them in.

Nothing here waits for the network or raises into a lesson.
"""

from __future__ import annotations

import atexit
import threading
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from gateway_kit.errors import KitError
from gateway_kit.workshop.membership import Membership, load_membership
from gateway_kit.workshop.outbox import Outbox
from gateway_kit.workshop.results import Report, Result, SeatState, now, sign

if TYPE_CHECKING:
    from gateway_kit.workshop.store import StoreClient

STATE_EVERY_S = 30.0
RETRY_AFTER_S = 5.0
RETRY_AT_LEAST_EVERY_S = 60.0


class Counts(Protocol):
    """What a call record counts: calls, those that failed, and US dollars."""

    calls: int
    failed: int
    spent_usd: float


class Reporter:
    """What this process reports for a membership. `open_store` makes the client that a delivery uses."""

    def __init__(
        self,
        home: Path,
        member: Membership,
        *,
        open_store: Callable[[Membership], StoreClient] | None = None,
        state_every_s: float = STATE_EVERY_S,
        retry_after_s: float = RETRY_AFTER_S,
    ) -> None:
        self.member = member
        self.outbox = Outbox(home, member)
        self._home = home
        self._open_store = open_store or _open_store
        self._state_every_s, self._retry_after_s = state_every_s, retry_after_s
        self._kernel = uuid.uuid4().hex
        self._lock = threading.Lock()
        self._counts: list[Counts] = []
        self._lesson, self._since = "", now()
        self._events = 0  # checks and connections
        self._stored = (0, 0)  # events and calls of the last state that the store has
        self._unsaved: list[tuple[Report, str]] = []  # what the disk had no space for
        self._problem = ""
        self._told = False
        self._wake = threading.Event()
        self._ended = False
        self._thread: threading.Thread | None = None
        atexit.register(self._keep_state)

    def checked(
        self, exercise: str, *, missing: Sequence[str], passed: bool, solution_shown: bool, lesson: str
    ) -> None:
        """Keep a result, and have it handed in."""
        made_at, made_id = now(), str(uuid.uuid4())
        # A learner's variable may hold half a character, which no request can carry.
        told = tuple(text.encode("utf-8", "replace").decode() for text in missing)

        def make(attempt: int) -> Result:
            return Result(
                made_id, self.member.workshop, self.member.seat, exercise, attempt, made_at,
                passed, told, solution_shown,
            )  # fmt: skip

        try:
            self.outbox.add_result(exercise, make)
        except OSError as exc:
            result = make(1)
            with self._lock:
                self._unsaved.append((result, sign(result, self.member.secret)))
            self._problem = (
                f"{self.outbox.path} cannot be written ({exc.strerror}): this result is handed in only while the "
                "kernel runs. Look at the space on its disk: df -h"
            )
        self._is_in(lesson)

    def connected(self, counts: Counts, lesson: str) -> None:
        """Report where the seat is, and from now on what the calls of this record cost."""
        with self._lock:
            if not any(known is counts for known in self._counts):
                self._counts.append(counts)
        self._is_in(lesson)

    def news(self) -> str:
        """What the learner should know, once: why results are not handed in yet; else empty."""
        if not self._problem or self._told:
            return ""
        self._told = True
        return self._problem

    def end(self) -> None:
        """Report nothing more."""
        self._ended = True
        self._wake.set()
        atexit.unregister(self._keep_state)

    def state(self) -> SeatState:
        """Where the seat is now, and what its calls have cost in this process."""
        with self._lock:
            calls, failed, spent_usd = (
                sum(getattr(one, name) for one in self._counts) for name in ("calls", "failed", "spent_usd")
            )
            return SeatState(
                self.member.workshop, self.member.seat, self._kernel, self._lesson, self._since, now(),
                int(calls), int(failed), round(float(spent_usd), 9),
            )  # fmt: skip

    def deliver(self) -> bool:
        """Hand in all that waits; False if another process is doing it. Raises KitError or OSError."""
        from gateway_kit.workshop.delivery import deliver

        with self._lock:
            unsaved, events = list(self._unsaved), self._events
        state = self.state()
        news = self._stored != (events, state.calls)
        if not (news or unsaved or self.outbox.waiting()):
            return True
        with self._open_store(self.member) as store:
            for report, signature in unsaved:
                store.write(report, signature)
                with self._lock:
                    self._unsaved.remove((report, signature))
            if news:
                store.write(state, sign(state, self.member.secret))
                self._stored = (events, state.calls)
            return deliver(self.outbox, store) is not None

    def _is_in(self, lesson: str) -> None:
        with self._lock:
            if lesson and lesson != self._lesson:
                self._lesson, self._since = lesson, now()
            self._events += 1
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="workshop-reports", daemon=True)
                self._thread.start()
        self._wake.set()

    def _run(self) -> None:
        retry_s = self._retry_after_s
        wait_s = 0.0
        while not self._ended:
            self._wake.wait(wait_s)
            self._wake.clear()
            try:
                if self._ended or load_membership(self._home) != self.member:
                    return  # the seat was left, or is another one now
                done = self.deliver()
            except Exception as exc:  # whatever went wrong here, the lesson goes on
                self._problem = (
                    f"Your results wait in {self.outbox.path} to be handed in later. {exc}. To hand them in yourself: "
                    "gateway-kit workshop join"
                )
                wait_s, retry_s = retry_s, min(2 * retry_s, RETRY_AT_LEAST_EVERY_S)
            else:
                retry_s = self._retry_after_s
                wait_s = self._state_every_s if done else retry_s
                if not self._unsaved:
                    self._problem = ""

    def _keep_state(self) -> None:
        """When the process ends, leave to the next one what the store does not know."""
        try:
            state = self.state()
            if self._stored != (self._events, state.calls) and load_membership(self._home) == self.member:
                self.outbox.add_state(state)
        except (KitError, OSError):
            pass  # the results themselves are on disk


def _open_store(member: Membership) -> StoreClient:
    from gateway_kit.workshop.store import StoreClient

    return StoreClient(member.store)
