"""What of a workshop runs now: its own services, and its seats' stacks."""

from __future__ import annotations

from pathlib import Path

from gateway_kit.common.processes import runs
from gateway_kit.errors import KitError
from gateway_kit.stack.seats.place import HOME, seats_folder
from gateway_kit.stack.supervisor import process
from gateway_kit.stack.supervisor.record import ServiceRecord, StackRecord, owner, read_record


def running_services(home: Path) -> dict[str, ServiceRecord]:
    """The services in the record of a state folder whose process lives."""
    services = read_record(home).services
    return {name: entry for name, entry in services.items() if process.alive(entry.process) is not None}


def ended_services(home: Path) -> list[str]:
    """The recorded services of a seat's stack whose process has ended; a stopped one is not recorded."""
    kept = _seat_record(home).services
    return sorted(
        name
        for name, entry in kept.items()
        if owner(name) == "stack" and not runs(entry.process.pid, entry.process.birth)
    )


def seat_runs(home: Path) -> bool:
    """Whether anything of a seat's stack runs, as far as its record says."""
    kept = _seat_record(home).services.values()
    return any(runs(entry.process.pid, entry.process.birth) for entry in kept)


def seats_with_a_folder(folder: Path) -> list[str]:
    """The names of the seats of the workshop in `folder`."""
    return sorted(path.name for path in seats_folder(folder).glob("seat-*"))


def running_seats(folder: Path) -> list[str]:
    """The seats whose stack runs."""
    return [name for name in seats_with_a_folder(folder) if seat_runs(seats_folder(folder) / name / HOME)]


def _seat_record(home: Path) -> StackRecord:
    """The seat's own file, so anything may have become of it: what is no record names nothing."""
    if not (home / "state.json").is_file():  # a pipe would keep the reader waiting
        return StackRecord()
    try:
        return read_record(home)
    except KitError:
        return StackRecord()
