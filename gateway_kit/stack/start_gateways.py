"""What becomes of gateways that run: replaced by others at the gateway's port, or taken out and added one by one.

Whatever clients call goes on until what comes after it answers; from one gateway to several and back, the two share
the gateway's port for a moment. A connection that a client has with the old one is closed when that ends, after the
requests on it, which have 5 seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from gateway_kit.common.polling import poll_until
from gateway_kit.errors import KitError, ServiceError
from gateway_kit.stack.failed_start import KITS_OWN, NotReplacedError, not_started
from gateway_kit.stack.replace_gateway import REPLACED, Replacement, listens
from gateway_kit.stack.replicas import BALANCER, front_name, is_gateway, replica_names
from gateway_kit.stack.services import langfuse, semantic
from gateway_kit.stack.services.balancer import Balancer
from gateway_kit.stack.services.replica_ports import spare_port
from gateway_kit.stack.start_parts import Failures, StartParts
from gateway_kit.stack.supervisor import process
from gateway_kit.stack.supervisor.launch import Progress
from gateway_kit.stack.supervisor.plan import Plan
from gateway_kit.stack.supervisor.probes import http_ok
from gateway_kit.stack.supervisor.record import ServiceRecord

# How long the balancer may take to find a replica ready that says so to others.
_FOUND_S, _LISTENS_S, _POLL_S = 15.0, 15.0, 0.05


class GatewaysStart(StartParts):
    """The parts of a start that change which gateways there are."""

    def _answers(self) -> bool:
        """Whether the gateway that clients call lives and answers, be it behind a balancer."""
        entry = self._before.services.get(front_name(self._before.replicas))
        return (
            entry is not None
            and process.alive(entry.process) is not None
            and http_ok(f"{entry.url}/health/readiness", contains='"db":"connected"')
        )

    def _replace_gateway(self, plan: Plan) -> Failures:
        """Replace what answers at the gateway's port, a gateway or a balancer, by a new gateway.

        Raises GatewayNotStartedError if the old one goes on.
        """
        old = front_name(self._before.replicas)

        def change(failed: Failures) -> None:
            self._raise_essential(failed)
            Replacement(
                self._before.services[old],
                self._services["gateway"],
                workers=self._wanted.workers,
                spare_port=spare_port(
                    self._settings,
                    self._stack.record(),
                    besides=[service.port for service in self._services.values()],
                ),
                remember=self._remember,
                prove=self._prove,
                notify=self._notify,
                old_name=old,
            ).run()

        return self._change_beside(plan, {"gateway"}, change)

    def _spread(self, plan: Plan) -> Failures:
        """Replace the gateway by several and a balancer. Raises GatewayNotStartedError if the old one goes on."""
        names = replica_names(self._wanted.replicas)

        def change(failed: Failures) -> None:
            try:
                for name in (*(set(failed) & {"postgres", "redis"}), *names):
                    if name in failed:
                        raise failed[name]
                for name in names:
                    self._prove(self._services[name].url)
                self._balancer_beside()
            except KitError as exc:
                self._end((*names, BALANCER))
                if isinstance(exc, ServiceError) and (is_gateway(exc.service) or exc.service == BALANCER):
                    raise NotReplacedError.of(exc) from exc
                log = self._settings.log_path(names[0])
                raise NotReplacedError(str(exc).splitlines()[0], log_path=log) from exc

        return self._change_beside(plan, {BALANCER}, change)

    def _change_beside(
        self, plan: Plan, later: Collection[str], change: Callable[[Failures], None]
    ) -> Failures:
        """Start what gateways stand on, then let `change` exchange them. Raises GatewayNotStartedError.

        `later` is started by `change`, and what nobody needs any more is stopped later; until then the record has the
        old options. Returns the services that did not start and that the gateway can do without.
        """
        stack, before, services = self._stack, self._before, self._services
        left = {*later} | ({semantic.NAME} - set(plan.adopt))
        first = {name: service for name, service in services.items() if name not in left}
        part = Plan(
            *(tuple(name for name in names if name in first) for names in (plan.stop, plan.start, plan.adopt))
        )
        kept = {name: entry for name, entry in before.services.items() if name not in part.start}
        try:
            failed = self._start_langfuse() if self._own_langfuse else Failures()
            self._clear_way(first, part, before)
            failed |= self._launch(first, replace(before, services=kept))
            change(failed)
        except NotReplacedError as exc:
            if self._own_langfuse and before.tracing != "langfuse":
                langfuse.stop(self._settings, stack.environ)
            traces = stack.record().services.get("tracing")
            if traces is not None and before.tracing != "embedded":
                process.stop(traces.process)
                self._remember({"tracing": None})
            raise not_started(exc, config=self._wanted.config, goes_on=before.config or KITS_OWN) from exc
        stack.write(replace(self._wanted, services=stack.record().services))
        if self._config is not None:
            self._config.publish()
        return failed

    def _balancer_beside(self) -> None:
        """Start the balancer at the gateway's port, which the gateway has too until it is ended."""
        service = self._services[BALANCER]
        old = self._before.services["gateway"]
        self._notify(Progress(BALANCER, "starting beside the old gateway"))
        if service.prepare is not None:
            service.prepare()
        started = process.start(service)
        entry = ServiceRecord(started, service.port, service.url, service.version, service.identity)
        self._remember({BALANCER: entry})
        seconds = process.wait_ready(service, started, deadline_s=service.deadline_s)
        _, listening = poll_until(
            lambda: listens(started, service.port), timeout_s=_LISTENS_S, pause_s=_POLL_S
        )
        if not listening:
            what = f"does not listen on port {service.port} beside the old gateway"
            raise ServiceError(BALANCER, what, log_path=service.log_path)
        self._wait_found()
        self._remember({"gateway": None, REPLACED: old})
        process.stop(old.process)
        self._remember({REPLACED: None})
        self._notify(Progress("gateway", "stopped"))
        self._notify(Progress(BALANCER, "ready", seconds))

    def _balance(self, failed: Collection[str]) -> None:
        """Let requests go to all replicas that work, and wait until the balancer finds them ready."""
        names = [name for name in self._services if is_gateway(name) and name not in failed]
        if self._wanted.replicas == 1 or not names:
            return
        balancer = Balancer(self._settings)
        urls = [self._services[name].url for name in names]
        if set(balancer.serving()) != set(urls):
            balancer.send_to(urls)
        self._wait_found()

    def _wait_found(self) -> None:
        balancer = Balancer(self._settings)
        poll_until(
            lambda: all((balancer.serving() or {"": False}).values()), timeout_s=_FOUND_S, pause_s=_POLL_S
        )

    def _end(self, names: Collection[str]) -> None:
        """End services that were started in vain."""
        for name in names:
            entry = self._stack.record().services.get(name)
            if entry is not None:
                process.stop(entry.process)
                self._remember({name: None})

    def _remember(self, entries: Mapping[str, ServiceRecord | None]) -> None:
        """Write entries of the record down, all at once; None takes one out."""
        now = self._stack.record()
        for name, entry in entries.items():
            now = now.with_service(name, entry)
        self._stack.write(now)
