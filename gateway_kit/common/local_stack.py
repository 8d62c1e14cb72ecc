"""The local stack as its clients see it: a small file that the stack writes and clients read.

It holds the variables that clients need (addresses and keys), which services should run, and which did not start. The
stack writes it at `up` and removes it at `down`, so that clients need nothing of `gateway_kit.stack`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from gateway_kit.common.private_files import how_to_own, read_private, write_private
from gateway_kit.common.processes import runs
from gateway_kit.errors import StackError, StateFolderError
from gateway_kit.settings import load_settings

_ADVICE = "Run: gateway-kit up, which writes it again"


@dataclass(frozen=True)
class RunningService:
    """A service's process, and what to say if it has ended."""

    pid: int
    birth: str
    if_ended: str


@dataclass(frozen=True)
class LocalStack:
    """What clients know of the local stack.

    variables    name → value, secrets included: GATEWAY_URL and so on, as `gateway-kit env` prints them
    running      the services that `up` started
    failed       a sentence for each service that did not start
    own_gateway  whether the stack runs the gateway, not somebody else
    own_tracing  whether the stack runs the trace store, not somebody else
    """

    variables: Mapping[str, str] = field(repr=False)
    running: tuple[RunningService, ...] = ()
    failed: tuple[str, ...] = ()
    own_gateway: bool = True
    own_tracing: bool = True

    @property
    def missing(self) -> tuple[str, ...]:
        """A sentence for each service that should run and does not."""
        ended = (service.if_ended for service in self.running if not runs(service.pid, service.birth))
        return tuple(sorted((*self.failed, *ended)))


def read_local_stack(environ: Mapping[str, str] | None = None) -> LocalStack:
    """The stack of the environment's state folder; a variable that is set there takes precedence.

    Raises StackError if no stack was started, StateFolderError if its file cannot be read.
    """
    env = os.environ if environ is None else environ
    home = load_settings(env).home
    path = _path(home)
    text = read_private(path, _ADVICE)
    if text is None:
        raise StackError(f"No local stack runs ({home} has no {path.name}). Start it: gateway-kit up")
    try:
        data = json.loads(text)
        stack = LocalStack(
            {str(name): env.get(name) or str(value) for name, value in data["variables"].items()},
            tuple(RunningService(**service) for service in data["running"]),
            tuple(map(str, data["failed"])),
            bool(data.get("own_gateway", True)),
            bool(data.get("own_tracing", True)),
        )
        stack.missing  # noqa: B018  # a field of the wrong type fails here
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise StateFolderError(f"{path} is damaged. {_ADVICE}") from exc
    return stack


def write_local_stack(home: Path, stack: LocalStack) -> None:
    """Tell clients of the stack in `home`. Raises StateFolderError."""
    path = _path(home)
    try:
        write_private(path, json.dumps(asdict(stack), indent=1) + "\n")
    except OSError as exc:
        raise StateFolderError(f"{path} cannot be written: {exc.strerror}. {how_to_own(home)}") from exc


def remove_local_stack(home: Path) -> None:
    """Tell clients that no stack runs in `home`. Raises StateFolderError."""
    path = _path(home)
    try:
        path.unlink(missing_ok=True)
    except OSError as exc:
        raise StateFolderError(f"{path} cannot be removed: {exc.strerror}. {how_to_own(home)}") from exc


def _path(home: Path) -> Path:
    return home / "clients.json"
