"""The stack's record on disk: which processes it consists of, and the lock of those who change it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from gateway_kit.errors import StackBusyError, StateFolderError
from gateway_kit.stack.process import ProcessRecord

FORMAT = 2


@dataclass(frozen=True)
class ServiceRecord:
    """A started service; `identity` is a digest, so that a change of configuration is noticed."""

    process: ProcessRecord
    port: int
    url: str
    version: str
    identity: str


@dataclass(frozen=True)
class StackRecord:
    """What `up` did last: options to repeat, and a record per started service."""

    port_offset: int = 0
    workers: int = 1
    tracing: str = "embedded"
    config: str | None = None
    semantic: bool = False
    services: dict[str, ServiceRecord] = field(default_factory=dict)

    def with_service(self, name: str, service: ServiceRecord | None) -> StackRecord:
        """A copy in which `name` is recorded as `service`, or not at all (None)."""
        services = {key: value for key, value in self.services.items() if key != name}
        if service is not None:
            services[name] = service
        return replace(self, services=services)


def belongs_to_a_program(name: str) -> bool:
    """Whether a recorded service is a second gateway that a program started for itself: `semantic-1` and so on."""
    return name.startswith("semantic-")


def read_record(home: Path) -> StackRecord:
    """The record of the stack in `home`; an empty one where none was written. Raises StateFolderError."""
    path = _path(home)
    try:
        data: dict[str, Any] = json.loads(path.read_text())
        services = {
            name: ServiceRecord(**{**entry, "process": ProcessRecord(**entry["process"])})
            for name, entry in data.pop("services").items()
        }
        if data.pop("format") == 1:  # written when there was nothing to choose
            data.pop("tracing")
        return StackRecord(services=services, **data)
    except FileNotFoundError:
        return StackRecord()
    except PermissionError as exc:
        raise StateFolderError(f"{path} cannot be read: {exc.strerror}. Check who owns {home}") from exc
    except (ValueError, KeyError, TypeError) as exc:
        raise StateFolderError(
            f"{path} is not a record of this version ({type(exc).__name__}: {exc}). Delete it, then run: "
            f"gateway-kit up (with the same --port-offset, it ends what still runs and starts anew)"
        ) from exc


def write_record(home: Path, record: StackRecord) -> None:
    """Replace the record in one step: a reader sees the old one or the new one, never half of one."""
    path = _path(home)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        temporary.write_text(json.dumps({"format": FORMAT, **asdict(record)}, indent=1) + "\n")
        temporary.replace(path)
    except OSError as exc:
        raise StateFolderError(f"{path} cannot be written: {exc.strerror}") from exc


@contextmanager
def stack_lock(home: Path, *, timeout_s: float = 240.0) -> Iterator[None]:
    """Hold the stack's lock; raises StackBusyError when another command keeps it for `timeout_s`."""
    lock_path = home / "lock"
    begin = time.monotonic()
    lock = FileLock(lock_path, timeout=timeout_s)
    try:
        lock.acquire()
    except Timeout as exc:
        raise StackBusyError(lock_path, time.monotonic() - begin) from exc
    except OSError as exc:
        raise StateFolderError(f"{lock_path} cannot be written: {exc.strerror}") from exc
    try:
        yield
    finally:
        lock.release()


def _path(home: Path) -> Path:
    return home / "state.json"
