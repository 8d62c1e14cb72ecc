"""A start that replaces replicas which run with another configuration, or are to be restarted, one by one."""

from __future__ import annotations

from dataclasses import replace

from gateway_kit.stack.replica_size import replica_mb
from gateway_kit.stack.replicas import is_gateway
from gateway_kit.stack.rolling import Rolling
from gateway_kit.stack.services.balancer import Balancer
from gateway_kit.stack.services.own_services import own_gateway, own_services
from gateway_kit.stack.services.replica_ports import spare_port
from gateway_kit.stack.shared_import import copying
from gateway_kit.stack.start_gateways import GatewaysStart
from gateway_kit.stack.start_parts import Failures
from gateway_kit.stack.supervisor import preflight
from gateway_kit.stack.supervisor.plan import Plan
from gateway_kit.stack.supervisor.process import Service


class RollingStart(GatewaysStart):
    """The parts of a start that replace replicas."""

    def _rolled(self, plan: Plan) -> tuple[str, ...]:
        """The replicas that run, and are to be replaced."""
        if self._before.replicas == 1 or self._wanted.replicas == 1:
            return ()
        return tuple(name for name in plan.start if is_gateway(name) and name in plan.stop)

    def _roll(self, plan: Plan) -> Failures:
        """Replace replicas one after the other. Raises GatewayNotStartedError if the old ones go on."""
        rolled, config = self._rolled(plan), self._config
        if config is None:  # without services of its own
            return Failures()

        def change(failed: Failures) -> None:
            self._raise_essential(failed)
            with copying(len(rolled), self._settings, self._stack.environ) as as_copies:

                def new_at(name: str, port: int) -> Service:
                    return as_copies(own_gateway(*self._parts(config), name=name, port=port))

                Rolling(
                    Balancer(self._settings),
                    {name: self._before.services[name] for name in rolled},
                    new_at=new_at,
                    spare_port=lambda: spare_port(self._settings, self._stack.record()),
                    fits=lambda: preflight.available_memory_mb() >= replica_mb(self._wanted.workers),
                    remember=self._remember,
                    prove=self._prove,
                    notify=self._notify,
                    drain_s=self._drain_s,
                ).run()

        failed = self._change_beside(plan, rolled, change)
        # They have other ports now.
        self._wanted = replace(self._wanted, services=self._stack.record().services)
        self._services = own_services(*self._parts(config))
        return failed
