"""One supervised child process: start, watch, stop.

A child gets a session of its own, so that it survives the notebook's Stop button and the kernel's end, and
a log file instead of a pipe, since nobody reads a pipe once the command that made it has ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

from gateway_kit.common.polling import patient_s, poll_until
from gateway_kit.common.processes import birth, runs
from gateway_kit.errors import ServiceError, StackError
from gateway_kit.settings import MOST_PATIENCE, patience
from gateway_kit.stack.supervisor.fork_server import ForkedChild, ForkServer

LOG_CAP_BYTES = 10_000_000
POLL_S = 0.05
REAP_S = 5.0

# Children of this very process: kept so that they are reaped when they end, and their exit code is known.
_children: dict[int, subprocess.Popen[bytes] | ForkedChild] = {}


@dataclass(frozen=True)
class Service:
    """What it takes to run one service; data only, so that it can be shown and compared.

    `ready` is asked until it answers True; `prepare` runs before the start and `finish` once ready. `identity`
    is what a restart would change: two services with the same identity are the same service. One that runs and does not
    answer for `adopt_within_s` is restarted. `fork` names a server
    that starts the program quicker, if it is there.
    """

    name: str
    argv: tuple[str, ...]
    port: int
    url: str
    log_path: Path
    ready: Callable[[], bool]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    requires: tuple[str, ...] = ()
    prepare: Callable[[], None] | None = None
    finish: Callable[[], None] | None = None
    identity: str = field(default="", repr=False)
    version: str = ""
    deadline_s: float = 90.0
    adopt_within_s: float = 5.0
    stop_signal: signal.Signals = signal.SIGTERM
    user: int | None = None
    fork: ForkServer | None = None


@dataclass(frozen=True)
class ProcessRecord:
    """A process that was started; `birth` (see `common.processes`) tells it from a later one with the same pid."""

    pid: int
    birth: str
    stop_signal: int = int(signal.SIGTERM)


def alive(record: ProcessRecord) -> psutil.Process | None:
    """The recorded process if it still runs, else None; a zombie or another process of that pid is None."""
    child = _children.get(record.pid)
    if child is not None and child.poll() is not None:
        del _children[record.pid]
        return None
    try:
        return psutil.Process(record.pid) if runs(record.pid, record.birth) else None
    except psutil.NoSuchProcess:
        return None


def start(service: Service) -> ProcessRecord:
    """Start a service's process and return at once; `wait_ready` says when it can be used.

    Its working folder is the log folder, not the one where the command was typed. Raises ServiceError if the
    program cannot be executed.
    """
    cap_log(service.log_path, cap_bytes=LOG_CAP_BYTES)
    with open(service.log_path, "ab") as log:  # appending, so that the log can be cut while it is written
        log.write(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')} {service.name} starts\n".encode())
        log.flush()
        forked = None
        if service.fork is not None and service.user is None:
            forked = service.fork.start(service.argv, service.env, service.log_path.parent, log)
        child = forked or _spawned(service, log)
    _children[child.pid] = child
    return ProcessRecord(child.pid, birth(child.pid), int(service.stop_signal))


def _spawned(service: Service, log: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            service.argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=dict(service.env),
            cwd=service.log_path.parent,
            start_new_session=True,
            user=service.user,
            group=service.user,
            extra_groups=[] if service.user is not None else None,
        )
    except OSError as exc:
        raise ServiceError(service.name, f"could not be executed: {exc}", log_path=service.log_path) from exc


def wait_ready(
    service: Service,
    record: ProcessRecord,
    *,
    deadline_s: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> float:
    """Seconds until the service was ready; raises ServiceError once it has ended or `deadline_s` has passed.

    With GATEWAY_PATIENCE, so many times `deadline_s`.
    """
    begin = clock()

    def is_ready() -> bool:
        child = _children.get(record.pid)
        gone = alive(record) is None
        exit_code = child.poll() if child is not None else None
        if gone or exit_code is not None:
            code = "" if exit_code is None else f" with exit code {exit_code}"
            raise ServiceError(
                service.name,
                f"ended during its start{code}",
                log_path=service.log_path,
                exit_code=exit_code,
                log_tail=log_tail(service.log_path),
            )
        return service.ready()

    _, ready = poll_until(is_ready, timeout_s=deadline_s, pause_s=POLL_S, clock=clock, sleep=sleep)
    if not ready:
        longer = min(3 * patience(), MOST_PATIENCE)
        raise ServiceError(
            service.name,
            f"was not ready after {patient_s(deadline_s):.0f} s; if this machine is slow, wait longer: "
            f"GATEWAY_PATIENCE={longer:.0f} gateway-kit up",
            log_path=service.log_path,
            log_tail=log_tail(service.log_path),
        )
    return clock() - begin


def stop(record: ProcessRecord, *, grace_s: float = 10.0) -> bool:
    """End a recorded process with its family; True if it was still alive.

    The process itself is asked first, by its service's stop signal, so that it ends its children in its own order;
    what is left of the family after `grace_s` seconds is killed.
    """
    process = alive(record)
    if process is None:
        _reap(record.pid)
        return False
    # The session too: a grandchild whose parent has ended is nobody's descendant any more.
    family = {process, *descendants(process), *session(record.pid)}
    send(process, record.stop_signal)
    send(process, signal.SIGCONT)  # one that was suspended would not even see it
    end_processes(family, grace_s=grace_s)
    _reap(record.pid)
    return True


def _reap(pid: int) -> None:
    """Take note of a child's end; nobody would do it later."""
    child = _children.pop(pid, None)
    if child is not None:
        # While its threads end it is a zombie already, and cannot be reaped yet.
        try:
            child.wait(REAP_S)
        except subprocess.TimeoutExpired:
            _children[pid] = child


def end_processes(processes: Iterable[psutil.Process], *, grace_s: float) -> None:
    """Wait `grace_s` for processes that were asked to end; kill the ones that are left."""
    left = _wait_gone(processes, grace_s)
    for survivor in left:
        send(survivor, signal.SIGKILL)
    _wait_gone(left, 5.0)


def session(leader_pid: int) -> list[psutil.Process]:
    """The living processes of a session, whether or not its leader is still there."""
    members = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader_pid and process.status() != psutil.STATUS_ZOMBIE:
                members.append(process)
        except (ProcessLookupError, PermissionError, psutil.NoSuchProcess):
            continue
    return members


def working_in(*folders: Path) -> list[psutil.Process]:
    """The living processes that work in one of `folders` or below it, as far as this user may look; by folder."""
    members: list[tuple[int, psutil.Process]] = []
    inside = [f"{folder.resolve()}/" for folder in folders]
    for process in psutil.process_iter():
        try:
            works_in = f"{process.cwd()}/"  # a text, since paths take longer than the look
            number = next((n for n, one in enumerate(inside) if works_in.startswith(one)), None)
            if number is not None and process.status() != psutil.STATUS_ZOMBIE:
                members.append((number, process))
        except (psutil.Error, OSError):
            continue
    return [process for _, process in sorted(members, key=lambda member: member[0])]


def descendants(process: psutil.Process) -> list[psutil.Process]:
    """A process's children, theirs, and so on."""
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _wait_gone(processes: Iterable[psutil.Process], timeout_s: float) -> list[psutil.Process]:
    """The processes that still live after `timeout_s`; reaps this process's own children on the way."""
    waited_for = list(processes)

    def left() -> list[psutil.Process]:
        for child in list(_children.values()):
            child.poll()
        return [process for process in waited_for if _runs(process)]

    return poll_until(left, lambda running: not running, timeout_s=timeout_s, pause_s=POLL_S)[0]


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def send(process: psutil.Process, number: int) -> None:
    """Send a signal, if the process is still there; raises StackError if it belongs to another user."""
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        pass
    except psutil.AccessDenied as exc:
        raise StackError(
            f"Process {process.pid} ({process.name()}) belongs to {process.username()}. Run the command as that user"
        ) from exc


def log_tail(path: Path, lines: int = 15) -> str:
    """The last lines of a log, indented; empty if there is none."""
    try:
        with open(path, "rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - 20_000))
            text = log.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])


def cap_log(path: Path, *, cap_bytes: int) -> bool:
    """Keep a log under `cap_bytes`: a longer one becomes `<name>.1` (replacing the previous one) and is emptied.

    Works while a process writes to it, since every writer appends: the content is copied and the file cut.
    True if it was cut.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        return False
    if path.stat().st_size <= cap_bytes:
        return False
    previous = path.with_name(path.name + ".1")
    with open(path, "rb") as source:
        source.seek(-cap_bytes, os.SEEK_END)
        kept = source.read(cap_bytes)  # the writer may be at it
    with open(os.open(previous, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as target:
        target.write(kept)
    os.truncate(path, 0)
    return True
