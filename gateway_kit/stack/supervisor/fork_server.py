"""Ask a fork server (`servers/gateway/fork_server.py`) for a gateway."""

from __future__ import annotations

import json
import select
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

# As the server names it.
_STARTED_WITH = "gateway-started-with"
_ANSWERS_WITHIN_S = 10.0
# The exit code of a copy that ended when its server was gone.
_UNKNOWN = -1


class ForkedChild:
    """A process that a fork server started for this one, with what `subprocess.Popen` has of it."""

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._connection = connection

    def __del__(self) -> None:
        self._connection.close()  # a copy outlives whoever asked for it, as any service does

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        return self._wait(0.0)

    def wait(self, timeout: float) -> int:
        """The exit code, once it has ended; raises subprocess.TimeoutExpired after `timeout` seconds."""
        code = self._wait(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(["gateway"], timeout)
        return code

    def _wait(self, timeout_s: float) -> int | None:
        if self.returncode is None and select.select([self._connection], [], [], timeout_s)[0]:
            answer = _line(self._connection)
            if not answer and psutil.pid_exists(self.pid):
                return None  # the server has gone, and the copy goes on
            self.returncode = int(answer.get("exit", _UNKNOWN))
            self._connection.close()
        return self.returncode


@dataclass(frozen=True)
class ForkServer:
    """A server that starts copies of a program: its socket, the digest of its code, where its arguments begin."""

    socket: Path
    code: str
    arguments_from: int

    def start(
        self, argv: Sequence[str], env: Mapping[str, str], folder: Path, log: IO[bytes]
    ) -> ForkedChild | None:
        """A copy with these arguments; None if the server is not there, or refuses: then start a process."""
        args = list(argv[self.arguments_from :])
        request = {"code": self.code, "args": args, "env": dict(env), "folder": str(folder)}
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(_ANSWERS_WITHIN_S)
        try:
            connection.connect(str(self.socket))
            text = json.dumps(request).encode()
            sent = socket.send_fds(connection, [text], [log.fileno()])
            connection.sendall(text[sent:])
            connection.shutdown(socket.SHUT_WR)
            answer = _line(connection)
        except OSError:
            answer = {}
        if "pid" in answer:
            return ForkedChild(int(answer["pid"]), connection)
        connection.close()
        return None


def started_with(process: psutil.Process) -> tuple[list[str], dict[str, str]] | None:
    """The command and the environment of a copy, which the system does not know; None for any other process.

    Raises OSError if this user may not look into the process.
    """
    files = Path(f"/proc/{process.pid}/fd")
    for file in files.iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            if str(file.readlink()).startswith(f"/memfd:{_STARTED_WITH} "):
                told = json.loads(file.read_bytes())
                return told["argv"], told["env"]
    return None


def _line(connection: socket.socket) -> dict[str, int | str]:
    """The next line that the server sends; empty if it has gone."""
    text = b""
    deadline = time.monotonic() + _ANSWERS_WITHIN_S
    while not text.endswith(b"\n") and time.monotonic() < deadline:
        try:
            piece = connection.recv(1)  # not more: the next line belongs to the next reader
        except OSError:
            return {}
        if not piece:
            return {}
        text += piece
    answer: dict[str, int | str] = json.loads(text)
    return answer
