"""Examine the whole stack, and name the command that fixes each fault."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

from gateway_kit.common.redis_search import MISSING, how_to_get_it
from gateway_kit.errors import KitError, StateFolderError
from gateway_kit.import_path import IMPORTED, hiding
from gateway_kit.settings import BASE_PORTS
from gateway_kit.stack import pins, toolchain
from gateway_kit.stack.configuration import check_config, text_uses_langfuse
from gateway_kit.stack.configuration.findings import Level
from gateway_kit.stack.doctor_findings import Finding
from gateway_kit.stack.doctor_media import media
from gateway_kit.stack.replicas import BALANCER, front_name, replica_names
from gateway_kit.stack.run_time_changes import run_time_changes
from gateway_kit.stack.services.balancer import Balancer
from gateway_kit.stack.services.credentials import env_file
from gateway_kit.stack.services.effective_config import check_environment, effective_path
from gateway_kit.stack.services.external import check_models
from gateway_kit.stack.services.migrations import migration_files
from gateway_kit.stack.services.models import VARIABLES
from gateway_kit.stack.services.postgres import psycopg_url
from gateway_kit.stack.services.tracing import keys_accepted, tracing_ok
from gateway_kit.stack.services.virtual_key import key_answers
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.status import status_rows
from gateway_kit.stack.supervisor import orphans, ports, preflight, probes, process
from gateway_kit.stack.supervisor.record import StackRecord


def examine(stack: Stack) -> Iterator[Finding]:
    """The findings, one at a time. A check that fails is itself a finding, never a traceback."""
    checks: tuple[Callable[[Stack], Iterator[Finding]], ...] = (
        _machine, _packages, _modules, _credentials, _configuration, _services, _ports, _models, _database, _keys,
        _balancer, _tracing, media, _changes,
    )  # fmt: skip
    try:
        stack.record()
    except (StateFolderError, OSError) as exc:
        # The other checks work without it.
        text, _, fix = str(exc).partition(" Run: ")
        yield Finding("error", "record", text, fix)
        stack = _WithoutRecord(stack.environ)
    seen = set()
    for check in checks:
        try:
            yield from check(stack)
        except (KitError, OSError) as exc:
            text = str(exc).splitlines()[0]  # it ends with the command that helps
            if text not in seen:
                seen.add(text)
                yield Finding("error", check.__name__.strip("_"), text)


class _WithoutRecord(Stack):
    """A stack whose record is damaged: as if nothing had been started."""

    def record(self) -> StackRecord:
        return StackRecord()


def _machine(stack: Stack) -> Iterator[Finding]:
    yield _attempt("platform", "supported", preflight.check_platform, fix="open the devcontainer")
    running = any(process.alive(s.process) for s in stack.record().services.values())
    free_mb = preflight.available_memory_mb()
    if running:
        yield Finding("ok", "memory", f"{free_mb} MB free beside the running stack")
    else:
        yield _attempt("memory", f"{free_mb} MB free", preflight.check_memory, fix="end other programs")
    yield _attempt("state folder", str(stack.home), lambda: preflight.check_home(stack.home))
    if note := preflight.locked_out(stack.home, {}):
        yield Finding("note", "state folder", note)


def _attempt(subject: str, fine: str, check: Callable[[], None], *, fix: str = "") -> Finding:
    try:
        check()
    except KitError as exc:
        return Finding("error", subject, str(exc), fix)
    return Finding("ok", subject, fine)


def _packages(_: Stack) -> Iterator[Finding]:
    for name, text in pins.unfit(pins.requirements()):
        yield Finding("error", name, text, "make setup")
    yield _attempt("set-up", "complete", toolchain.require_ready, fix="make setup")


def _modules(stack: Stack) -> Iterator[Finding]:
    """Files that hide what lessons import: beside them, and in PYTHONPATH."""
    for name, file in hiding(str(Path(__file__).resolve().parents[2] / "notebooks"), IMPORTED):
        yield Finding("error", "modules", f"{file} hides {name} from the lessons", f"rename {file}")
    for folder in filter(None, stack.environ.get("PYTHONPATH", "").split(os.pathsep)):
        for name, file in hiding(folder):
            text = f"{file}, in PYTHONPATH, hides {name} from your own programs; the kit's programs are not affected"
            yield Finding("note", "modules", text, "unset PYTHONPATH")
    for name, file in hiding(""):
        text = f"{file}, in this folder, hides {name} from Python programs that you start here"
        yield Finding("note", "modules", text, f"rename {file}")


def _credentials(stack: Stack) -> Iterator[Finding]:
    path = env_file(stack.home)
    if not path.exists():
        yield Finding("note", "credentials", "not created yet", "gateway-kit up")
        return
    mode = path.stat().st_mode & 0o777
    if mode != 0o600:
        yield Finding(
            "error", "credentials", f"{path} has mode {mode:o}: other users can read it", f"chmod 600 {path}"
        )
        return
    stack.credentials()  # raises if the environment and the file contradict each other
    yield Finding("ok", "credentials", f"{path}, mode 600")


def _configuration(stack: Stack) -> Iterator[Finding]:
    path = stack.record().config or effective_path(stack.settings())
    if not effective_path(stack.settings()).exists():
        yield Finding("note", "configuration", "not rendered yet", "gateway-kit up")
        return
    env = check_environment(stack.settings(), stack.endpoints(), stack.environ)
    findings = check_config(Path(path), env)
    for finding in findings:
        yield Finding(finding.level, "configuration", f"{finding.place}: {finding.message}", finding.fix)
    if not findings:
        yield Finding("ok", "configuration", str(path))


def _services(stack: Stack) -> Iterator[Finding]:
    missing = {lack.service: lack for lack in stack.lacks()}
    for row in status_rows(stack):
        name, state = row["service"], row["state"]
        if state == "dead" and name in missing:
            yield Finding("error", name, f"dead: it {missing[name].why}", missing[name].fix)
        elif state in ("running", "external", "off"):
            yield Finding("ok", name, state)
        elif state == "stopped":
            fix = "gateway-kit lab" if name == "lab" else "gateway-kit up"
            yield Finding("note", name, "stopped", fix)
        else:
            yield Finding("error", name, state, "gateway-kit up")


def _ports(stack: Stack) -> Iterator[Finding]:
    record = stack.record()
    settings, external = stack.settings(record), stack.endpoints(record).external
    if risk := ports.outgoing_ports(record.port_offset):
        fix = "gateway-kit down, then: gateway-kit up with another --port-offset"
        yield Finding("note", "ports", f"--port-offset {record.port_offset}: {risk}", fix)
    front = front_name(record.replicas)
    wanted = {front if name == "gateway" else name: settings.port(name) for name in BASE_PORTS}
    for name, port in wanted.items():
        kept = record.services.get(name)
        is_own = kept is not None and process.alive(kept.process) is not None
        if name == "tracing" and record.tracing != "embedded":
            continue  # unused, or Docker's
        if is_own or name in external or ports.is_free(port):
            continue
        if orphans.holds_port(port, stack.home) is not None:
            text = f"port {port} belongs to {ports.owner(port)}, an orphan of an earlier start of this stack"
            yield Finding("error", name, text, "gateway-kit down, then: gateway-kit up")
        else:
            yield Finding(
                "error",
                name,
                f"port {port} belongs to {ports.owner(port)}",
                "gateway-kit up --port-offset 100",
            )


def _models(stack: Stack) -> Iterator[Finding]:
    """Whether somebody else's models answer: the gateway does not need them to start."""
    endpoints = stack.endpoints()
    if "gateway" in endpoints.external:
        return
    unusable = check_models(endpoints)
    for name in sorted(endpoints.external & set(VARIABLES)):
        if name in unusable:
            yield Finding("error", name, unusable[name].why, unusable[name].fix)
        else:
            yield Finding("ok", name, "answers")


def _database(stack: Stack) -> Iterator[Finding]:
    endpoints = stack.endpoints()
    if _runs(stack, "redis") or "redis" in endpoints.external:
        if trouble := probes.redis_trouble(endpoints.redis_url):
            own = "redis" not in endpoints.external
            fix = "gateway-kit restart redis" if own else "env -u REDIS_URL gateway-kit up"
            if "MISCONF" in trouble:  # it recovers once it can write; stopped, it could not start again
                fix = "free space on its disk, and leave Redis running: it recovers by itself"
            yield Finding("error", "redis", trouble, fix)
        elif probes.redis_trouble(endpoints.redis_url, needs_search=True):
            level: Level = "error" if stack.record().semantic else "note"
            yield Finding(level, "redis", f"answers, but {MISSING}", how_to_get_it(stack.environ))
        else:
            yield Finding("ok", "redis", "answers, with the search module")
    if not (_runs(stack, "postgres") or "postgres" in endpoints.external):
        return
    try:
        with psycopg.connect(psycopg_url(endpoints.database_url), connect_timeout=5) as connection:
            row = connection.execute(
                "select count(*) from _prisma_migrations where finished_at is not null"
            ).fetchone()
    except psycopg.Error as exc:
        yield Finding("error", "database", str(exc).splitlines()[0], "gateway-kit restart postgres")
        return
    applied, shipped = (row[0] if row else 0), len(migration_files())
    level = "ok" if applied >= shipped else "error"
    yield Finding(
        level, "database", f"{applied} of {shipped} migrations", "" if level == "ok" else "gateway-kit up"
    )


def _keys(stack: Stack) -> Iterator[Finding]:
    """Whether each gateway accepts the stack's own keys."""
    record, endpoints = stack.record(), stack.endpoints()
    if "gateway" in endpoints.external:
        asked = {"the gateway": endpoints.gateway_url}
    else:
        names = [name for name in replica_names(record.replicas) if _runs(stack, name)]
        asked = {"the gateway" if name == "gateway" else name: record.services[name].url for name in names}
    keys = stack.credentials()
    for name, key in (("master key", keys.litellm_master_key), ("virtual key", keys.gateway_api_key)):
        refusing = [gateway for gateway, url in asked.items() if not key_answers(url, key)]
        if refusing:
            yield Finding("error", name, f"refused by {' and '.join(refusing)}", "gateway-kit up")
        elif asked:
            yield Finding("ok", name, "accepted")


def _balancer(stack: Stack) -> Iterator[Finding]:
    """Whether the balancer sends requests to each replica that runs."""
    record = stack.record()
    if not _runs(stack, BALANCER):
        return
    serving = Balancer(stack.settings(record)).serving()
    for name in replica_names(record.replicas):
        if _runs(stack, name) and not serving.get(record.services[name].url):
            text = f"sends no requests to {name}, {'which does not answer it' if serving else 'as to all others'}"
            yield Finding("error", BALANCER, text, f"gateway-kit restart {name if serving else BALANCER}")


def _tracing(stack: Stack) -> Iterator[Finding]:
    """Whether traces arrive: the store answers, it accepts the keys, and the gateway sends them."""
    endpoints = stack.endpoints()
    url, outside = endpoints.langfuse_host, "tracing" in endpoints.external
    wanted = outside or _runs(stack, "tracing") or stack.record().tracing == "langfuse"
    if not url or not wanted:
        return
    fix = "set LANGFUSE_HOST to one that answers, or unset it" if outside else "gateway-kit restart tracing"
    accepted = keys_accepted(url, stack.credentials())
    if (accepted is None) if outside else not tracing_ok(url):
        yield Finding("error", "trace store", f"nothing answers at {url.rsplit('@', 1)[-1]}", fix)
        return
    yield Finding("ok", "trace store", "answers")
    if accepted:
        yield Finding("ok", "tracing keys", "accepted")
    else:
        text = "LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY are refused"
        yield Finding(
            "error", "tracing keys", text, "set those of the project" if outside else "gateway-kit up"
        )
    path = effective_path(stack.settings())
    if not path.exists() or "gateway" in endpoints.external:
        return
    if text_uses_langfuse(path.read_text()):
        yield Finding("ok", "callback", "the gateway sends its calls to the trace store")
    else:
        text = "the configuration in force has no `langfuse` callback: calls leave no traces"
        fix = "add success_callback: [langfuse] and failure_callback: [langfuse] to litellm_settings"
        yield Finding("note", "callback", text, fix)


def _changes(stack: Stack) -> Iterator[Finding]:
    """What answers otherwise than the configuration says: a lesson fails by it in misleading ways."""
    for change in run_time_changes(stack):
        yield Finding("note", change.what, str(change), change.fix)


def _runs(stack: Stack, service: str) -> bool:
    kept = stack.record().services.get(service)
    return kept is not None and process.alive(kept.process) is not None
