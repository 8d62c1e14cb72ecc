"""One start: from the recorded services to the wanted ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from gateway_kit.errors import IncompleteStackError
from gateway_kit.settings import load_settings
from gateway_kit.stack.options import Options
from gateway_kit.stack.replica_size import check_replicas
from gateway_kit.stack.replicas import is_gateway
from gateway_kit.stack.services import langfuse, semantic
from gateway_kit.stack.services.external import check_external, check_models
from gateway_kit.stack.services.search import check_search
from gateway_kit.stack.start_parts import Failures, Notify
from gateway_kit.stack.start_rolling import RollingStart
from gateway_kit.stack.supervisor import preflight, process
from gateway_kit.stack.supervisor.launch import Progress
from gateway_kit.stack.supervisor.plan import Plan, make_plan
from gateway_kit.stack.supervisor.process import Service
from gateway_kit.stack.supervisor.record import owner, stack_lock
from gateway_kit.stack.take_out import take_out

if TYPE_CHECKING:
    from gateway_kit.stack.stack import Stack

# How the gateways change: as the plan says, one after what answers at its port, several after one, or one by one.
Way = Literal["planned", "replace", "spread", "roll"]


def start(
    stack: Stack, options: Options, notify: Notify, restart: Collection[str], *, drain_s: float
) -> None:
    """Bring the stack up; see `Stack.up`."""
    if "gateway" not in load_settings(stack.environ).external_urls:
        preflight.check_platform()
    preflight.check_home(stack.home)
    with stack_lock(stack.home):
        Start(stack, options, notify, restart, drain_s).run()


class Start(RollingStart):
    """A start of all that is wanted."""

    def check(self) -> tuple[Plan, Way]:
        """What is to be started, stopped and adopted; and how gateways change without a gap.

        Raises for everything that can be known to be wrong before anything is started or stopped.
        """
        plan = make_plan(self._services, self._wanted, self._restart)
        way = self._way(plan)
        self._check_ports(plan)
        rolled = self._rolled(plan) if way == "roll" else ()
        if way != "replace":  # else the one that runs goes on where two do not fit
            check_replicas(
                self._wanted.replicas,
                sum(is_gateway(name) for name in plan.start if name not in rolled),
                workers=self._wanted.workers,
                stack_runs=way == "spread" or bool(rolled) or any(is_gateway(name) for name in plan.adopt),
            )
        if semantic.NAME in plan.start:
            preflight.check_memory(needed_mb=semantic.MEMORY_NEEDED_MB)
        if self._services:
            check_external(self._endpoints, self._credentials, own_traces="tracing" in self._services)
            check_search(self._settings, self._endpoints, self._wanted, self._config, self._stack.environ)
        if self._own_langfuse:
            langfuse.check(self._settings, self._stack.environ)
        return plan, way

    def _way(self, plan: Plan) -> Way:
        """A gateway that answers would be missed: it goes on until what comes after it does."""
        one_before, one_now = self._before.replicas == 1, self._wanted.replicas == 1
        if one_now:
            replaces = "gateway" in plan.start and (not one_before or "gateway" in plan.stop)
            return "replace" if replaces and self._answers() else "planned"
        if one_before:
            return "spread" if self._services and self._answers() else "planned"
        # Whether they answer at this moment or are too busy to: one by one they lose nothing.
        return "roll" if self._rolled(plan) else "planned"

    def run(self) -> None:
        """Check, start, and prove that each gateway works."""
        plan, way = self.check()
        for name in self._endpoints.external:
            self._notify(Progress(name, "external"))
        unusable = check_models(self._endpoints) if self._services else {}
        started, failed = self._bring_up(plan, way)
        missing = self._record_failures({**failed, **unusable})
        self._raise_essential(failed)
        gateways = [name for name in started if is_gateway(name) and name not in failed]
        if gateways and self._config is not None:
            self._config.publish()
            for name in gateways:
                self._prove(started[name].url)
        self._balance(failed)
        if missing:
            raise IncompleteStackError(missing)

    def _bring_up(self, plan: Plan, way: Way) -> tuple[Mapping[str, Service], Failures]:
        """Carry the plan out: the services that were to be started or adopted last, and those that failed."""
        stack, before = self._stack, self._before
        services, begin, failed = self._services, self._wanted, Failures()
        if way == "planned":
            take_out(self._settings, before, plan.stop, drain_s=self._drain_s)
        else:
            change = {"replace": self._replace_gateway, "spread": self._spread, "roll": self._roll}[way]
            failed = change(plan)
            begin, services = replace(self._wanted, services=stack.record().services), self._services
            services = {name: service for name, service in services.items() if name not in failed}
            plan = make_plan(services, begin)
            services = {name: service for name, service in services.items() if name in plan.start}
            take_out(self._settings, begin, plan.stop, drain_s=self._drain_s)
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
        if self._own_langfuse and way == "planned":
            stack.write(record)  # an interrupted start is known to `down`
            failed |= self._start_langfuse()
        failed |= self._launch(services, record)
        return services, failed
