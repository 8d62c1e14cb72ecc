"""Run a program where it reaches nothing but this machine, and see to it that nothing of it outlives it.

    python -m gateway_kit.stack.rehearsing.keeper --end-with PID --home FOLDER [--way WAY] PROGRAM [ARGUMENTS]

The program ends when it is done, when this one is asked to end (SIGTERM, SIGINT, SIGHUP), and when the parent PID has
ended, however that came about. It is asked first, and killed when it takes longer than GRACE_S. Then all that it
started is killed, and FOLDER, where it keeps its files, removed. What keeps it from the network it finds in the
variable of `isolation.VARIABLE`. Exits as the program did.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import time
from pathlib import Path

import psutil

from gateway_kit.stack.rehearsing import isolation, namespaces
from gateway_kit.stack.rehearsing.isolation import Way
from gateway_kit.stack.supervisor.ports import free_offset

GRACE_S = 30.0
_LOOK_EVERY_S = 0.3
_TO_END = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_WAITED_FOR = {*_TO_END, signal.SIGCHLD}


def main(argv: list[str] | None = None) -> int:
    """See the top of this file."""
    parser = argparse.ArgumentParser(prog="keeper", description="runs a program away from the network")
    parser.add_argument("--end-with", type=int, required=True, metavar="PID", help="end with this parent")
    parser.add_argument("--home", type=Path, required=True, metavar="FOLDER", help="removed at the end")
    parser.add_argument("--way", choices=isolation.WAYS, help="how it is kept from the network")
    parser.add_argument("program", nargs=argparse.REMAINDER)
    options = parser.parse_args(argv)
    signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED_FOR)
    way: Way = options.way or isolation.best_way()
    namespaces.adopt_orphans()
    offset = free_offset()  # held by this process until it ends
    environ = {**os.environ, isolation.VARIABLE: way, isolation.OFFSET: str(offset)}
    child = _start(way, options.program, environ, offset)
    try:
        return _wait(child, parent=options.end_with)
    finally:
        if way == "namespaces":
            _kill(child)  # and the kernel all the others; this process's /proc is theirs by now
        else:
            _kill_descendants()
        shutil.rmtree(options.home, ignore_errors=True)


def _start(way: Way, program: list[str], environ: dict[str, str], offset: int) -> int:
    """Start the program, or the first process of its namespace; its process id."""
    with_processes = way == "namespaces"
    if with_processes:
        # This process itself stays where its parent's processes are: only its children are in the new namespace.
        namespaces.enter_network(processes=True)
    child = os.fork()
    if child:
        return child
    try:
        if with_processes:
            namespaces.be_first()
            if inner := os.fork():
                os._exit(_reap_until(inner))
        else:
            isolation.enter(way, offset)
        namespaces.end_with_parent(signal.SIGTERM)
        os.setpgid(0, 0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WAITED_FOR)
        os.execvpe(program[0], program, environ)  # noqa: S606  # the words are argv already
    except OSError as exc:
        os.write(2, f"{program[0]} cannot be run: {exc.strerror}\n".encode())
    finally:
        os._exit(127)


def _reap_until(child: int) -> int:
    """What the first process of a namespace does: pass signals on, reap orphans, end with the program."""
    while True:
        if signal.sigwait(_WAITED_FOR) != signal.SIGCHLD:
            os.kill(child, signal.SIGTERM)
        code = _reap(child)
        if code is not None:
            return code


def _reap(child: int) -> int | None:
    """Take note of all children that have ended; the exit code of `child` if it is among them."""
    found = None
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == child:
                code = os.waitstatus_to_exitcode(ended[1])
                found = code if code >= 0 else 128 - code
    except ChildProcessError:
        pass
    return found


def _wait(child: int, *, parent: int) -> int:
    """Wait for the program; its exit code. Ask it to end, once, when that is due, and kill it if it does not."""
    kill_at = None
    while True:
        got = signal.sigtimedwait(_WAITED_FOR, _LOOK_EVERY_S)
        if (code := _reap(child)) is not None:
            return code
        asked = got is not None and got.si_signo != signal.SIGCHLD
        if kill_at is None and (asked or os.getppid() != parent):
            kill_at = time.monotonic() + GRACE_S
            os.kill(child, signal.SIGTERM)
        elif kill_at is not None and time.monotonic() > kill_at:
            os.kill(child, signal.SIGKILL)


def _kill(child: int) -> None:
    try:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    except (ProcessLookupError, ChildProcessError):
        pass


def _kill_descendants() -> None:
    """Kill what is left; what loses its parent on the way becomes a child of this process."""
    me = psutil.Process()
    while left := me.children(recursive=True):
        for process in left:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        _reap(0)
        time.sleep(0.01)


if __name__ == "__main__":
    raise SystemExit(main())
