"""The stack as a whole: the order of its services, starting, adopting, healing and stopping them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from gateway_kit.common.local_stack import remove_local_stack, write_local_stack
from gateway_kit.errors import (
    GatewayError,
    IncompleteStackError,
    PortTakenError,
    RecordDamagedError,
    ServiceError,
    SettingsError,
    StackError,
)
from gateway_kit.settings import SERVICES, Settings, load_settings
from gateway_kit.stack import toolchain
from gateway_kit.stack.clients import as_clients_see_it, client_variables
from gateway_kit.stack.failed_start import KITS_OWN, NotReplacedError, not_started
from gateway_kit.stack.lacks import Lack, lacks
from gateway_kit.stack.options import Options, with_options
from gateway_kit.stack.replace_gateway import Replacement
from gateway_kit.stack.services import credentials as keyring
from gateway_kit.stack.services import langfuse, semantic
from gateway_kit.stack.services.effective_config import EffectiveConfig, build_effective_config
from gateway_kit.stack.services.endpoints import Endpoints, resolve_endpoints
from gateway_kit.stack.services.external import check_external
from gateway_kit.stack.services.own_services import own_services
from gateway_kit.stack.services.virtual_key import ensure_virtual_key
from gateway_kit.stack.supervisor import log_causes, orphans, ports, preflight, process
from gateway_kit.stack.supervisor.launch import Launch, Progress
from gateway_kit.stack.supervisor.plan import Plan, is_anothers, make_plan, stop_order
from gateway_kit.stack.supervisor.process import ProcessRecord, Service
from gateway_kit.stack.supervisor.record import (
    ServiceRecord,
    StackRecord,
    forget_record,
    read_record,
    stack_lock,
    write_record,
)

# Without these there is no gateway; without any of the others it serves, and lessons say what they lack.
ESSENTIAL = ("postgres", "redis", "gateway")


class Stack:
    """One stack in one state folder. Methods that change it hold the folder's lock."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self.environ: Mapping[str, str] = dict(os.environ if environ is None else environ)
        self.home = load_settings(self.environ).home

    def record(self) -> StackRecord:
        """What the last `up` wrote down."""
        return read_record(self.home)

    def settings(self, record: StackRecord | None = None) -> Settings:
        """The settings in force: the environment's, with the recorded port offset."""
        offset = (record or self.record()).port_offset
        return load_settings(self.environ, port_offset=offset)

    def lacks(self) -> list[Lack]:
        """The services that should be there and are not, each with why and what helps."""
        record = self.record()
        return lacks(record, self.settings(record))

    def credentials(self) -> keyring.Credentials:
        """The stack's credentials; before the first `up` they are made up and kept nowhere."""
        kept = keyring.read_env_file(keyring.env_file(self.home))
        if "postgres" not in load_settings(self.environ).external_urls:
            keyring.check_complete(self.home, kept, self.environ)
        return keyring.resolve(self.environ, kept)

    def endpoints(self, record: StackRecord | None = None) -> Endpoints:
        """The URLs in force."""
        record = record or self.record()
        settings = self.settings(record)

        def foreign(service: str) -> bool:
            if service == "tracing" and record.tracing == "langfuse":
                return False  # its port is Docker's, for the kit's own Langfuse
            kept = record.services.get(service)
            ours = kept is not None and process.alive(kept.process) is not None
            port = settings.port(service)
            return not ours and not ports.is_free(port) and orphans.holds_port(port, self.home) is None

        return resolve_endpoints(
            settings, self.credentials(), tracing=record.tracing != "off", foreign=foreign
        )

    def client_env(self) -> dict[str, str]:
        """The variables that clients need, secrets included. Raises StackError before the first `up`."""
        if not keyring.env_file(self.home).exists() and not self.environ.get("GATEWAY_API_KEY"):
            raise StackError(f"There are no keys in {self.home} yet. `gateway-kit up` creates them")
        return client_variables(self.endpoints(), self.credentials(), self.record())

    def up(
        self,
        options: Options,
        notify: Callable[[Progress], None] = lambda _: None,
        *,
        anew: Collection[str] = (),
    ) -> None:
        """Start what does not run, adopt what is healthy, heal what is not; returns when all is ready.

        Everything that can be wrong beforehand (platform, folder, memory, configuration, ports) is checked before
        anything is started or stopped. A gateway that answers goes on until the new one does: if that one fails,
        nothing about the gateway has changed, its record neither. `anew` names services to start anew in any case.
        Raises StackError, ConfigError or SettingsError; IncompleteStackError where the gateway serves, its keys are
        made, and a service that it can do without did not start.
        """
        if "gateway" not in load_settings(self.environ).external_urls:
            preflight.check_platform()
        preflight.check_home(self.home)
        with stack_lock(self.home):
            before = self.record()
            record = with_options(before, options)
            settings = self.settings(record)
            credentials = self.credentials()
            # At once: what was generated now must be what the next look at the credentials finds.
            keyring.save(self.home, credentials)
            endpoints = self.endpoints(record)
            if record.semantic and "gateway" in endpoints.external:
                why = "GATEWAY_URL names somebody else's gateway, beside which the kit starts none. Unset it"
                raise SettingsError("--semantic", "", why)
            services: dict[str, Service] = {}
            if "gateway" not in endpoints.external:  # behind somebody else's gateway nothing else is needed
                toolchain.require_ready()
                config = build_effective_config(settings, endpoints, self.environ, record.config)
                services = own_services(settings, credentials, endpoints, config, record, self.environ)
            plan = make_plan(services, record, anew)
            self._check_ports([services[name] for name in plan.start], plan.stop, record)
            replaces = _replaces_one_that_answers(services, plan)
            if "gateway" in plan.start and not replaces:
                preflight.check_memory()
            if semantic.NAME in plan.start:
                preflight.check_memory(needed_mb=semantic.MEMORY_NEEDED_MB)
            if services:
                check_external(endpoints, credentials, own_traces="tracing" in services)
            own_langfuse = _runs_langfuse(record, endpoints)
            if own_langfuse:
                langfuse.check(settings, self.environ)
            for name in endpoints.external:
                notify(Progress(name, "external"))
            begin = record
            failed: dict[str, StackError] = {}
            if replaces:
                failed = self._swap_gateway(services, plan, before, record, config, notify)
                begin = replace(record, services=self.record().services)
                services = {name: service for name, service in services.items() if name not in failed}
                plan = make_plan(services, begin)
                services = {name: service for name, service in services.items() if name in plan.start}
            self._clear_way(services, plan, begin, notify)
            if before.tracing == "langfuse" and not own_langfuse and langfuse.stop(settings, self.environ):
                notify(Progress("tracing", "stopped"))
            # What is gone for good is not carried over; JupyterLab and programs' own gateways are not `up`'s.
            kept = {n: r for n, r in begin.services.items() if n in plan.adopt or _runs_for_another(n, r)}
            record = replace(record, services=kept)
            if own_langfuse and not replaces:
                self._write(record)  # an interrupted start is known to `down`
                failed |= self._start_langfuse(settings, notify)
            failed |= self._launch(services, record, notify)
            missing = self._remember_failures(failed)
            self._raise_essential(failed, before, record)
            if "gateway" in services:
                config.publish()
                self._prove(config, notify)(endpoints.gateway_url)
            if missing:
                raise IncompleteStackError(missing)

    def _start_langfuse(
        self, settings: Settings, notify: Callable[[Progress], None]
    ) -> dict[str, StackError]:
        """Start Langfuse in Docker; what went wrong, by service."""
        try:
            langfuse.start(settings, self.credentials(), notify, self.environ)
        except StackError as exc:
            return {"tracing": exc}
        return {}

    def _raise_essential(
        self, failed: Mapping[str, StackError], before: StackRecord, wanted: StackRecord
    ) -> None:
        """Raise the error of a service without which there is no gateway."""
        for name in ESSENTIAL:
            if name not in failed:
                continue
            exc = failed[name]
            if name == "gateway" and isinstance(exc, ServiceError):
                # Not recorded: the next `up` would try it again, and has no other word for it.
                self._write(replace(self.record(), config=before.config))
                raise not_started(exc, config=wanted.config) from exc
            raise exc

    def _swap_gateway(
        self,
        services: Mapping[str, Service],
        plan: Plan,
        before: StackRecord,
        wanted: StackRecord,
        config: EffectiveConfig,
        notify: Callable[[Progress], None],
    ) -> dict[str, StackError]:
        """Put a new gateway in the place of the one that runs; raises GatewayNotStartedError where that goes on.

        What it stands on is started first, what nobody needs any more is stopped later; until then the record has the
        old options. Gives the services that did not start and that the gateway can do without, and why.
        """
        settings, endpoints = self.settings(wanted), self.endpoints(wanted)
        own_langfuse = _runs_langfuse(wanted, endpoints)
        later = {"gateway"} | ({semantic.NAME} - set(plan.adopt))
        first = {name: service for name, service in services.items() if name not in later}
        part = Plan(
            *(tuple(name for name in names if name in first) for names in (plan.stop, plan.start, plan.adopt))
        )
        kept = {name: entry for name, entry in before.services.items() if name not in part.start}
        record = replace(before, services=kept)

        def remember(entries: Mapping[str, ServiceRecord | None]) -> None:
            now = self.record()
            for name, entry in entries.items():
                now = now.with_service(name, entry)
            self._write(now)

        try:
            failed = self._start_langfuse(settings, notify) if own_langfuse else {}
            self._clear_way(first, part, before, notify)
            failed |= self._launch(first, record, notify)
            self._raise_essential(failed, before, wanted)
            swap = Replacement(
                before.services["gateway"],
                services["gateway"],
                workers=wanted.workers,
                # Not the one that the semantic gateway will have: on its port it would be taken for an orphan.
                spare_port=semantic.free_port(
                    settings, self.record(), besides=[service.port for service in services.values()]
                ),
                remember=remember,
                prove=self._prove(config, notify),
                notify=notify,
            )
            swap.run()
        except NotReplacedError as exc:
            if own_langfuse and before.tracing != "langfuse":
                langfuse.stop(settings, self.environ)
            traces = self.record().services.get("tracing")
            if traces is not None and before.tracing != "embedded":
                process.stop(traces.process)
                remember({"tracing": None})
            raise not_started(exc, config=wanted.config, goes_on=before.config or KITS_OWN) from exc
        self._write(replace(wanted, services=self.record().services))
        config.publish()
        return failed

    def _prove(self, config: EffectiveConfig, notify: Callable[[Progress], None]) -> Callable[[str], None]:
        """What a gateway must do to count as up: give out the pre-configured key, at whatever address."""
        credentials = self.credentials()

        def prove(url: str) -> None:
            try:
                ensure_virtual_key(
                    url,
                    credentials.litellm_master_key,
                    credentials.gateway_api_key,
                    lambda: notify(Progress("gateway", "waiting for its database")),
                )
            except GatewayError:
                if not config.has_custom_auth:
                    raise
                notify(Progress("gateway", "refuses the kit's keys: your custom_auth decides who may call"))

        return prove

    def down(
        self, notify: Callable[[Progress], None] = lambda _: None, *, keep: Collection[str] = ()
    ) -> list[str]:
        """Stop everything the kit started, in reverse order; the names of what was still alive.

        What runs in the state folder without a record, or beside a damaged one, is found and stopped too.
        `keep` names services that stay: a notebook that stops its own JupyterLab ends before the rest is stopped.
        """
        if not self.home.is_dir():  # taken away while the stack ran, perhaps
            return self._end_unrecorded(notify)
        with stack_lock(self.home):
            damaged = False
            try:
                record = self.record()
            except RecordDamagedError:
                record, damaged = StackRecord(tracing="langfuse"), True  # Docker knows whether it ran
            kept_on = {name: entry for name, entry in record.services.items() if name in keep}
            stopped = []
            for name in stop_order(record):
                if name in keep:
                    continue
                begin = time.monotonic()
                if self._end(record.services[name].process):
                    stopped.append(name)
                    notify(Progress(name, "stopped", time.monotonic() - begin))
            stopped += self._end_unrecorded(notify, keep=kept_on.values())
            if record.tracing == "langfuse" and langfuse.stop(self.settings(record), self.environ):
                stopped.append("tracing")
                notify(Progress("tracing", "stopped"))
            if kept_on:
                write_record(self.home, replace(record, services=kept_on))
            elif damaged or record != StackRecord():
                forget_record(self.home)
            remove_local_stack(self.home)
            return stopped

    def _end_unrecorded(
        self, notify: Callable[[Progress], None], *, keep: Collection[ServiceRecord] = ()
    ) -> list[str]:
        """End what works in the state folder and stands in no record; the programs' names."""
        ended = []
        for leader, name in orphans.unrecorded(self.home, except_for={entry.process.pid for entry in keep}):
            begin = time.monotonic()
            if orphans.end_session(leader, self.home):
                ended.append(name)
                notify(Progress(name, "stopped", time.monotonic() - begin))
        return ended

    def stop(self, name: str, notify: Callable[[Progress], None] = lambda _: None) -> None:
        """Stop one service; the others go on without it, and `up` starts it again. Raises SettingsError."""
        own_langfuse = self._check_own(name)
        with stack_lock(self.home):
            begin = time.monotonic()
            record = self.record()
            self._end_service(name, record, own_langfuse)
            self._write(record.with_service(name, None))
            notify(Progress(name, "stopped", time.monotonic() - begin))

    def restart(self, name: str, notify: Callable[[Progress], None] = lambda _: None) -> None:
        """Stop one service and bring the stack up again; a gateway that answers ends once the new one does."""
        own_langfuse = self._check_own(name)
        if name == "gateway":
            self.up(Options(), notify, anew=("gateway",))
            return
        # What would refuse the start must do so before the stop: on a full disk a stopped Redis stays away.
        preflight.check_home(self.home)
        with stack_lock(self.home):
            self._end_service(name, self.record(), own_langfuse)
        self.up(Options(), notify)

    def _end_service(self, name: str, record: StackRecord, own_langfuse: bool) -> None:
        if name in record.services:
            self._end(record.services[name].process)
        if own_langfuse:
            langfuse.stop(self.settings(record), self.environ)

    def _end(self, kept: ProcessRecord) -> bool:
        """End a recorded process, or what has outlived it; whether there was anything to end."""
        return process.stop(kept) or (orphans.outlived(kept) and orphans.end_session(kept.pid, self.home))

    def _check_own(self, name: str) -> bool:
        """Raises SettingsError for what is no service of the kit's own; whether it is the kit's own Langfuse."""
        record = self.record()
        if name not in SERVICES:
            raise SettingsError("SERVICE", name, f"is none of {', '.join(SERVICES)}")
        if name == "lab":
            raise SettingsError("SERVICE", name, "is ended with Ctrl-C, and started by: gateway-kit lab")
        own_langfuse = name == "tracing" and _runs_langfuse(record, self.endpoints(record))
        if name not in record.services and not own_langfuse:
            raise SettingsError("SERVICE", name, "was not started by the kit. Run: gateway-kit up")
        return own_langfuse

    def _check_ports(
        self, to_start: Sequence[Service], to_stop: Collection[str], record: StackRecord
    ) -> None:
        """Raise PortTakenError where a service's port is held by what is no process of this stack's."""
        taken = []
        for service in to_start:
            kept = record.services.get(service.name)
            ours = service.name in to_stop and kept is not None and kept.port == service.port
            if ours or ports.is_free(service.port) or orphans.holds_port(service.port, self.home) is not None:
                continue
            taken.append((service.name, service.port, ports.owner(service.port)))
        if taken:
            raise PortTakenError(taken)

    def _clear_way(
        self,
        services: Mapping[str, Service],
        plan: Plan,
        record: StackRecord,
        notify: Callable[[Progress], None],
    ) -> None:
        """Stop what must be started anew, and what earlier services left behind on the ports."""
        for name in plan.stop:
            notify(Progress(name, "restarting" if name in services else "stopped"))
            process.stop(record.services[name].process)
        for name in plan.start:
            kept = record.services.get(name)
            if kept is not None and orphans.outlived(kept.process):
                orphans.end_session(kept.process.pid, self.home)
            orphan = orphans.holds_port(services[name].port, self.home)
            if orphan is not None:
                orphans.end_session(orphan, self.home)

    def _launch(
        self, services: Mapping[str, Service], record: StackRecord, notify: Callable[[Progress], None]
    ) -> dict[str, StackError]:
        """Bring all services up, writing each process down as soon as it exists; those that failed, and why."""
        guard = threading.Lock()
        current = replace(record, failures={})
        self._write(current)

        def remember(service: Service, started: ProcessRecord) -> None:
            nonlocal current
            with guard:
                entry = ServiceRecord(started, service.port, service.url, service.version, service.identity)
                current = current.with_service(service.name, entry)
                self._write(current)

        running = {name: entry.process for name, entry in record.services.items() if name in services}
        return Launch(services, running, remember=remember, notify=notify).run()

    def _write(self, record: StackRecord) -> None:
        """Replace the record, and what clients are told."""
        write_record(self.home, record)
        seen = as_clients_see_it(self.settings(record), self.endpoints(record), self.credentials(), record)
        write_local_stack(self.home, seen)

    def _remember_failures(self, failed: Mapping[str, StackError]) -> dict[str, str]:
        """Write down why services did not start, for who asks later; each as the end of a sentence."""
        failures = {name: _why(exc) for name, exc in failed.items()}
        if failures:
            self._write(replace(self.record(), failures=failures))
        return failures


def _why(exc: StackError) -> str:
    """What went wrong with a service, and the line of its log that tells the cause."""
    if not isinstance(exc, ServiceError):
        return f"did not start: {str(exc).splitlines()[0]}"
    told = log_causes.cause(exc.log_path) if exc.log_tail else ""
    return f"{exc.what} ({told})" if told else exc.what


def _replaces_one_that_answers(services: Mapping[str, Service], plan: Plan) -> bool:
    """Whether a gateway is to be started anew whose predecessor answers, and would be missed."""
    return "gateway" in plan.start and "gateway" in plan.stop and services["gateway"].ready()


def _runs_langfuse(record: StackRecord, endpoints: Endpoints) -> bool:
    """Whether the kit runs Langfuse itself: asked for, and nobody else's is named."""
    return (
        record.tracing == "langfuse" and bool(endpoints.langfuse_host) and "tracing" not in endpoints.external
    )


def _runs_for_another(name: str, entry: ServiceRecord) -> bool:
    return is_anothers(name) and process.alive(entry.process) is not None


__all__ = ["ESSENTIAL", "Progress", "Stack"]
