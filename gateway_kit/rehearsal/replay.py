"""Make the calls of a run folder's `requests.jsonl`, and write `calls.jsonl` as they end."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from gateway_kit.errors import LoadError
from gateway_kit.load.program import ReplayProgram
from gateway_kit.rehearsal.call_rows import row_of
from gateway_kit.rehearsal.clock import Clock
from gateway_kit.rehearsal.run_folder import CALLS_FILE, REQUESTS

POLL_S = 0.1
# At full speed; the gateway is busy with so many, and more only wait in it.
IN_FLIGHT = 8
# By the log's times: as many as the log had, within what a machine has connections for.
MOST_IN_FLIGHT = 1000
# A call that leaves so much after its time is late.
LATE_S = 0.5
# As long as OpenAI's clients wait.
TIMEOUT_S = 600.0


class Replay:
    """The calls of a run folder, made by the load generator in a process of its own; iterate to get them as they end.

        with Replay(folder, url, keys, total=1000, span_s=3600, speed=60) as replay:
            for row in replay:
                ...

    Each row has the columns of REHEARSED_CALLS that have a value, and is written to `calls.jsonl`. The end of the
    block, or `stop()`, ends the calls in progress; they are rows too, with the cause `left`.

    Args:
        folder: The run folder, with `requests.jsonl` as `write_requests` leaves it.
        url: The gateway.
        keys: The secret of each key by the label that `requests.jsonl` has. They go to the load generator by a file for
            its owner alone that it deletes at once: never by a command line.
        total: How many calls there are.
        span_s: Seconds from the log's first call to its last one; 0 without times.
        speed: As the requests were written: None makes the calls as fast as they go, `in_flight` at a time.
        in_flight: The most calls at the same time; a later one waits, which `scheduled` and `started` show.
        timeout_s: Seconds that a call may take until the next bytes arrive.
        scratch: Where the load generator's folder is made; in the system's for temporary files by default.
        on_wait: Called ten times a second from the loop, also while no call ends.

    Raises:
        LoadError: The load generator failed; raised by the loop, with the end of its log.
    """

    def __init__(
        self,
        folder: Path,
        url: str,
        keys: Mapping[str, str],
        *,
        total: int,
        span_s: float = 0.0,
        speed: float | None = 1.0,
        in_flight: int | None = None,
        timeout_s: float = TIMEOUT_S,
        scratch: Path | None = None,
        on_wait: Callable[[], None] | None = None,
    ) -> None:
        self.folder = folder
        self.clock = Clock(total=total, span_s=span_s, speed=speed)
        self.made = self.failed = self.late = 0
        self.ended: Literal["running", "complete", "interrupted", "failed"] = "running"
        self._on_wait = on_wait or (lambda: None)
        self._problem = ""
        self._last = -1
        self._scratch = tempfile.TemporaryDirectory(prefix="gateway-kit-replay-", dir=scratch)
        self._program = ReplayProgram(
            Path(self._scratch.name),
            url,
            folder / REQUESTS,
            keys,
            in_flight=in_flight or (IN_FLIGHT if speed is None else MOST_IN_FLIGHT),
            timeout_s=timeout_s,
        )

    def notes(self) -> list[str]:
        """Sentences for the report: calls that were not made when they were due."""
        if not self.late:
            return []
        return [
            f"{self.late} of {self.made} calls left more than {LATE_S:g} s after their time: this machine cannot keep "
            "up with the traffic at this speed. A lower --speed gives times that can be compared with the log's"
        ]

    @property
    def pid(self) -> int | None:
        """The load generator's process."""
        return self._program.pid

    def __enter__(self) -> Self:
        self._file = open(self.folder / CALLS_FILE, "a", encoding="ascii")
        self._program.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self.ended == "running":
                for _ in self.stop():
                    pass
        finally:
            self._program.stop()
            self._file.close()
            self._scratch.cleanup()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The calls as they end, until all have been made."""
        while self._program.is_running():
            yield from self._rows()
            self._on_wait()
            time.sleep(POLL_S)
        yield from self._rows()
        if self.ended == "running":
            self.ended, self._problem = "failed", "it ended before it was done"
        if self.ended == "failed":
            raise LoadError(
                f"The load generator failed: {self._problem}. Its log ends:\n{self._program.log_end()}"
            )

    def stop(self) -> Iterator[dict[str, Any]]:
        """End the calls in progress, and return the rows that are left, those of these calls included."""
        self._program.stop()
        yield from self._rows()
        if self.ended == "running":
            self.ended = "interrupted"

    def _rows(self) -> Iterator[dict[str, Any]]:
        for kind, facts in self._program.new_lines():
            if kind == "head":
                self.clock.start(facts["began"])
            elif kind == "end":
                self.ended, self._problem = facts["ended"], facts["problem"]
            elif facts["number"] != self._last:  # the line that an interruption broke off is read again
                yield self._written(facts)
        self._file.flush()

    def _written(self, seen: dict[str, Any]) -> dict[str, Any]:
        row = row_of(seen)
        self._file.write(json.dumps(row) + "\n")
        self._last = seen["number"]
        self.made += 1
        self.clock.made = self.made
        self.failed += "error" in row
        self.late += seen["scheduled"] is not None and seen["started"] - seen["scheduled"] > LATE_S
        return row
