"""The stack as a whole: what is recorded of it, and starting and stopping it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from gateway_kit.common.local_stack import remove_local_stack, write_local_stack
from gateway_kit.common.processes import runs
from gateway_kit.errors import RecordDamagedError, SettingsError, StackError
from gateway_kit.settings import Settings, load_settings
from gateway_kit.stack.clients import as_clients_see_it, client_variables
from gateway_kit.stack.drain import DRAIN_S
from gateway_kit.stack.lacks import Lack, lacks
from gateway_kit.stack.options import Options
from gateway_kit.stack.replicas import BALANCER, front_name, is_gateway, replica_names, service_names
from gateway_kit.stack.services import credentials as keyring
from gateway_kit.stack.services import langfuse
from gateway_kit.stack.services.endpoints import Endpoints, resolve_endpoints
from gateway_kit.stack.start import start
from gateway_kit.stack.start_alone import start_alone
from gateway_kit.stack.supervisor import orphans, ports, preflight, process
from gateway_kit.stack.supervisor.launch import Progress
from gateway_kit.stack.supervisor.plan import stop_order
from gateway_kit.stack.supervisor.process import ProcessRecord
from gateway_kit.stack.supervisor.record import (
    ServiceRecord,
    StackRecord,
    forget_record,
    read_record,
    stack_lock,
    write_record,
)
from gateway_kit.stack.take_out import take_out


class Stack:
    """One stack in one state folder. Methods that change it hold the folder's lock."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self.environ: Mapping[str, str] = dict(os.environ if environ is None else environ)
        self.home = load_settings(self.environ).home

    def record(self) -> StackRecord:
        """What the last `up` recorded."""
        return read_record(self.home)

    def settings(self, record: StackRecord | None = None) -> Settings:
        """The settings in force: the environment's, with the recorded port offset and file of answers."""
        record = record or self.record()
        return load_settings(self.environ, port_offset=record.port_offset, answers=record.answers)

    def lacks(self) -> list[Lack]:
        """The services that should run and do not, each with the reason and the fix."""
        record = self.record()
        return lacks(record, self.settings(record))

    def credentials(self) -> keyring.Credentials:
        """The stack's credentials; before the first `up`, generated ones that are not stored."""
        kept = keyring.read_env_file(keyring.env_file(self.home))
        if "postgres" not in load_settings(self.environ).external_urls:
            keyring.check_complete(self.home, kept, self.environ)
        return keyring.resolve(self.environ, kept)

    def endpoints(self, record: StackRecord | None = None) -> Endpoints:
        """The URLs in force."""
        record = record or self.record()
        settings = self.settings(record)

        def is_external(service: str) -> bool:
            if service == "tracing" and record.tracing == "langfuse":
                return False  # its port is Docker's, for the kit's own Langfuse
            entry = record.services.get(front_name(record.replicas) if service == "gateway" else service)
            alive = entry is not None and runs(entry.process.pid, entry.process.birth)
            port = settings.port(service)
            return not alive and not ports.is_free(port) and orphans.holds_port(port, self.home) is None

        return resolve_endpoints(
            settings, self.credentials(), tracing=record.tracing != "off", is_external=is_external
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
        restart: Collection[str] = (),
        drain_s: float = DRAIN_S,
    ) -> None:
        """Start what does not run, adopt what is healthy, restart what is not; returns when all is ready.

        Everything that can be wrong beforehand (platform, folder, memory, configuration, ports) is checked before
        anything is started or stopped. A gateway that answers goes on until the new one answers: if that one fails,
        neither the gateway nor its record has changed. `restart` names services to restart in any case. A replica
        that is replaced, or not wanted any more, has `drain_s` seconds for the requests that it has received.

        Raises StackError, ConfigError or SettingsError; IncompleteStackError if the gateway serves, its keys are
        made, and a service that it can do without did not start.
        """
        start(self, options, notify, restart, drain_s=drain_s)

    def write(self, record: StackRecord) -> None:
        """Replace the record, and what clients are told."""
        write_record(self.home, record)
        seen = as_clients_see_it(self.settings(record), self.endpoints(record), self.credentials(), record)
        write_local_stack(self.home, seen)

    def down(
        self, notify: Callable[[Progress], None] = lambda _: None, *, keep: Collection[str] = ()
    ) -> list[str]:
        """Stop everything the kit started, in reverse order; the names of what was still alive.

        Services that run in the state folder but are not recorded are stopped too.
        `keep` names services that stay: a notebook that stops its own JupyterLab ends before the rest is stopped.
        """
        if not self.home.is_dir():  # perhaps it was removed while the stack ran
            return self._end_unrecorded(notify)
        with stack_lock(self.home):
            damaged = False
            try:
                record = self.record()
            except RecordDamagedError:
                record, damaged = StackRecord(tracing="langfuse"), True  # Docker knows whether it ran
            kept_on = {name: entry for name, entry in record.services.items() if name in keep}
            stopped = self.end_services(record, notify, keep=keep)
            if record.tracing == "langfuse" and langfuse.stop(self.settings(record), self.environ):
                stopped.append("tracing")
                notify(Progress("tracing", "stopped"))
            if kept_on:
                write_record(self.home, replace(record, services=kept_on))
            elif damaged or record != StackRecord():
                forget_record(self.home)
            remove_local_stack(self.home)
            return stopped

    def end_services(
        self,
        record: StackRecord,
        notify: Callable[[Progress], None],
        *,
        keep: Collection[str] = (),
        grace_s: float = 10.0,
    ) -> list[str]:
        """End the recorded services, gateways first, and what runs in the state folder unrecorded; changes no record.

        For who holds the folder's lock. Returns the names of what was still alive. `keep` names services that stay;
        each of the others has `grace_s` seconds to end by itself.
        """
        stopped = []
        for name in stop_order(record):
            if name in keep:
                continue
            begin = time.monotonic()
            if self._end(record.services[name].process, grace_s=grace_s):
                stopped.append(name)
                notify(Progress(name, "stopped", time.monotonic() - begin))
        kept_on = [entry for name, entry in record.services.items() if name in keep]
        return stopped + self._end_unrecorded(notify, keep=kept_on)

    def _end_unrecorded(
        self, notify: Callable[[Progress], None], *, keep: Collection[ServiceRecord] = ()
    ) -> list[str]:
        """End what runs in the state folder and is not recorded; the programs' names."""
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
            names = self._named(name, record)
            take_out(self.settings(record), record, names, drain_s=DRAIN_S)
            for one in names:
                self._end_service(one, record, own_langfuse)
                record = record.with_service(one, None)
            self.write(record)
            notify(Progress(name, "stopped", time.monotonic() - begin))

    def start_service(self, name: str, notify: Callable[[Progress], None] = lambda _: None) -> None:
        """Start one stopped service with the options in force; returns when it answers.

        The others are left alone, whereas `up` restarts those that are too busy to answer. Raises StackError.
        """
        start_alone(self, name, notify)

    def restart(
        self, name: str, notify: Callable[[Progress], None] = lambda _: None, *, drain_s: float = DRAIN_S
    ) -> None:
        """Stop one service and bring the stack up again; a gateway that answers ends once the new one does.

        `gateway` are all of several replicas, one after the other: each has `drain_s` seconds for the requests that it
        has received when its successor answers.
        """
        own_langfuse = self._check_own(name)
        if is_gateway(name) or name == BALANCER:
            self.up(Options(), notify, restart=self._named(name, self.record()), drain_s=drain_s)
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

    def _end(self, kept: ProcessRecord, *, grace_s: float = 10.0) -> bool:
        """End a recorded process, or its orphans; whether there was anything to end."""
        return process.stop(kept, grace_s=grace_s) or (
            orphans.outlived(kept) and orphans.end_session(kept.pid, self.home)
        )

    @staticmethod
    def _named(name: str, record: StackRecord) -> tuple[str, ...]:
        """The services that a name means: `gateway` means all of several."""
        return replica_names(record.replicas) if name == "gateway" else (name,)

    def _check_own(self, name: str) -> bool:
        """Whether it is the kit's own Langfuse; raises SettingsError if the kit did not start the service."""
        record = self.record()
        known = service_names(record.replicas)
        if name not in (*known, "gateway"):
            raise SettingsError("SERVICE", name, f"must be one of {', '.join(known)}")
        if name == "lab":
            raise SettingsError("SERVICE", name, "ends with Ctrl-C. To start it: gateway-kit lab")
        own_langfuse = name == "tracing" and langfuse.is_own(record.tracing, self.endpoints(record))
        if not own_langfuse and not any(one in record.services for one in self._named(name, record)):
            raise SettingsError("SERVICE", name, "was not started by the kit. Run: gateway-kit up")
        return own_langfuse


__all__ = ["Progress", "Stack"]
