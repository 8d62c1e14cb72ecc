"""The stack's record on disk, and the lock for changing it."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from filelock import FileLock, Timeout

from gateway_kit.common.private_files import FileDamagedError, how_to_own, read_private, write_private
from gateway_kit.errors import RecordDamagedError, StackBusyError, StateFolderError
from gateway_kit.settings import MAX_PORT_OFFSET
from gateway_kit.stack.replicas import MAX_REPLICAS
from gateway_kit.stack.supervisor.process import ProcessRecord

FORMAT = 2
TRACING = ("embedded", "langfuse", "off")

# What helps if the record cannot be read.
DAMAGED = (
    "Run: gateway-kit down, which stops what runs in the folder and removes the record; then: gateway-kit up"
)


@dataclass(frozen=True)
class ServiceRecord:
    """A started service; `identity` is a digest, to notice a change of configuration."""

    process: ProcessRecord
    port: int
    url: str
    version: str
    identity: str


@dataclass(frozen=True)
class StackRecord:
    """What the last `up` did: its options, a record per started service, and why others did not start."""

    port_offset: int = 0
    workers: int = 1
    replicas: int = 1
    tracing: str = "embedded"
    config: str | None = None
    semantic: bool = False
    answers: str | None = None
    without: list[str] = field(default_factory=list)
    rehearsal: bool = False
    services: dict[str, ServiceRecord] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def with_service(self, name: str, service: ServiceRecord | None) -> StackRecord:
        """A copy in which `name` is recorded as `service`, or not at all (None)."""
        services = {key: value for key, value in self.services.items() if key != name}
        if service is not None:
            services[name] = service
        return replace(self, services=services)


def owner(name: str) -> Literal["stack", "lab", "program"]:
    """Who starts and ends a recorded service: `up`, `gateway-kit lab`, or a program.

    A program may start a second gateway for itself: `semantic-1` and so on.
    """
    if name.startswith("semantic-"):
        return "program"
    return "lab" if name == "lab" else "stack"


def read_record(home: Path) -> StackRecord:
    """The record of the stack in `home`; an empty one if none was written.

    Raises StateFolderError; RecordDamagedError if the file is not a record.
    """
    path = _path(home)
    try:
        text = read_private(path, DAMAGED)
    except FileDamagedError as exc:
        raise RecordDamagedError(str(exc)) from exc
    if text is None:
        return StackRecord()
    try:
        return _checked(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise RecordDamagedError(
            f"{path} is not a record of this version ({_short(exc)}). {DAMAGED}"
        ) from exc


def _checked(data: Any) -> StackRecord:
    """The record in a file's data; raises ValueError, TypeError or the like for other data."""
    if not isinstance(data, dict):
        raise TypeError(f"a {type(data).__name__} instead of an object")
    values = dict(data)
    services = {}
    for name, entry in values.pop("services").items():
        kept = ServiceRecord(**{**entry, "process": ProcessRecord(**entry["process"])})
        _check_types(kept.process)
        _check_types(kept)
        if kept.process.pid < 2:
            raise ValueError(f"{name} has the process {kept.process.pid}")
        signal.Signals(kept.process.stop_signal)
        services[name] = kept
    if values.pop("format") == 1:  # written when there was nothing to choose
        values.pop("tracing")
    record = StackRecord(services=services, **values)
    _check_types(record)
    if not 0 <= record.port_offset <= MAX_PORT_OFFSET:
        raise ValueError(f"port_offset {record.port_offset}")
    if record.tracing not in TRACING or record.workers < 1:
        raise ValueError(f"tracing {record.tracing}, workers {record.workers}")
    if not 1 <= record.replicas <= MAX_REPLICAS:
        raise ValueError(f"replicas {record.replicas}")
    if not all(isinstance(why, str) for why in record.failures.values()):
        raise TypeError("failures are not texts")
    return record


def _check_types(made: Any) -> None:
    """Raise TypeError if a field's value does not have its annotated type."""
    for name, annotation in get_type_hints(type(made)).items():
        origin = get_origin(annotation)
        expected = get_args(annotation) if origin is UnionType else (origin or annotation,)
        value = getattr(made, name)
        if not isinstance(value, expected) or (expected == (int,) and isinstance(value, bool)):
            raise TypeError(f"{name} is a {type(value).__name__}")


def _short(exc: Exception) -> str:
    """What was wrong with the data, in one line."""
    return f"{type(exc).__name__}: {exc}".splitlines()[0][:200]


def write_record(home: Path, record: StackRecord) -> None:
    """Replace the record in one step: a reader sees the old one or the new one, never half of one."""
    path = _path(home)
    try:
        write_private(path, json.dumps({"format": FORMAT, **asdict(record)}, indent=1) + "\n")
    except OSError as exc:
        raise StateFolderError(f"{path} cannot be written: {exc.strerror}. {DAMAGED}") from exc


def forget_record(home: Path) -> None:
    """Remove the record, whatever has become of it: then nothing counts as running. Needs no disk space."""
    path = _path(home)
    try:
        if path.is_dir():
            path.rename(path.with_name(f"{path.name}.damaged-{time.time_ns()}"))
        else:
            path.unlink(missing_ok=True)
    except OSError as exc:
        raise StateFolderError(f"{path} cannot be removed: {exc.strerror}. {how_to_own(home)}") from exc


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
        raise StateFolderError(f"{lock_path} cannot be written: {exc.strerror}. {how_to_own(home)}") from exc
    try:
        yield
    finally:
        lock.release()


def _path(home: Path) -> Path:
    return home / "state.json"
