"""What a seat has reported, and what of it the store has: one file per seat, to which lines are only ever added.

A line is a signed score, or a mark: that the store has a score, or will never take it. Several kernels may write at
once. A line that cannot be read is left where it is and skipped.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gateway_kit.workshop.membership import Membership
from gateway_kit.workshop.results import Report, Result, SeatState, from_score, sign, to_score

FOLDER = "workshop-results"
_SENT, _REFUSED = "sent", "refused"


class Outbox:
    """The reports of a membership, in the state folder that holds it."""

    def __init__(self, home: Path, member: Membership) -> None:
        self.path = home / FOLDER / f"{member.workshop}-{member.seat}.jsonl"
        self._secret = member.secret
        self._read = 0  # bytes of the file that are known
        self._attempts: Counter[str] = Counter()
        self._results: dict[str, Result] = {}  # all of them, by signature
        self._waiting: dict[str, Report] = {}  # likewise
        self._done: set[str] = set()
        self.refused = 0
        self.damaged = 0

    def add_result(self, exercise: str, make: Callable[[int], Result]) -> Result:
        """Keep the result that `make` makes of the attempt's number at this exercise, and return it. Raises OSError."""
        with self._changing() as file:
            result = make(self._attempts[exercise] + 1)
            self._append(file, self._line(result))
        return result

    def add_state(self, state: SeatState) -> None:
        """Keep a state that could not be sent in time. Raises OSError."""
        with self._changing() as file:
            self._append(file, self._line(state))

    def waiting(self) -> list[tuple[Report, str]]:
        """The reports that the store does not have yet, with their signatures, oldest first. Raises OSError."""
        with self._changing():
            return [(report, signature) for signature, report in self._waiting.items()]

    def results(self) -> list[tuple[Report, str]]:
        """All results, with their signatures, oldest first, whether the store has them or not. Raises OSError."""
        with self._changing():
            return [(result, signature) for signature, result in self._results.items()]

    def mark_sent(self, signature: str) -> None:
        """Remember that the store has this report. Raises OSError."""
        self._mark({_SENT: signature})

    def mark_refused(self, signature: str, why: str) -> None:
        """Remember that the store will never take this report. Raises OSError."""
        self._mark({_REFUSED: signature, "why": why})

    @contextmanager
    def delivering(self) -> Iterator[bool]:
        """Whether this process may hand in reports now; False if another one is doing it."""
        self._make_folder()
        descriptor = os.open(self.path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(descriptor)

    def _mark(self, mark: Mapping[str, str]) -> None:
        with self._changing() as file:
            self._append(file, json.dumps(mark))

    def _line(self, report: Report) -> str:
        return json.dumps(to_score(report, sign(report, self._secret)))

    @contextmanager
    def _changing(self) -> Iterator[int]:
        """The open file, for this process alone, with all that is in it known."""
        self._make_folder()
        descriptor = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._catch_up(descriptor)
            yield descriptor
        finally:
            os.close(descriptor)

    def _make_folder(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _append(self, descriptor: int, line: str) -> None:
        """Write a line, or nothing. Raises OSError."""
        size = os.fstat(descriptor).st_size
        broken_off = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        data = (b"\n" if broken_off else b"") + line.encode() + b"\n"
        try:
            while data:
                data = data[os.write(descriptor, data) :]
        except OSError:
            os.ftruncate(descriptor, size)
            raise
        self._catch_up(descriptor)

    def _catch_up(self, descriptor: int) -> None:
        size = os.fstat(descriptor).st_size
        if size < self._read:  # somebody has cut the file
            self._read, self._attempts, self._results, self._waiting = 0, Counter(), {}, {}
            self._done = set()
            self.refused = self.damaged = 0
        new = os.pread(descriptor, size - self._read, self._read)
        complete = new.rpartition(b"\n")[0]
        if not complete:
            return
        self._read += len(complete) + 1
        for line in complete.split(b"\n"):
            if line.strip():
                self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            values = json.loads(line)
            read = None if _SENT in values or _REFUSED in values else from_score(values)
            if read is not None:
                self._know(*read)
                return
            signature = str(values[_SENT] if _SENT in values else values[_REFUSED])
        except (ValueError, TypeError, KeyError, RecursionError):
            self.damaged += 1
            return
        self.refused += _REFUSED in values
        self._done.add(signature)
        self._waiting.pop(signature, None)

    def _know(self, report: Report, signature: str) -> None:
        if isinstance(report, Result):
            self._results[signature] = report
            self._attempts[report.exercise] = max(self._attempts[report.exercise], report.attempt)
        else:  # of a kernel's states only the last one says anything
            earlier = [known for known, other in self._waiting.items() if other.id == report.id]
            for known in earlier:
                del self._waiting[known]
        if signature not in self._done:
            self._waiting[signature] = report


def unsent(home: Path, member: Membership) -> int:
    """How many results of a membership wait to be handed in. Raises OSError."""
    return sum(isinstance(report, Result) for report, _ in Outbox(home, member).waiting())
