"""A rolling restart: the replicas of the gateway are replaced one after the other, and no request is lost.

The new replica starts beside the old one, on a port that is free. Once it has proved that it works, the balancer sends
requests to it instead; once that is in force, the old one answers what it has received, enters what those calls cost,
and ends. Then comes the next. A new one that fails changes nothing: those that were replaced before it are replaced
back. Where memory does not suffice for one more, a replica drains first, and its successor starts in its place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from gateway_kit.errors import KitError, ServiceError, StackError
from gateway_kit.stack.drain import drain
from gateway_kit.stack.failed_start import NotReplacedError, reason_in
from gateway_kit.stack.replace_gateway import (
    REPLACED,
    STANDBY,
    as_it_was_started,
    log_end,
    log_since,
    log_tail,
)
from gateway_kit.stack.services.balancer import Balancer
from gateway_kit.stack.supervisor import process
from gateway_kit.stack.supervisor.launch import Progress
from gateway_kit.stack.supervisor.process import ProcessRecord, Service
from gateway_kit.stack.supervisor.record import ServiceRecord


@dataclass
class Rolling:
    """New replicas after old ones.

    old         the entries of the replicas that are to be replaced, by name
    new_at      the successor of the replica of a name, on a given port
    spare_port  a free one of the replicas' ports
    fits        whether there is memory for one more
    remember    writes entries of the stack's record down, all at once; None takes one out
    prove       raises KitError if the gateway at a URL does not work
    drain_s     how long the requests of an old replica may take to their end; what is left then is cut, and said
    """

    balancer: Balancer
    old: Mapping[str, ServiceRecord]
    new_at: Callable[[str, int], Service]
    spare_port: Callable[[], int]
    fits: Callable[[], bool]
    remember: Callable[[Mapping[str, ServiceRecord | None]], None]
    prove: Callable[[str], None]
    notify: Callable[[Progress], None]
    drain_s: float
    # What was replaced already: the old one as a service, and the entry of the new one.
    _done: dict[str, tuple[Service, ServiceRecord]] = field(default_factory=dict, init=False)

    def run(self) -> None:
        """Replace all of them. Raises NotReplacedError once those that ran before serve again."""
        for name, old in self.old.items():
            begin = time.monotonic()
            as_it_was = as_it_was_started(old, self.new_at(name, old.port))
            try:
                self._done[name] = as_it_was, self._replace(name, old)
            except NotReplacedError as exc:
                self._back(exc)
                raise
            self.notify(Progress(name, "ready", time.monotonic() - begin))

    def _replace(self, name: str, old: ServiceRecord) -> ServiceRecord:
        if self.fits():
            self.notify(Progress(name, "starting beside the old one"))
            return self._beside(name, old, self.new_at(name, self.spare_port()))
        self.notify(Progress(name, "restarting in the place of the old one, since memory is short"))
        return self._in_its_place(name, old, self.new_at(name, old.port))

    def _beside(self, name: str, old: ServiceRecord, new: Service) -> ServiceRecord:
        others, begin = self._others(old.url), log_end(new.log_path)
        started = self._started(new, STANDBY, begin)
        entry = _entry(new, started)
        try:
            self._prove(new, started, begin)
            # Before requests go to it: whatever happens to this command, the record has what is needed then.
            self.remember({name: entry, STANDBY: None, REPLACED: old})
            self._send(new, [*others, new.url], begin)
        except BaseException:
            self.balancer.write([*others, old.url])
            process.stop(started)
            self.remember({name: old, STANDBY: None, REPLACED: None})
            raise
        self._drain(name, old, new)
        self.remember({REPLACED: None})
        return entry

    def _in_its_place(self, name: str, old: ServiceRecord, new: Service) -> ServiceRecord:
        others = self._others(old.url)
        as_it_was, begin = as_it_was_started(old, new), log_end(new.log_path)
        self._send(new, others, begin)
        self._drain(name, old, new)
        try:
            started = self._started(new, name, begin)
            try:
                self._prove(new, started, begin)
            except BaseException:
                process.stop(started)
                raise
        except NotReplacedError:
            self._revive(name, as_it_was, old)
            self._send(as_it_was, [*others, old.url], begin)
            raise
        self._send(new, [*others, new.url], begin)
        return _entry(new, started)

    def _others(self, url: str) -> list[str]:
        """Where requests go, but for one."""
        return [other for other in self.balancer.serving() if other != url]

    def _send(self, new: Service, urls: list[str], begin: int) -> None:
        try:
            self.balancer.send_to(urls)
        except ServiceError as exc:
            raise _failed(new, f"the balancer {exc.what}", begin) from exc

    def _drain(self, name: str, old: ServiceRecord, new: Service) -> None:
        self.notify(Progress(name, "draining"))
        cut = drain(old.process, new.log_path, limit_s=self.drain_s)
        if cut:
            self.notify(Progress(name, f"cut {cut} request{'s' * (cut > 1)} after {self.drain_s:g} s"))

    def _started(self, service: Service, name: str, begin: int) -> ProcessRecord:
        try:
            if service.prepare is not None:
                service.prepare()
            started = process.start(service)
        except (OSError, KitError) as exc:
            raise _failed(service, str(exc), begin) from exc
        self.remember({name: _entry(service, started)})
        return started

    def _prove(self, service: Service, started: ProcessRecord, begin: int) -> None:
        try:
            process.wait_ready(service, started, deadline_s=service.deadline_s)
            self.prove(service.url)
        except KitError as exc:
            process.stop(started)  # so that its log is whole
            first = f"it {exc.what}" if isinstance(exc, ServiceError) else str(exc).splitlines()[0]
            raise _failed(service, reason_in(log_since(service.log_path, begin)) or first, begin) from exc

    def _back(self, why: NotReplacedError) -> None:
        """Replace back what was replaced; raises StackError if that fails as well."""
        for name, (as_it_was, new) in self._done.items():
            self.notify(Progress(name, "restarting as it was"))
            try:
                # Its port is free again, and with another it would be another service.
                self._beside(name, new, as_it_was)
            except KitError as exc:
                raise StackError(
                    f"A new gateway did not start ({why.reason}), and {name}, which had been replaced before, could "
                    f"not be replaced back: {exc}. It serves with what is new. Run: gateway-kit up"
                ) from exc

    def _revive(self, name: str, as_it_was: Service, old: ServiceRecord) -> None:
        self.notify(Progress(name, "restarting as it was"))
        try:
            started = process.start(as_it_was)
            self.remember({name: replace(old, process=started)})
            process.wait_ready(as_it_was, started, deadline_s=as_it_was.deadline_s)
        except KitError as exc:
            raise StackError(
                f"The old {name} did not start again either: {exc}. Run: gateway-kit up"
            ) from exc


def _entry(service: Service, started: ProcessRecord) -> ServiceRecord:
    return ServiceRecord(started, service.port, service.url, service.version, service.identity)


def _failed(service: Service, reason: str, begin: int) -> NotReplacedError:
    return NotReplacedError(reason, log_path=service.log_path, log_tail=log_tail(service.log_path, begin))
