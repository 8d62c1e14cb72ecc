"""Orphans: processes of a stack that its record does not name, or that outlived their service.

A killed gateway leaves its workers on its port, a killed `up` may leave a service it had no time to record. Both
are known by their working folder: the kit starts its services inside the state folder.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Collection
from pathlib import Path

import psutil

from gateway_kit.common.processes import birth, has_terminal, runs
from gateway_kit.stack.supervisor import ports, process
from gateway_kit.stack.supervisor.process import ProcessRecord

_GRACE_S = 3.0

# Where services work, below the state folder; in the order in which their processes are ended.
WORKPLACES = ("logs", "redis", "postgres.making", "postgres")


def holds_port(port: int, home: Path) -> int | None:
    """The session of the stack's own process that listens on `port`; None if it is another process, or none."""
    if ports.is_free(
        port
    ):  # takes no time, where looking for the listener reads the open files of every process
        return None
    pid = ports.owner_pid(port)
    if pid is None or pid not in {member.pid for member in process.working_in(home)}:
        return None
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


def unrecorded(home: Path, *, except_for: Collection[int] = ()) -> list[tuple[int, str]]:
    """(session, program's name) of what works in the folders of the stack's services, whether or not it is recorded.

    A person's shell, pager or editor that stands there has a terminal; a service has none. The gateways come first,
    which hold connections to the others, and PostgreSQL last. `except_for` are sessions to leave out.
    """
    programs: dict[int, str] = {}
    for member in process.working_in(*(home / folder for folder in WORKPLACES)):
        try:
            leader = os.getsid(member.pid)
            own = leader not in except_for and leader != os.getsid(0) and not has_terminal(member.pid)
            if own and (leader not in programs or member.pid == leader):
                programs[leader] = member.name()
        except (ProcessLookupError, psutil.Error):
            continue
    return list(programs.items())


def outlived(record: ProcessRecord) -> bool:
    """Whether a recorded process has ended, so that the rest of its session are orphans."""
    return not runs(record.pid, birth(record.pid))


def end_session(leader_pid: int, home: Path) -> bool:
    """End what is left of a session of the stack's; True if there was anything."""
    inside = process.working_in(home)
    remaining = [member for member in process.session(leader_pid) if member in inside]
    for member in remaining:
        # PostgreSQL waits at SIGTERM for its clients to leave, at SIGINT it sends them away.
        process.send(member, signal.SIGINT if member.name() == "postgres" else signal.SIGTERM)
    if remaining:
        process.end_processes(remaining, grace_s=_GRACE_S)
    return bool(remaining)
