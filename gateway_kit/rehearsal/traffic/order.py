"""Calls in order of time, in a space that does not grow with their number."""

from __future__ import annotations

import heapq
import pickle
import tempfile
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import IO

from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.traffic.reading import Fields

# A run of calls that is sorted in memory holds so many, or so many bytes.
_CALLS_OF_A_RUN = 50_000
_BYTES_OF_A_RUN = 64 << 20
# So many runs are open at one time, each with its file twice; then they become one.
_MOST_RUNS = 100

# When a call was made, its place in the file, and what it is.
Entry = tuple[float, int, bytes]


class SortedRuns:
    """Calls sorted by time: parts of them sorted in memory, kept in temporary files, and merged while they are read."""

    def __init__(self, calls: Iterable[Fields]) -> None:
        self._runs: list[IO[bytes]] = []
        try:
            self._sort(calls)
        except OSError as error:
            self.close()
            raise RehearsalError(
                f"The calls could not be sorted by time in {tempfile.gettempdir()}: {error.strerror or error}. "
                f"Set TMPDIR to a folder with as much room as the traffic file needs."
            ) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Remove the temporary files."""
        for run in self._runs:
            run.close()
        self._runs.clear()

    def __iter__(self) -> Iterator[Fields]:
        for _, _, packed in self._merged():
            yield pickle.loads(packed)  # noqa: S301 - written below, in a file that has no name

    def _merged(self) -> Iterator[Entry]:
        runs = [_entries(f"/proc/self/fd/{run.fileno()}") for run in self._runs]
        return heapq.merge(*runs, key=itemgetter(0, 1))

    def _sort(self, calls: Iterable[Fields]) -> None:
        entries: list[Entry] = []
        size, latest = 0, float("-inf")
        for place, fields in enumerate(calls):
            # A call without a time stays behind the one before it.
            latest = fields["at"] if fields["at"] is not None else latest
            packed = pickle.dumps(fields, pickle.HIGHEST_PROTOCOL)
            entries.append((latest, place, packed))
            size += len(packed)
            if len(entries) >= _CALLS_OF_A_RUN or size >= _BYTES_OF_A_RUN:
                self._write(entries)
                entries, size = [], 0
        if entries:
            self._write(entries)

    def _write(self, entries: list[Entry]) -> None:
        entries.sort(key=itemgetter(0, 1))
        self._runs.append(_kept(entries))
        if len(self._runs) >= _MOST_RUNS:
            whole = _kept(self._merged())
            self.close()
            self._runs.append(whole)


def _kept(entries: Iterable[Entry]) -> IO[bytes]:
    run = tempfile.TemporaryFile(prefix="gateway-kit-traffic-")  # noqa: SIM115 - closed by `close`
    try:
        for entry in entries:
            pickle.dump(entry, run, pickle.HIGHEST_PROTOCOL)
        run.flush()
    except BaseException:
        run.close()
        raise
    return run


def _entries(path: str) -> Iterator[Entry]:
    with open(path, "rb", buffering=1 << 18) as run:
        while True:
            try:
                yield pickle.load(run)  # noqa: S301 - see above
            except EOFError:
                return
