"""What the stack is doing now, as rows, tables and the variables that clients need."""

from __future__ import annotations

import time
from collections.abc import Sequence
from io import StringIO
from typing import Any

import psutil

from gateway_kit.settings import Settings
from gateway_kit.stack.configuration.models import ModelRow
from gateway_kit.stack.replicas import (
    BALANCER,
    MAX_REPLICAS,
    essential,
    front_name,
    is_gateway,
    replica_names,
    service_names,
)
from gateway_kit.stack.run_time_changes import change_rows, run_time_changes
from gateway_kit.stack.services import langfuse
from gateway_kit.stack.services.balancer import Balancer
from gateway_kit.stack.services.credentials import DEMO_MASTER_KEY, DEMO_TRACING_PASSWORD, Credentials
from gateway_kit.stack.services.effective_config import effective_models
from gateway_kit.stack.services.endpoints import Endpoints, without_password
from gateway_kit.stack.services.postgres import psycopg_url
from gateway_kit.stack.services.tracing import tracing_ok
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.supervisor import probes, process
from gateway_kit.stack.supervisor.record import ServiceRecord, StackRecord, owner

_LOCAL_HEALTH = {"providers": "/health", "chat-model": "/health", "embeddings": "/health"}


def status_rows(stack: Stack) -> list[dict[str, Any]]:
    """One dict per service, in a fixed order.

    Keys: service, state, url, pid, uptime_s, rss_mb, version, log. `state` is one of
    `running`; `unhealthy` (the process lives and does not answer); `dead` (it should be there and is not: doctor says
    why); `stopped`; `external` (somebody else runs it); `off` (not wanted: `up --tracing off`). `pid`, `uptime_s`
    and `rss_mb` are null unless a process of the kit's runs. `rss_mb` is resident memory of the process and its
    children in MB (10⁶ bytes), memory that several of them share counted once. The gateway's row has `models`
    too: model_name, provider, model and whether the provider is simulated. With replicas there is no such row, but
    `balancer`, which has the models, and `gateway-1` and so on.
    """
    record = stack.record()
    settings = stack.settings(record)
    endpoints = stack.endpoints(record)
    rows = []
    for name in (*service_names(record.replicas), *_second_gateways(record)):
        row: dict[str, Any] = {
            "service": name,
            "state": "stopped",
            "url": _url(stack, name, endpoints),
            "pid": None,
            "uptime_s": None,
            "rss_mb": None,
            "version": "",
            "log": str(settings.log_path("semantic" if owner(name) == "program" else name)),
        }
        kept = record.services.get(name)
        if name in endpoints.external:
            row.update(state="external", log=None)
        elif kept is not None and not (name == "lab" and process.alive(kept.process) is None):
            row.update(_process_facts(name, kept, endpoints, settings))
        elif (name == "tracing" and not endpoints.langfuse_host) or (
            name == "semantic" and not record.semantic
        ):
            row.update(state="off", url="", log=None)
        elif name == "tracing" and record.tracing == "langfuse":
            langfuse_state = langfuse.state(settings, stack.environ)
            # Containers are no processes of the kit's: that they are wanted is all the record says.
            state = "dead" if langfuse_state.state == "stopped" else langfuse_state.state
            row.update(state=state, version=langfuse_state.version)
        elif name in record.failures:  # it did not come as far as a process
            row.update(state="dead")
        if name == front_name(record.replicas):
            row["models"] = [vars(model) for model in effective_models(settings)]
        rows.append(row)
    return rows


def status_objects(stack: Stack) -> list[dict[str, Any]]:
    """What `status --json` prints: `status_rows` with the lists of `change_rows`."""
    more = change_rows(stack)
    return [{**row, **more.get(row["service"], {})} for row in status_rows(stack)]


def _second_gateways(record: StackRecord) -> list[str]:
    """The second gateways of programs that still run."""
    entries = sorted(record.services.items())
    return [n for n, entry in entries if owner(n) == "program" and process.alive(entry.process) is not None]


def _process_facts(
    name: str, kept: ServiceRecord, endpoints: Endpoints, settings: Settings
) -> dict[str, Any]:
    running = process.alive(kept.process)
    facts: dict[str, Any] = {"version": kept.version, "url": kept.url}
    if running is None:
        return {**facts, "state": "dead"}
    return {
        **facts,
        "state": "running" if _healthy(name, kept, endpoints, settings) else "unhealthy",
        "pid": running.pid,
        "uptime_s": round(time.time() - running.create_time(), 1),
        "rss_mb": resident_mb(running),
    }


def _healthy(name: str, kept: ServiceRecord, endpoints: Endpoints, settings: Settings) -> bool:
    if name == BALANCER:
        return any(Balancer(settings).serving().values())
    if name == "redis":
        return probes.redis_ok(endpoints.redis_url)
    if name == "postgres":
        return probes.postgres_ok(psycopg_url(endpoints.database_url))
    if is_gateway(name) or name == "semantic" or owner(name) == "program":
        return probes.http_ok(f"{kept.url}/health/readiness", contains='"db":"connected"')
    if name == "tracing":
        return tracing_ok(kept.url)
    if name in _LOCAL_HEALTH:
        return probes.http_ok(f"{kept.url.removesuffix('/v1')}{_LOCAL_HEALTH[name]}")
    return True


def resident_mb(root: psutil.Process) -> float:
    """Resident memory of a process and its descendants in MB (10⁶ bytes); shared pages count once (PSS)."""
    total = 0
    for member in (root, *root.children(recursive=True)):
        try:
            total += member.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
        except psutil.AccessDenied:  # another user's process (PostgreSQL where the kit runs as root)
            total += member.memory_info().rss
    return round(total / 1e6, 1)


def service_table(stack: Stack) -> str:
    """`status_rows` for the terminal."""
    states = status_rows(stack)
    rows = [
        (
            row["service"],
            row["state"],
            row["url"],
            "" if row["pid"] is None else str(row["pid"]),
            "" if row["uptime_s"] is None else f"{row['uptime_s']:.0f} s",
            "" if row["rss_mb"] is None else f"{row['rss_mb']:.0f} MB",
            row["version"],
        )
        for row in states
    ]
    total = sum(row["rss_mb"] or 0 for row in states)
    title = f"State in {stack.home}; memory in all: {total:.0f} MB"
    return _table(title, ("service", "state", "url", "pid", "uptime", "memory", "version"), rows)


def lacks_text(stack: Stack) -> str:
    """A line per service that should run and does not; empty if none is missing."""
    missing = stack.lacks()
    needed = set(essential(stack.record().replicas))
    if missing and {lack.service for lack in missing} >= needed:  # after a reboot, for instance
        return "The gateway and the services that it needs have ended. To start them: gateway-kit up"
    return "\n".join(str(lack) for lack in missing)


def changes_table(stack: Stack) -> str:
    """What was changed at run time, for the terminal; empty if nothing was."""
    changes = run_time_changes(stack)
    if not changes:
        return ""
    rows = [(change.what, change.text, change.set_by, change.fix) for change in changes]
    return _table("Changed while it runs", ("what", "change", "set by", "to clear"), rows)


def answers_from(model: ModelRow) -> str:
    """Who answers for a deployment, in the words of the table."""
    if model.provider == "langfuse":  # puts a prompt before the call of another model
        return "its prompt's model"
    return "simulated" if model.simulated else "real"


def models_table(stack: Stack) -> str:
    """The gateway's models for the terminal, and which of them are simulated."""
    models = effective_models(stack.settings())
    if not models:
        return ""
    rows = [(m.model_name, m.provider, m.model, answers_from(m)) for m in models]
    return _table("Models of the gateway", ("model_name", "provider", "model", "answers come from"), rows)


def credentials_rows(stack: Stack) -> list[tuple[str, str, str]]:
    """(what, where, how to get in); the demonstration defaults in clear, what was generated by its name."""
    endpoints = stack.endpoints()
    keys = stack.credentials()
    shown = DEMO_MASTER_KEY if keys.litellm_master_key == DEMO_MASTER_KEY else "your LITELLM_MASTER_KEY"
    if keys.ui_password != keys.litellm_master_key:
        shown = "your UI_PASSWORD"
    rows = [
        ("Admin UI", f"{endpoints.gateway_url}/ui", f"{keys.ui_username} / {shown}"),
        ("OpenAI API", f"{endpoints.gateway_url}/v1", "GATEWAY_API_KEY, printed by: gateway-kit env"),
        ("Redis", without_password(endpoints.redis_url), "REDIS_URL, printed by: gateway-kit env"),
        ("PostgreSQL", without_password(endpoints.database_url), "DATABASE_URL, printed by: gateway-kit env"),
        ("Lessons", "my_lessons/00_start_here.ipynb", "gateway-kit lab"),
    ]
    if endpoints.langfuse_host:
        rows.insert(1, ("Traces", endpoints.langfuse_host, _tracing_login(keys, endpoints)))
    return rows


def _tracing_login(keys: Credentials, endpoints: Endpoints) -> str:
    if "tracing" in endpoints.external:
        return "its own"
    password = keys.langfuse_init_user_password
    shown = DEMO_TRACING_PASSWORD if password == DEMO_TRACING_PASSWORD else "your LANGFUSE_INIT_USER_PASSWORD"
    return f"{keys.langfuse_init_user_email} / {shown}"


def credentials_table(stack: Stack) -> str:
    """`credentials_rows` for the terminal."""
    return _table("Where to look", ("what", "where", "credentials"), credentials_rows(stack))


def _url(stack: Stack, name: str, endpoints: Endpoints) -> str:
    known = {
        "gateway": endpoints.gateway_url,
        BALANCER: endpoints.gateway_url,
        "redis": without_password(endpoints.redis_url),
        "postgres": without_password(endpoints.database_url),
        "providers": endpoints.providers_url,
        "chat-model": without_password(endpoints.chat_model_url),
        "embeddings": without_password(endpoints.embeddings_url),
        "tracing": endpoints.langfuse_host,
    }
    if name == "semantic" or name in replica_names(MAX_REPLICAS) or owner(name) == "program":
        return ""  # on a free port: known once it runs
    return known.get(name) or f"http://127.0.0.1:{stack.settings().port(name)}"


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, title_style="", pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=True)
    for row in rows:
        table.add_row(*row)
    # As wide as its content: a URL broken in two cannot be clicked, nor half a command be run.
    console = Console(file=StringIO(), width=1000, highlight=False, force_jupyter=False)
    console.print(table)
    text = console.file.getvalue()  # type: ignore[attr-defined]  # StringIO, given above
    return "\n".join(line.rstrip() for line in text.splitlines())
