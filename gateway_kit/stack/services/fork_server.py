"""A server that starts gateways as copies of itself, for machines on which many of them start.

Where the environment's GATEWAY_FORK_SERVER names its socket, `up` asks it for its gateway, and starts one in the usual
way if it refuses. Who starts the server ends it; the gateways go on without it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from gateway_kit.common.environment import digest, full_env, minimal_env
from gateway_kit.stack.services.programs import SERVERS, code_digest
from gateway_kit.stack.supervisor.process import Service

FORK_SERVER = "GATEWAY_FORK_SERVER"
_PROGRAM = "gateway_kit.stack.servers.gateway.fork_server"
# Linux has 107; the server adds a suffix until it listens.
_MOST_BYTES = 100

_CALLBACK_S = "LOGGING_WORKER_MAX_TIME_PER_COROUTINE"


def import_env(environ: Mapping[str, str]) -> dict[str, str]:
    """What the kit sets of the variables that LiteLLM reads while it is imported."""
    return {
        # Prices from the installed package: the first start needs no network.
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_TELEMETRY": "False",
        "LITELLM_LOG": environ.get("LITELLM_LOG", "ERROR"),
        # LiteLLM gives up what follows an answer, among it the trace, after 20 s, and says so in a warning only. A
        # gateway that has more calls than it can serve takes longer.
        _CALLBACK_S: environ.get(_CALLBACK_S) or "120",
    }


def code_of_fork_server() -> str:
    """The digest of the code that a server and a gateway of its making must share."""
    code = code_digest(SERVERS / "gateway", SERVERS / "quiet_server.py")
    return digest(sys.executable, version("litellm"), code)


def can_listen(socket: Path) -> bool:
    """Whether the path is short enough for a socket's address."""
    return len(os.fsencode(socket)) <= _MOST_BYTES


def fork_server_argv(socket: Path, *more: str) -> tuple[str, ...]:
    """The command of a server at `socket`."""
    return (sys.executable, "-P", "-m", _PROGRAM, str(socket), "--code", code_of_fork_server(), *more)


def fork_server_service(socket: Path, log_path: Path, *, any_user: bool) -> Service:
    """A server at `socket`; with `any_user`, for root, other users may have gateways of it, each its own."""
    argv = fork_server_argv(socket, *(["--any-user"] if any_user else []))

    def prepare() -> None:
        socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        socket.unlink(missing_ok=True)

    return Service(
        name="fork-server",
        argv=argv,
        env=full_env(minimal_env(), **import_env({})),  # as the gateways of seats have it
        port=0,
        url="",
        log_path=log_path,
        ready=socket.exists,
        prepare=prepare,
        identity=digest(*argv),
        version=version("litellm"),
    )


def start_fork_server(socket: Path, environ: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a server at `socket`, which ends with this process; returns before it has imported LiteLLM.

    Until the socket is there, gateways start in the usual way.
    """
    with open(log, "ab") as output:
        return subprocess.Popen(
            fork_server_argv(socket, "--end-with", str(os.getpid())),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=full_env(environ, **import_env(environ)),
            start_new_session=True,
        )
