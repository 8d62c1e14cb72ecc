"""What a start is made of: the services that are wanted, and the steps that bring some of them up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from gateway_kit.errors import GatewayError, PortTakenError, ServiceError, SettingsError, StackError
from gateway_kit.settings import Settings
from gateway_kit.stack import toolchain
from gateway_kit.stack.drain import DRAIN_S
from gateway_kit.stack.failed_start import not_started
from gateway_kit.stack.options import Options, with_options
from gateway_kit.stack.replicas import BALANCER, api_port, essential, is_gateway, replica_names
from gateway_kit.stack.services import credentials as keyring
from gateway_kit.stack.services import langfuse
from gateway_kit.stack.services.credentials import Credentials
from gateway_kit.stack.services.effective_config import EffectiveConfig, build_effective_config
from gateway_kit.stack.services.endpoints import Endpoints
from gateway_kit.stack.services.external import ExternalModelError
from gateway_kit.stack.services.own_services import own_services
from gateway_kit.stack.services.providers import check_answers
from gateway_kit.stack.services.virtual_key import ensure_virtual_key
from gateway_kit.stack.shared_import import copies_of_one
from gateway_kit.stack.supervisor import log_causes, orphans, ports, process
from gateway_kit.stack.supervisor.launch import Launch, Progress
from gateway_kit.stack.supervisor.plan import Plan
from gateway_kit.stack.supervisor.process import ProcessRecord, Service
from gateway_kit.stack.supervisor.record import ServiceRecord, StackRecord

if TYPE_CHECKING:
    from gateway_kit.stack.stack import Stack

Notify = Callable[[Progress], None]
Failures = dict[str, StackError]


class StartParts:
    """What one start knows: the record before it, the options that are wanted, and the services that they mean."""

    def __init__(
        self,
        stack: Stack,
        options: Options,
        notify: Notify,
        restart: Collection[str],
        drain_s: float = DRAIN_S,
    ) -> None:
        self._stack, self._notify, self._restart, self._drain_s = stack, notify, restart, drain_s
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

    def _own_services(self) -> dict[str, Service]:
        """The services that the kit runs; none beside somebody else's gateway, which needs nothing of them."""
        if "gateway" in self._endpoints.external:
            why = "GATEWAY_URL names somebody else's gateway, and the kit starts none beside it. Unset it"
            if self._wanted.semantic:
                raise SettingsError("--semantic", "", why)
            if self._wanted.replicas > 1:
                raise SettingsError("--replicas", str(self._wanted.replicas), why)
            return {}
        toolchain.require_ready()
        self._check_answers()
        self._config = build_effective_config(
            self._settings, self._endpoints, self._stack.environ, self._wanted.config
        )
        return own_services(*self._parts(self._config))

    def _parts(
        self, config: EffectiveConfig
    ) -> tuple[Settings, Credentials, Endpoints, EffectiveConfig, StackRecord, Mapping[str, str]]:
        """What services are made of."""
        return (
            self._settings,
            self._credentials,
            self._endpoints,
            config,
            self._wanted,
            self._stack.environ,
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
        needed = [(name, self._services[name].port) for name in plan.start]
        needed += [(name, api_port(self._settings)) for name in plan.start if name == BALANCER]
        for name, port in needed:
            entry = self._before.services.get(name)
            freed = name in plan.stop and entry is not None and entry.port == port
            if freed or ports.is_free(port) or orphans.holds_port(port, self._stack.home):
                continue
            conflicts.append((name, port, ports.owner(port)))
        if conflicts:
            raise PortTakenError(conflicts)

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
        starting = [name for name in services if name not in running]
        with copies_of_one(services, starting, self._settings, self._stack.environ) as launched:
            return Launch(launched, running, remember=remember, notify=self._notify).run()

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
        gateways = replica_names(self._wanted.replicas)
        for name in essential(self._wanted.replicas):
            if name not in failed or (name in gateways and not failed.keys() >= {*gateways}):
                continue
            exc = failed[name]
            if is_gateway(name) and isinstance(exc, ServiceError):
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
