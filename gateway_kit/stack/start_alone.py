"""The start of one service of a stack that runs, with the others left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway_kit.stack.options import Options
from gateway_kit.stack.replicas import is_gateway
from gateway_kit.stack.start import Start
from gateway_kit.stack.start_parts import Notify
from gateway_kit.stack.supervisor import preflight, process
from gateway_kit.stack.supervisor.plan import Plan
from gateway_kit.stack.supervisor.record import stack_lock

if TYPE_CHECKING:
    from gateway_kit.stack.stack import Stack


def start_alone(stack: Stack, name: str, notify: Notify) -> None:
    """Start one service; see `Stack.start_service`."""
    preflight.check_home(stack.home)
    with stack_lock(stack.home):
        StartAlone(stack, Options(), notify, ()).run_alone(name)


class StartAlone(Start):
    """A start that looks at one service: another that is too busy to answer goes on."""

    def run_alone(self, name: str) -> None:
        """Start the service, unless it runs, and wait until it answers."""
        entry = self._before.services.get(name)
        if entry is not None and process.alive(entry.process) is not None:
            return
        plan, services = Plan(stop=(), start=(name,), adopt=()), {name: self._services[name]}
        self._check_ports(plan)
        self._clear_way(services, plan, self._before)
        failed = self._launch(services, self._before.with_service(name, None))
        self._record_failures(failed)
        if name in failed:
            raise failed[name]
        if is_gateway(name):
            self._prove(services[name].url)
            runs = self._stack.record().services
            gone = [n for n in self._services if n not in runs or process.alive(runs[n].process) is None]
            self._balance(gone)
