"""Which process is it, and does it still run? Linux's /proc answers."""

from __future__ import annotations

from pathlib import Path


def birth(pid: int) -> str:
    """The machine's boot and the clock ticks from there to the process's start; empty if there is no such process.

    A process id is used again, the pair is not. A time of day would not do: it is derived from a clock that is
    adjusted now and then.
    """
    fields = _stat(pid)
    return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()}/{fields[19]}" if fields else ""


def runs(pid: int, born: str) -> bool:
    """Whether the process that was born then still runs; a zombie does not."""
    fields = _stat(pid)
    return bool(fields) and fields[0] not in ("Z", "X") and birth(pid) == born


def has_terminal(pid: int) -> bool:
    """Whether a process has a terminal: a person's shell and its commands do, services do not."""
    fields = _stat(pid)
    return bool(fields) and fields[4] != "0"


def _stat(pid: int) -> list[str]:
    """The fields of a process's `stat` after its name, which stands in parentheses and may hold anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
