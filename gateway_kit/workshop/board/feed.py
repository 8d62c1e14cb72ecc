"""Keeps a board up to date with the workshop's store, also when the store was away for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from gateway_kit.errors import KitError
from gateway_kit.workshop.board.board import Board, Snapshot
from gateway_kit.workshop.board.standing import STUCK_AFTER
from gateway_kit.workshop.kept_results import read_results
from gateway_kit.workshop.record import FILE, Store, Workshop, load
from gateway_kit.workshop.results import EXERCISE, STATE, now
from gateway_kit.workshop.store import StoreClient, StoreRefusesError, StoreUnreachableError
from gateway_kit.workshop.verified import Verifier

# How often results are asked for, and seats' states, of which each read has all.
EVERY_S = 1.0
STATES_EVERY_S = 5.0
# The longest pause while the store does not answer.
_LONGEST_PAUSE_S = 5.0
# Langfuse shows a score some seconds after it has taken it, so what is read again reaches back.
_OVERLAP = timedelta(seconds=30)
# Clocks differ: the store's may be behind the one that wrote the record.
_BEFORE = timedelta(hours=1)
_BATCH = 1000


class Feed:
    """A workshop's board, fed from its store.

    feed = Feed(folder)                     # the folder of the workshop's record
    feed.poll()                             # reads what is new; never raises for the store's sake
    feed.start()                            # polls in a thread, until `close`
    feed.snapshot()

    `version` changes with what the board knows, `trouble` says since when the store does not answer. A workshop that
    was closed, or got more seats, shows by itself. Raises WorkshopError or OSError if there is no record.
    """

    def __init__(
        self,
        folder: Path,
        *,
        stuck_after: timedelta = STUCK_AFTER,
        clock: Callable[[], datetime] = now,
        client: Callable[[Store], StoreClient] = StoreClient,
    ) -> None:
        self._folder, self._stuck_after, self._clock, self._client = folder, stuck_after, clock, client
        self._guard = threading.Lock()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self.version = 0
        self.trouble = ""
        self._failures = 0
        self._failing_since: datetime | None = None
        workshop = load(folder)
        self._record_time = self._changed_at()
        self._begin(workshop)

    def poll(self) -> None:
        """Read what is new. If the store does not answer, `trouble` says so, and the next poll catches up."""
        try:
            self._reload()
            self._read()
        except (StoreRefusesError, StoreUnreachableError) as exc:
            if not self._shows_kept():
                what = "refused the workshop's keys" if isinstance(exc, StoreRefusesError) else "not answered"
                self._fail(f"The store at {self._store.url} has {what}")
        except (KitError, OSError) as exc:
            self._fail(f"The record in {self._folder} cannot be read ({exc}). This has been so")
        else:
            self._failures, self._failing_since = 0, None
            self._tell("")

    def snapshot(self, *, names_hidden: bool = False) -> Snapshot:
        """The board as it is now."""
        with self._guard:
            return self._board.snapshot(self._clock(), names_hidden=names_hidden, trouble=self.trouble)

    def start(self) -> None:
        """Poll in a thread of its own."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="gateway-kit board", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the thread and the connections. Can be called twice."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(10)
        self._store.close()

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                self.poll()
            except Exception as exc:  # in a thread nobody would see it
                self._fail(f"The board cannot go on ({type(exc).__name__}: {exc}). This has been so")
            self._ending.wait(min(EVERY_S * 2**self._failures, _LONGEST_PAUSE_S))

    def _begin(self, workshop: Workshop) -> None:
        """An empty board of this record, which is read anew from the start."""
        board = Board(workshop, stuck_after=self._stuck_after)
        self._store, self._verifier = self._client(workshop.store), Verifier(workshop)
        self._since = workshop.created - _BEFORE
        self._is_live, self._is_kept, self._states_read = False, False, -STATES_EVERY_S
        self._names = [EXERCISE + name for lesson in board.lessons for name in lesson.exercises]
        with self._guard:
            self._board = board
            self.trouble = "The store's results are being read: the board is not complete yet."
            self.version += 1

    def _reload(self) -> None:
        """Take over a record that has changed since: seats were added, or the workshop was closed."""
        changed_at = self._changed_at()
        if changed_at == self._record_time:
            return
        workshop, before = load(self._folder), self._board.workshop
        self._record_time = changed_at
        if replace(workshop, closed=None, until=before.until, address="") == replace(
            before, closed=None, address=""
        ):
            with self._guard:
                self._board.workshop = workshop
                self.version += 1
        else:
            self._store.close()
            self._begin(workshop)

    def _shows_kept(self) -> bool:
        """Show what `close` kept of a closed workshop, whose store has ended with it; False if there is nothing."""
        workshop = self._board.workshop
        kept = None if workshop.closed is None else read_results(self._folder)
        if kept is None:
            return False
        board = Board(workshop, stuck_after=self._stuck_after)
        board.add(kept, self._clock())
        with self._guard:
            self._board, self._is_kept = board, True
            self.version += 1
        self._tell("")
        return True

    def _changed_at(self) -> int:
        return (self._folder / FILE).stat().st_mtime_ns

    def _read(self) -> None:
        if self._is_kept:
            return
        if time.monotonic() - self._states_read >= STATES_EVERY_S:
            session = self._board.workshop.name
            self._add(self._store.scores(names=[STATE], session=session))
            self._states_read = time.monotonic()
        newest = self._add(self._store.scores(self._since, names=self._names))
        # By the store's own clock. A time that a client gave could lie in the future, and hide all that follows.
        if newest is not None:
            self._since = newest - _OVERLAP
        self._is_live = True

    def _add(self, scores: Iterator[Mapping[str, Any]]) -> datetime | None:
        """Count these scores, page after page; when the last of them arrived."""
        newest: datetime | None = None
        while batch := list(islice(scores, _BATCH)):
            found = self._verifier.new(batch)
            if found.results or found.states or found.forged:
                with self._guard:
                    self._board.add(found, self._clock(), live=self._is_live and not self._failures)
                    self.version += 1
            arrived = [datetime.fromisoformat(score["createdAt"]) for score in batch]
            newest = max(arrived if newest is None else [newest, *arrived])
        return newest

    def _fail(self, what: str) -> None:
        self._failures += 1
        self._failing_since = self._failing_since or self._clock()
        since = self._failing_since.astimezone()
        self._tell(f"{what} since {since:%H:%M}. The board shows what was known then, and goes on trying.")

    def _tell(self, trouble: str) -> None:
        with self._guard:
            if trouble != self.trouble:
                self.trouble = trouble
                self.version += 1
