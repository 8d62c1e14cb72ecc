"""One start: from the recorded services to the wanted ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from gateway_kit.errors import (
    GatewayError,
    IncompleteStackError,
    PortTakenError,
    ServiceError,
    SettingsError,
    StackError,
)
from gateway_kit.settings import load_settings
from gateway_kit.stack import toolchain
from gateway_kit.stack.failed_start import KITS_OWN, NotReplacedError, not_started
from gateway_kit.stack.options import Options, with_options
from gateway_kit.stack.replace_gateway import Replacement
from gateway_kit.stack.services import credentials as keyring
from gateway_kit.stack.services import langfuse, semantic
from gateway_kit.stack.services.effective_config import EffectiveConfig, build_effective_config
from gateway_kit.stack.services.external import ExternalModelError, check_external, check_models
from gateway_kit.stack.services.own_services import own_services
from gateway_kit.stack.services.providers import check_answers
from gateway_kit.stack.services.virtual_key import ensure_virtual_key
from gateway_kit.stack.supervisor import log_causes, orphans, ports, preflight, process
from gateway_kit.stack.supervisor.launch import Launch, Progress
from gateway_kit.stack.supervisor.plan import Plan, make_plan
from gateway_kit.stack.supervisor.process import ProcessRecord, Service
from gateway_kit.stack.supervisor.record import ServiceRecord, StackRecord, owner, stack_lock

if TYPE_CHECKING:
    from gateway_kit.stack.stack import Stack

# Without these there is no gateway; without any of the others it serves, and lessons say what is missing.
ESSENTIAL = ("postgres", "redis", "gateway")

Notify = Callable[[Progress], None]
Failures = dict[str, StackError]


def start(stack: Stack, options: Options, notify: Notify, restart: Collection[str]) -> None:
    """Bring the stack up; see `Stack.up`."""
    if "gateway" not in load_settings(stack.environ).external_urls:
        preflight.check_platform()
    preflight.check_home(stack.home)
    with stack_lock(stack.home):
        Start(stack, options, notify, restart).run()


class Start:
    """What one start knows: the record before it, the options that are wanted, and the services that they mean."""

    def __init__(self, stack: Stack, options: Options, notify: Notify, restart: Collection[str]) -> None:
        self._stack, self._notify, self._restart = stack, notify, restart
        self._before = stack.record()
        self._wanted = with_options(self._before, options)
        self._settings = stack.settings(self._wanted)
        self._credentials = stack.credentials()
        # At once: what was generated now must be what the next look at the credentials finds.
        keyring.save(stack.home, self._credentials)
        self._endpoints = stack.endpoints(self._wanted)
        self._own_langfuse = langfuse.is_own(self._wanted.tracing, self._endpoints)
        self._config: EffectiveConfig | None = None
        self._services = self._own_services()

    def check(self) -> tuple[Plan, bool]:
        """What is to be started, stopped and adopted; and whether the gateway is replaced without a gap.

        Raises for everything that can be known to be wrong before anything is started or stopped.
        """
        plan = make_plan(self._services, self._wanted, self._restart)
        # A gateway that answers would be missed: it goes on until the new one does.
        replaces = "gateway" in {*plan.start} & {*plan.stop} and self._services["gateway"].ready()
        self._check_ports(plan)
        if "gateway" in plan.start and not replaces:
            preflight.check_memory()
        if semantic.NAME in plan.start:
            preflight.check_memory(needed_mb=semantic.MEMORY_NEEDED_MB)
        if self._services:
            check_external(self._endpoints, self._credentials, own_traces="tracing" in self._services)
        if self._own_langfuse:
            langfuse.check(self._settings, self._stack.environ)
        return plan, replaces

    def run(self) -> None:
        """Check, start, and prove that the gateway works."""
        plan, replaces = self.check()
        for name in self._endpoints.external:
            self._notify(Progress(name, "external"))
        unusable = check_models(self._endpoints) if self._services else {}
        started, failed = self._bring_up(plan, replaces=replaces)
        missing = self._record_failures({**failed, **unusable})
        self._raise_essential(failed)
        if "gateway" in started and self._config is not None:
            self._config.publish()
            self._prove(self._endpoints.gateway_url)
        if missing:
            raise IncompleteStackError(missing)

    def _own_services(self) -> dict[str, Service]:
        """The services that the kit runs; none beside somebody else's gateway, which needs nothing of them."""
        if "gateway" in self._endpoints.external:
            if self._wanted.semantic:
                why = "GATEWAY_URL names somebody else's gateway, and the kit starts none beside it. Unset it"
                raise SettingsError("--semantic", "", why)
            return {}
        stack = self._stack
        toolchain.require_ready()
        self._check_answers()
        self._config = build_effective_config(
            self._settings, self._endpoints, stack.environ, self._wanted.config
        )
        return own_services(
            self._settings, self._credentials, self._endpoints, self._config, self._wanted, stack.environ
        )

    def _check_answers(self) -> None:
        path = self._settings.answers
        if path is not None and "providers" in self._endpoints.external:
            why = "PROVIDERS_URL names somebody else's simulator, which reads no file of yours. Unset it"
            raise SettingsError("--answers", str(path), why)
        if path is not None:
            check_answers(path)

    def _check_ports(self, plan: Plan) -> None:
        """Raise PortTakenError if a process that is not this stack's holds a service's port."""
        conflicts = []
        for service in (self._services[name] for name in plan.start):
            entry = self._wanted.services.get(service.name)
            freed = service.name in plan.stop and entry is not None and entry.port == service.port
            if freed or ports.is_free(service.port) or orphans.holds_port(service.port, self._stack.home):
                continue
            conflicts.append((service.name, service.port, ports.owner(service.port)))
        if conflicts:
            raise PortTakenError(conflicts)

    def _bring_up(self, plan: Plan, *, replaces: bool) -> tuple[Mapping[str, Service], Failures]:
        """Carry the plan out: the services that were to be started or adopted last, and those that failed."""
        stack, before = self._stack, self._before
        services, begin, failed = self._services, self._wanted, Failures()
        if replaces:
            failed = self._replace_gateway(plan)
            begin = replace(self._wanted, services=stack.record().services)
            services = {name: service for name, service in services.items() if name not in failed}
            plan = make_plan(services, begin)
            services = {name: service for name, service in services.items() if name in plan.start}
        self._clear_way(services, plan, begin)
        unwanted_langfuse = before.tracing == "langfuse" and not self._own_langfuse
        if unwanted_langfuse and langfuse.stop(self._settings, stack.environ):
            self._notify(Progress("tracing", "stopped"))
        # What has ended for good is not carried over; JupyterLab and programs' own gateways are not `up`'s.
        kept = {
            name: entry
            for name, entry in begin.services.items()
            if name in plan.adopt or (owner(name) != "stack" and process.alive(entry.process) is not None)
        }
        record = replace(self._wanted, services=kept)
        if self._own_langfuse and not replaces:
            stack.write(record)  # an interrupted start is known to `down`
            failed |= self._start_langfuse()
        failed |= self._launch(services, record)
        return services, failed

    def _replace_gateway(self, plan: Plan) -> Failures:
        """Replace the gateway that runs by a new one. Raises GatewayNotStartedError if the old one goes on.

        What the gateway stands on is started first, and what nobody needs any more is stopped later; until then the
        record has the old options. Returns the services that did not start and that the gateway can do without.
        """
        stack, before, services = self._stack, self._before, self._services
        later = {"gateway"} | ({semantic.NAME} - set(plan.adopt))
        first = {name: service for name, service in services.items() if name not in later}
        part = Plan(
            *(tuple(name for name in names if name in first) for names in (plan.stop, plan.start, plan.adopt))
        )
        kept = {name: entry for name, entry in before.services.items() if name not in part.start}

        def remember(entries: Mapping[str, ServiceRecord | None]) -> None:
            now = stack.record()
            for name, entry in entries.items():
                now = now.with_service(name, entry)
            stack.write(now)

        try:
            failed = self._start_langfuse() if self._own_langfuse else Failures()
            self._clear_way(first, part, before)
            failed |= self._launch(first, replace(before, services=kept))
            self._raise_essential(failed)
            Replacement(
                before.services["gateway"],
                services["gateway"],
                workers=self._wanted.workers,
                # Not the one that the semantic gateway will have: there it would be taken for an orphan.
                spare_port=semantic.free_port(
                    self._settings, stack.record(), besides=[service.port for service in services.values()]
                ),
                remember=remember,
                prove=self._prove,
                notify=self._notify,
            ).run()
        except NotReplacedError as exc:
            if self._own_langfuse and before.tracing != "langfuse":
                langfuse.stop(self._settings, stack.environ)
            traces = stack.record().services.get("tracing")
            if traces is not None and before.tracing != "embedded":
                process.stop(traces.process)
                remember({"tracing": None})
            raise not_started(exc, config=self._wanted.config, goes_on=before.config or KITS_OWN) from exc
        stack.write(replace(self._wanted, services=stack.record().services))
        if self._config is not None:
            self._config.publish()
        return failed

    def _clear_way(self, services: Mapping[str, Service], plan: Plan, record: StackRecord) -> None:
        """Stop what is to be restarted, and orphans of earlier services on the ports."""
        home = self._stack.home
        for name in plan.stop:
            self._notify(Progress(name, "restarting" if name in services else "stopped"))
            process.stop(record.services[name].process)
        for name in plan.start:
            entry = record.services.get(name)
            if entry is not None and orphans.outlived(entry.process):
                orphans.end_session(entry.process.pid, home)
            orphan = orphans.holds_port(services[name].port, home)
            if orphan is not None:
                orphans.end_session(orphan, home)

    def _launch(self, services: Mapping[str, Service], record: StackRecord) -> Failures:
        """Bring services up and record each process as soon as it exists; those that failed, and why."""
        guard = threading.Lock()
        current = replace(record, failures={})
        self._stack.write(current)

        def remember(service: Service, started: ProcessRecord) -> None:
            nonlocal current
            with guard:
                entry = ServiceRecord(started, service.port, service.url, service.version, service.identity)
                current = current.with_service(service.name, entry)
                self._stack.write(current)

        running = {name: entry.process for name, entry in record.services.items() if name in services}
        return Launch(services, running, remember=remember, notify=self._notify).run()

    def _start_langfuse(self) -> Failures:
        """Start Langfuse in Docker; why it failed, if it did."""
        try:
            langfuse.start(self._settings, self._credentials, self._notify, self._stack.environ)
        except StackError as exc:
            return {"tracing": exc}
        return {}

    def _record_failures(self, failed: Failures) -> dict[str, str]:
        """Record why services did not start; each reason is the end of a sentence."""
        failures = {name: _why(exc) for name, exc in failed.items()}
        if failures:
            self._stack.write(replace(self._stack.record(), failures=failures))
        return failures

    def _raise_essential(self, failed: Failures) -> None:
        """Raise the error of a service without which there is no gateway."""
        for name in ESSENTIAL:
            if name not in failed:
                continue
            exc = failed[name]
            if name == "gateway" and isinstance(exc, ServiceError):
                # Not recorded: otherwise the next `up` would try the same configuration again.
                self._stack.write(replace(self._stack.record(), config=self._before.config))
                raise not_started(exc, config=self._wanted.config) from exc
            raise exc

    def _prove(self, url: str) -> None:
        """Raise GatewayError unless the gateway at `url` gives out the pre-configured key."""
        try:
            ensure_virtual_key(
                url,
                self._credentials.litellm_master_key,
                self._credentials.gateway_api_key,
                lambda: self._notify(Progress("gateway", "waiting for its database")),
            )
        except GatewayError:
            if self._config is None or not self._config.has_custom_auth:
                raise
            self._notify(Progress("gateway", "refuses the kit's keys: your custom_auth decides who may call"))


def _why(exc: StackError) -> str:
    """What went wrong with a service, and the line of its log that tells the cause."""
    if isinstance(exc, ExternalModelError):
        return exc.why
    if not isinstance(exc, ServiceError):
        return f"did not start: {str(exc).splitlines()[0]}"
    cause = log_causes.cause(exc.log_path) if exc.log_tail else ""
    return f"{exc.what} ({cause})" if cause else exc.what
