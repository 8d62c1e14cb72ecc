"""A replay: the calls of `requests.jsonl`, each at its time or as fast as they go, with the key that its line names.

`replay.json` says what to do (`ReplayJob`). A line of `requests.jsonl` has these fields:

key      meaning
number   its number, from 0
due_s    seconds after the start at which it is due; null: as soon as a place is free
path     below the gateway's address
key      the label of the key to use; the file of keys has its secret
headers  of the request, besides the key and the content type
body     JSON text in ASCII, sent as it stands
about    what the reader of the results wants to know of the call; written there again as it stands

The file is read as a stream, at most as far ahead as calls may be in progress, so that memory does not grow with it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway_kit.stack.servers.load_generator.call import Connections, epoch_s, headers_of
from gateway_kit.stack.servers.load_generator.greenlets import BoundedSemaphore, Event, Group, sleep, spawn
from gateway_kit.stack.servers.load_generator.results import Segments
from gateway_kit.stack.servers.load_generator.share import COMPLETE, FAILED, INTERRUPTED

WRITE_EVERY_S = 0.1
REPLAY_FILE = "replay.json"


@dataclass(frozen=True)
class ReplayJob:
    """One replay. `keys` is a file of labels and secrets for its owner alone; it is deleted once it has been read.

    `in_flight` is how many calls may be in progress: a later one waits, and is late.
    """

    url: str
    requests: str
    keys: str
    in_flight: int
    timeout_s: float


class Replay:
    """One run of a job; `run` returns the program's exit code."""

    def __init__(self, job: ReplayJob, results: Segments) -> None:
        self._job = job
        self._results = results
        secrets = Path(job.keys)
        keys: dict[str, str] = json.loads(secrets.read_text())
        secrets.unlink()
        self._headers = {label: headers_of(key) for label, key in keys.items()}
        self._connections = Connections(job.url, job.in_flight, timeout_s=job.timeout_s)
        self._places = BoundedSemaphore(job.in_flight)
        self._under_way = Group()
        self._interrupted = Event()
        self._rows: list[str] = []
        self._problem = ""
        self._begin = 0.0

    def interrupt(self) -> None:
        """End now: calls in progress are recorded as left, later ones are not made."""
        self._interrupted.set()
        spawn(self._under_way.kill)

    def run(self) -> int:
        """Make the calls; 0 if that ended as planned or was interrupted, 1 if it failed."""
        self._begin = time.perf_counter()
        self._results.head(planned=None, began=epoch_s(self._begin))
        writer = spawn(self._write)
        try:
            for request in self._requests():
                if not self._wait_for(request):
                    break
                self._under_way.spawn(self._call, request).link_exception(self._failed)
            self._under_way.join()
        except Exception as exc:
            self._fail(exc)
        self._under_way.kill()
        writer.kill()
        ended = FAILED if self._problem else INTERRUPTED if self._interrupted.is_set() else COMPLETE
        self._flush()
        self._results.end(ended, self._problem)
        return 1 if self._problem else 0

    def _requests(self) -> Iterator[dict[str, Any]]:
        with open(self._job.requests, "rb") as file:
            for line in file:
                yield json.loads(line)

    def _wait_for(self, request: dict[str, Any]) -> bool:
        """Wait for a place, and until the call is due; False if the run is over."""
        self._places.acquire()
        if request["due_s"] is None:
            sleep(0)  # other greenlets run
        else:
            left_s = self._begin + request["due_s"] - time.perf_counter()
            self._interrupted.wait(max(0.0, left_s))
        return not self._interrupted.is_set() and not self._problem

    def _call(self, request: dict[str, Any]) -> None:
        due_s = request["due_s"]
        seen: dict[str, Any] = {
            "number": request["number"],
            "key": request["key"],
            "scheduled": None if due_s is None else epoch_s(self._begin + due_s),
            "about": request["about"],
        }
        try:
            headers = self._headers[request["key"]] | request["headers"]
            self._connections.post(request["path"], request["body"].encode("ascii"), headers, seen)
        finally:
            self._places.release()
            if "started" in seen:
                self._rows.append(json.dumps(seen))

    def _write(self) -> None:
        while True:
            sleep(WRITE_EVERY_S)
            try:
                self._flush()
            except OSError as exc:  # the disk is full
                self._fail(exc)
                return

    def _flush(self) -> None:
        rows, self._rows = self._rows, []
        self._results.rows(rows)

    def _failed(self, greenlet: Any) -> None:
        self._fail(greenlet.exception)

    def _fail(self, exc: BaseException) -> None:
        self._problem = self._problem or f"{type(exc).__name__}: {exc}".rstrip(": ")
        self.interrupt()


def read_replay(text: str) -> ReplayJob:
    """The replay of a JSON text."""
    return ReplayJob(**json.loads(text))
