"""The options of `up`, and how they change the record of a stack."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway_kit.errors import SettingsError
from gateway_kit.stack.replicas import MAX_REPLICAS
from gateway_kit.stack.supervisor import process
from gateway_kit.stack.supervisor.record import StackRecord

# The word for the kit's own configuration, in the place of a file.
DEFAULT_CONFIG = "default"
# The word for no file of answers.
NO_ANSWERS = "none"

# Of several gateways: each worker has a pool of ten connections (services/gateway.py), of PostgreSQL's 120.
MAX_WORKERS_IN_ALL = 10


@dataclass(frozen=True)
class Options:
    """The options of `up`; None means: as last time, or the default.

    `config` is a file's absolute path, or DEFAULT_CONFIG for the kit's own configuration; `answers` is a file's
    absolute path, or NO_ANSWERS. `without` names services that are not started, and with `rehearsal` the simulated
    providers obey the plans in requests: for a stack that a program has for itself.
    """

    port_offset: int | None = None
    tracing: str | None = None
    config: str | None = None
    workers: int | None = None
    semantic: bool | None = None
    answers: str | None = None
    without: tuple[str, ...] | None = None
    rehearsal: bool | None = None
    replicas: int | None = None


def options_of(record: StackRecord) -> Options:
    """What starts a recorded stack again as it was, after `down` too."""
    return Options(
        record.port_offset,
        record.tracing,
        record.config,
        record.workers,
        record.semantic,
        record.answers,
        replicas=record.replicas,
    )


def with_options(record: StackRecord, options: Options) -> StackRecord:
    """The record with these options; a running stack keeps the others.

    Raises SettingsError for invalid options, such as another port offset while the stack runs.
    """
    running = any(process.alive(entry.process) for entry in record.services.values())
    if options.port_offset is not None and running and options.port_offset != record.port_offset:
        raise SettingsError(
            "--port-offset",
            str(options.port_offset),
            f"this stack runs with offset {record.port_offset}. First run: gateway-kit down",
        )
    if options.workers is not None and not 1 <= options.workers <= 64:
        raise SettingsError("--workers", str(options.workers), "must be between 1 and 64")
    if options.replicas is not None and not 1 <= options.replicas <= MAX_REPLICAS:
        raise SettingsError(
            "--replicas",
            str(options.replicas),
            f"must be between 1 and {MAX_REPLICAS}, since each needs a port",
        )
    given = {
        name: value
        for name in (
            "port_offset",
            "tracing",
            "config",
            "workers",
            "semantic",
            "answers",
            "rehearsal",
            "replicas",
        )
        if (value := getattr(options, name)) is not None
    }
    if given.get("config") == DEFAULT_CONFIG:
        given["config"] = None
    if given.get("answers") == NO_ANSWERS:
        given["answers"] = None
    if options.without is not None:
        given["without"] = list(options.without)
    wanted = replace(record, **given)
    if wanted.replicas > 1 and wanted.replicas * wanted.workers > MAX_WORKERS_IN_ALL:
        raise SettingsError(
            "--replicas",
            str(wanted.replicas),
            f"with {wanted.workers} workers each would hold {wanted.replicas * wanted.workers * 10} connections to "
            f"PostgreSQL, ten for each worker, and there are {MAX_WORKERS_IN_ALL * 10} for gateways: at most "
            f"{max(1, MAX_WORKERS_IN_ALL // wanted.workers)} replicas",
        )
    return wanted
