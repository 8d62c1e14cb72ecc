"""A stack as on its first day: its data is deleted, its credentials and its configuration stay.

The services that hold data, in files or in memory, are stopped, their folders removed, and the stack brought up again;
what has no data, the two models and JupyterLab, goes on. A folder is renamed before it is removed, so that a command
that is killed leaves no half of one: the next one finishes.
"""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from gateway_kit.settings import Settings
from gateway_kit.stack.options import Options
from gateway_kit.stack.services import langfuse
from gateway_kit.stack.services.docker import daemon_answers
from gateway_kit.stack.services.endpoints import Endpoints, without_password
from gateway_kit.stack.services.langfuse_env import secrets_file
from gateway_kit.stack.services.tracing import DATABASE, media_dir
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.start import Start
from gateway_kit.stack.stored import cache_counts, gateway_counts, simulator_counts, trace_counts
from gateway_kit.stack.supervisor import preflight
from gateway_kit.stack.supervisor.launch import Progress
from gateway_kit.stack.supervisor.record import StackRecord, owner, stack_lock
from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.record import FILE, load, workshop_folder

# They hold nothing of a user's; JupyterLab has the reader's open notebooks.
GO_ON = ("chat-model", "embeddings", "lab")
# What a service has to end by itself: nothing that it would still write is kept.
_GRACE_S = 1.0
_REMOVED = ".reset"


@dataclass(frozen=True)
class ResetPlan:
    """What a reset deletes, and what it leaves since somebody else runs it, in words.

    `starts` says whether the stack runs afterwards.
    """

    deleted: tuple[str, ...]
    left: tuple[str, ...]
    starts: bool


def reset_plan(stack: Stack) -> ResetPlan:
    """What `reset` would do now; nothing is changed."""
    record = stack.record()
    endpoints = stack.endpoints(record)
    external = endpoints.external
    parts: list[tuple[str, Callable[[Stack], str]]] = []
    if "postgres" not in external:
        parts.append(("keys, teams, budgets, added models and spend of the gateway", gateway_counts))
        parts.append(
            (f"traces, scores, prompts, datasets and media{_results(stack, endpoints)}", trace_counts)
        )
    if _langfuse_holds_data(stack, record):
        parts.append(("what Langfuse in Docker has stored", lambda _: ""))
    if "redis" not in external:
        parts.append(("the cache, and what the router counts in Redis", cache_counts))
    if "providers" not in external:
        parts.append(
            ("faults, profiles, answers and the journal of the simulated providers", simulator_counts)
        )
    deleted = [f"{what} ({counts})" if (counts := count(stack)) else what for what, count in parts]
    return ResetPlan(tuple(deleted), tuple(_left(stack, record, endpoints)), _should_run(record))


def reset(stack: Stack, notify: Callable[[Progress], None] = lambda _: None) -> None:
    """Delete a stack's data; start it again if it was started. Its keys and credentials stay valid.

    Everything that would refuse the start is checked before anything is deleted. Raises as `Stack.up` does; what is
    missing then, `gateway-kit up` starts.
    """
    if not stack.home.is_dir():
        return
    with stack_lock(stack.home):
        record = stack.record()
        settings = stack.settings(record)
        starting = Start(stack, Options(), notify, ()) if _should_run(record) else None
        if starting is not None:
            starting.check()
        endpoints = stack.endpoints(record)
        stack.end_services(_at_once(record), notify, keep=GO_ON, grace_s=_GRACE_S)
        begin = time.monotonic()
        if secrets_file(settings).exists():
            langfuse.stop(settings, stack.environ, delete_data=True)
        for folder in _folders(settings, endpoints):
            _remove(folder)
        notify(Progress("data", "deleted", time.monotonic() - begin))
        if starting is not None:
            preflight.check_home(stack.home)
            starting.run()


def _at_once(record: StackRecord) -> StackRecord:
    """The record, with a PostgreSQL that ends without writing out what is to be deleted.

    By its own signal for that: killed, it would leave a piece of shared memory behind.
    """
    entry = record.services.get("postgres")
    if entry is None:
        return record
    quick = replace(entry.process, stop_signal=int(signal.SIGQUIT))
    return record.with_service("postgres", replace(entry, process=quick))


def _should_run(record: StackRecord) -> bool:
    """Whether the stack was started and not stopped since, even if its processes have ended."""
    return any(owner(name) == "stack" for name in record.services) or bool(record.failures)


def _folders(settings: Settings, endpoints: Endpoints) -> list[Path]:
    """The folders with data of the kit's own services."""
    folders = []
    if "postgres" not in endpoints.external:
        # Media belong to the traces, which lie in the database: of somebody else's they stay.
        folders += [settings.home / "postgres", settings.home / "postgres.making", media_dir(settings)]
    if "redis" not in endpoints.external:
        folders.append(settings.home / "redis")
    return folders


def _remove(folder: Path) -> None:
    """Remove a folder, or what an earlier command left of it. Raises OSError."""
    removed = folder.with_name(folder.name + _REMOVED)
    if removed.exists():
        shutil.rmtree(removed)
    if folder.exists():
        folder.rename(removed)
        shutil.rmtree(removed)


def _langfuse_holds_data(stack: Stack, record: StackRecord) -> bool:
    return secrets_file(stack.settings(record)).exists() and daemon_answers(stack.environ)


def _left(stack: Stack, record: StackRecord, endpoints: Endpoints) -> list[str]:
    """What is not the kit's to delete, each with the variable that names it."""
    owned = {
        "gateway": f"the gateway at {without_password(endpoints.gateway_url)} (GATEWAY_URL)",
        "postgres": (
            f"the database at {without_password(endpoints.database_url)} (DATABASE_URL) with keys, models and spend, "
            f"the traces in the database {DATABASE} beside it, and their media"
        ),
        "redis": f"the Redis at {without_password(endpoints.redis_url)} (REDIS_URL)",
        "tracing": f"the Langfuse at {without_password(endpoints.langfuse_host)} (LANGFUSE_HOST)",
        "providers": f"the simulator at {without_password(endpoints.providers_url)} (PROVIDERS_URL)",
    }
    left = [text for name, text in owned.items() if name in endpoints.external]
    if secrets_file(stack.settings(record)).exists() and not daemon_answers(stack.environ):
        left.append("what Langfuse in Docker has stored, since Docker does not answer")
    return left


def _results(stack: Stack, endpoints: Endpoints) -> str:
    """A warning if a workshop's results lie in this stack's trace store; else empty."""
    folder = workshop_folder(stack.environ, stack.home)
    if not (folder / FILE).exists():
        return ""
    try:
        workshop = load(folder)
    except WorkshopError:  # its own commands say so
        return ""
    if workshop.store.url.rstrip("/") != endpoints.langfuse_host.rstrip("/"):
        return ""
    return f", the results of the workshop {workshop.name} among them"
