"""Start gateways as copies of a process that has imported LiteLLM once.

    python -P -m gateway_kit.stack.servers.gateway.fork_server SOCKET --code DIGEST [--end-with PID] [--any-user]

The import is most of a gateway's start and of its memory. A copy starts without it, and without what `ahead` does once
for all, and shares the memory that neither changes. Its limits and its priority are the server's. Who wants a gateway
connects to SOCKET and sends a request: one JSON object `{"code", "args", "env", "folder"}` with the log's file
descriptor beside it. The answer is a line `{"pid": N}`, and `{"exit": CODE}` on the same connection once that gateway
has ended; or `{"refused": WHY}`, and the caller starts one in the usual way.

The system shows a copy with the server's command and environment. Its own lie in a file in memory, which it keeps open
and which only who may look into the process can read: its name is STARTED_WITH.

A copy is as good as a new process, or it is refused: LiteLLM reads hundreds of variables while it is imported, so each
of them must have the value that it had here; code and namespaces must be the same: who has no network but loopback gets
no process that has one. What is random in each process is made
anew. With --any-user the copy runs as the user who asked, whatever that user is; otherwise only this user may ask.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import faulthandler
import json
import os
import pwd
import selectors
import signal
import socket
import struct
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway_kit.stack.servers.gateway.ending_with import ending_with
from gateway_kit.stack.servers.gateway.idle_work import RELOAD_EVERY
from gateway_kit.stack.servers.gateway.read_names import looked_for, reading
from gateway_kit.stack.servers.gateway.redis_again import ASK_REDIS_AGAIN

STARTED_WITH = "gateway-started-with"
_MOST_BYTES = 4_000_000
_SLOW_CLIENT_S = 5.0
_PR_SET_DUMPABLE, _PR_SET_NAME = 4, 15
# They say where a process was started and by whom: LiteLLM only looks for files there that the kit gives it by name.
# And what `app` sets in each process itself.
_MAY_DIFFER = frozenset(
    {
        "HOME",
        "OLDPWD",
        "PATH",
        "PWD",
        "SHELL",
        "SHLVL",
        "TERM",
        "TMP",
        "TEMP",
        "TMPDIR",
        "_",
        RELOAD_EVERY,
        ASK_REDIS_AGAIN,
    }
)


@dataclass(frozen=True)
class Request:
    """A gateway that somebody wants."""

    args: list[str]
    env: Mapping[str, str]
    folder: str
    log: int
    user: int


class ForkServer:
    """Answers requests until SIGTERM, or until the process that it was started for has ended."""

    def __init__(
        self, listener: socket.socket, read_here: Mapping[str, str | None], code: str, *, any_user: bool
    ) -> None:
        self._listener = listener
        self._read_here = read_here
        self._code = code
        self._any_user = any_user
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)

    def run(self, end_with: int | None) -> Request | None:
        """In a copy what to become; None when told to end, or the process of the handle `end_with` has ended."""
        told, self._tell = os.pipe()
        signal.signal(signal.SIGTERM, lambda *_: os.write(self._tell, b"."))
        self._selector.register(told, selectors.EVENT_READ)
        if end_with is not None:
            self._selector.register(end_with, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._listener:
                    if request := self._accept():
                        return request
                elif key.data is None:
                    return None
                else:
                    self._report_end(key.fd, *key.data)

    def _accept(self) -> Request | None:
        connection, _ = self._listener.accept()
        connection.settimeout(_SLOW_CLIENT_S)
        try:
            request = self._read(connection)
        except (OSError, ValueError, KeyError, TypeError) as exc:
            _answer(connection, refused=f"no request: {exc}")
            connection.close()
            return None
        if isinstance(request, str):
            print(f"refused: {request}", flush=True)
            _answer(connection, refused=request)
            connection.close()
            return None
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            self._let_go(connection)
            return request
        os.close(request.log)
        _answer(connection, pid=pid)
        self._selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, connection))
        return None

    def _read(self, connection: socket.socket) -> Request | str:
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        process, user, _ = struct.unpack("3i", credentials)
        text, files, _, _ = socket.recv_fds(connection, 65536, 1)
        try:
            while more := connection.recv(65536):
                text += more
                if len(text) > _MOST_BYTES:
                    raise ValueError("it is too long")
            fields = json.loads(text)
            env = {str(name): str(value) for name, value in fields["env"].items()}
            why = self._why_not(process, user, fields["code"], env)
            if not why and not files:
                raise ValueError("no log came with it")
            if not why:
                return Request(
                    [str(arg) for arg in fields["args"]], env, str(fields["folder"]), files[0], user
                )
        except BaseException:
            for file in files:
                os.close(file)
            raise
        for file in files:
            os.close(file)
        return why

    def _why_not(self, process: int, user: int, code: str, env: Mapping[str, str]) -> str:
        if user != os.geteuid() and not self._any_user:
            return "it is another user's"
        if _namespaces(process) != _namespaces("self"):
            return "it is in another namespace"
        if code != self._code:
            return "it has other code"
        read = {*self._read_here, *(name for name in env if looked_for(name))} - _MAY_DIFFER
        other = sorted(name for name in read if env.get(name) != self._read_here.get(name))
        return f"its environment differs in {', '.join(other)}" if other else ""

    def _let_go(self, connection: socket.socket) -> None:
        """In a copy: close what belongs to the server."""
        connection.close()
        for key in list(self._selector.get_map().values()):
            if key.data is not None:
                key.data[1].close()
            if isinstance(key.fileobj, int):
                os.close(key.fileobj)
        self._selector.close()
        self._listener.close()
        os.close(self._tell)

    def _report_end(self, handle: int, pid: int, connection: socket.socket) -> None:
        self._selector.unregister(handle)
        os.close(handle)
        _, status = os.waitpid(pid, 0)
        _answer(connection, exit=os.waitstatus_to_exitcode(status))
        connection.close()


def main() -> None:
    """Import LiteLLM, listen, and copy this process for each request."""
    parser = argparse.ArgumentParser(prog="fork_server", description="Starts gateways as copies of itself")
    parser.add_argument("socket", type=Path)
    parser.add_argument("--code", required=True, help="the digest of the code that a request must have")
    parser.add_argument("--end-with", type=int, metavar="PID", help="end when this process has ended")
    parser.add_argument("--any-user", action="store_true", help="other users may ask, for themselves")
    options = parser.parse_args()
    end_with = os.pidfd_open(options.end_with) if options.end_with else None
    before = dict(os.environ)
    with ending_with(end_with), reading() as read_here:
        # What the copies begin with.
        from gateway_kit.stack.servers.gateway import ahead, litellm_app

        for failed in ahead.do_ahead(litellm_app.app):
            print(f"each copy does without, or imports itself, {failed}", flush=True)
    set_here = {name: value for name, value in os.environ.items() if before.get(name) != value}
    read_here = {name: before.get(name) for name in read_here}
    with _listening(options.socket, any_user=options.any_user) as listener:
        request = ForkServer(listener, read_here, options.code, any_user=options.any_user).run(end_with)
    if request is None:
        sys.stdout.flush()
        os._exit(0)  # to take all of LiteLLM apart again takes seconds
    _become(request, set_here)


def _namespaces(process: int | str) -> list[str]:
    """What a process sees of files, network, users and processes; raises OSError if that is not ours to know."""
    return [str(Path(f"/proc/{process}/ns/{kind}").readlink()) for kind in ("mnt", "net", "user", "pid")]


@contextlib.contextmanager
def _listening(path: Path, *, any_user: bool) -> Iterator[socket.socket]:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    listener.bind(str(unfinished))
    unfinished.chmod(0o666 if any_user else 0o600)
    listener.listen(64)
    unfinished.rename(path)  # whoever sees it can connect
    maker = os.getpid()
    try:
        yield listener
    finally:
        if os.getpid() == maker:
            path.unlink(missing_ok=True)


def _become(request: Request, set_by_import: Mapping[str, str]) -> None:
    """Become the gateway that was asked for, as if this process had just been started."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (request.log, 1), (request.log, 2)):
        os.dup2(source, target)
    os.close(null)
    os.close(request.log)
    if request.user != os.geteuid():
        _become_user(request.user)
    started_with = os.memfd_create(STARTED_WITH)
    argv = [sys.executable, "-P", "-m", "gateway_kit.stack.servers.gateway", *request.args]
    os.write(started_with, json.dumps({"argv": argv, "env": dict(request.env)}).encode())
    os.environ.clear()
    os.environ.update({**request.env, **set_by_import})
    os.umask(0o077)
    os.chdir(request.folder)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    if request.env.get("PYTHONFAULTHANDLER"):
        faulthandler.enable()
    make_anew()
    sys.argv = ["gateway", *request.args]
    from gateway_kit.stack.servers.gateway.__main__ import main as serve

    serve()


def _become_user(user: int) -> None:
    entry = pwd.getpwuid(user)
    os.initgroups(entry.pw_name, entry.pw_gid)
    os.setgid(entry.pw_gid)
    os.setuid(user)
    # Root's copy may not be looked into; this user's own process may, as any of that user's.
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)


def make_anew() -> None:
    """Make anew what is random, or derived from the environment, in each process."""
    import multiprocessing
    import secrets

    from litellm.integrations import custom_guardrail

    ctypes.CDLL(None).prctl(_PR_SET_NAME, b"gateway", 0, 0, 0)
    tempfile.tempdir = None
    multiprocessing.current_process().authkey = os.urandom(32)
    custom_guardrail._PRE_CALL_EXECUTED_TOKEN = secrets.token_hex(
        16
    )  # final in each process, and this is a new one


def _answer(connection: socket.socket, **fields: Any) -> None:
    # Whoever asked may be gone; its gateway is not the server's business then.
    with contextlib.suppress(OSError):
        connection.sendall(json.dumps(fields).encode() + b"\n")


if __name__ == "__main__":
    main()
