"""Which process made something that outlives it, and whether that process has ended."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from gateway_kit.common.processes import birth, runs


@dataclass(frozen=True)
class Owner:
    """A process.

    pid      its number, which the machine uses again
    birth    with it, the number means one process: see `processes.birth`
    host     the machine's name
    program  what runs in it, in a word
    """

    pid: int
    birth: str
    host: str
    program: str

    @classmethod
    def this_process(cls) -> Self:
        """The process that asks."""
        pid = os.getpid()
        return cls(pid, birth(pid), platform.node(), _program())

    @classmethod
    def read(cls, data: Any) -> Self | None:
        """The owner that `vars(owner)` was stored of; None if it is no such thing."""
        if not isinstance(data, Mapping):
            return None
        try:
            return cls(int(data["pid"]), str(data["birth"]), str(data["host"]), str(data["program"]))
        except (KeyError, TypeError, ValueError):
            return None

    @property
    def is_this_process(self) -> bool:
        """Whether it is the process that asks."""
        return self.pid == os.getpid() and self.birth == birth(self.pid)

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended; one on another machine counts as running, since nobody here can know."""
        return self.host == platform.node() and not runs(self.pid, self.birth)

    def __str__(self) -> str:
        state = "this process" if self.is_this_process else f"process {self.pid} ({self.program})"
        return f"{state}, which has ended" if self.has_ended else state


def _program() -> str:
    started = Path(sys.argv[0] or sys.executable)
    if started.name == "ipykernel_launcher.py":
        return "a notebook"
    if started.name.startswith("-"):  # python -c, or from its input
        return "python"
    return (started.parent if started.name == "__main__.py" else started).name[:100]
