"""Who has fetched a file, also in pieces: a download that broke off goes on where it ended."""

from __future__ import annotations

from collections.abc import Callable


class Downloads:
    """Counts the machines that have been sent every byte of a file of `size` bytes.

    `notify` gets the address of each machine that has it all, and how many machines have.
    """

    def __init__(self, size: int, notify: Callable[[str, int], None]) -> None:
        self._size = size
        self._notify = notify
        self._pieces: dict[str, list[tuple[int, int]]] = {}
        self._complete: set[str] = set()

    @property
    def complete(self) -> int:
        """How many machines have the whole file."""
        return len(self._complete)

    @property
    def begun(self) -> int:
        """How many machines have a part of it."""
        return len(self._pieces.keys() - self._complete)

    def sent(self, machine: str, start: int, end: int) -> None:
        """The bytes from `start` up to `end` were sent to a machine."""
        if start >= end:
            return
        pieces = [*self._pieces.get(machine, []), (start, end)]
        pieces.sort()
        merged = [pieces[0]]
        for begin, finish in pieces[1:]:
            last_begin, last_end = merged[-1]
            if begin <= last_end:
                merged[-1] = (last_begin, max(last_end, finish))
            else:
                merged.append((begin, finish))
        self._pieces[machine] = merged
        if merged == [(0, self._size)] and machine not in self._complete:
            self._complete.add(machine)
            self._notify(machine, self.complete)
