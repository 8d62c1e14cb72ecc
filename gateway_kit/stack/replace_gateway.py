"""Replace the gateway that runs by a new one; the old one goes on until the new one has proved that it works.

The new one starts on a port of its own, beside the old one. Once it is ready and takes the keys it listens on the
gateway's port too, and only then the old one ends: no request meets a closed port. Where memory does not suffice for
two, the old one is stopped first, and started again as it was should the new one fail.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from gateway_kit.common.polling import poll_until
from gateway_kit.errors import KitError, ServiceError, StackError
from gateway_kit.settings import HOST
from gateway_kit.stack.failed_start import NotReplacedError, reason_in
from gateway_kit.stack.supervisor import preflight, process
from gateway_kit.stack.supervisor.fork_server import started_with
from gateway_kit.stack.supervisor.launch import Progress
from gateway_kit.stack.supervisor.probes import http_ok
from gateway_kit.stack.supervisor.process import ProcessRecord, Service
from gateway_kit.stack.supervisor.record import ServiceRecord

# Names in the stack's record while one gateway replaces another: what a killed command leaves is known by them.
STANDBY, REPLACED = "standby", "replaced"

# Measured: 350 to 720 MB of resident memory for each worker with its query engine; most of it within the first minute.
MEMORY_NEEDED_MB = 700

_SHARE_WAIT_S, _FREE_WAIT_S, _POLL_S = 3.0, 60.0, 0.05
_STANDBY_WORDS = ("--standby-port", "--go")


@dataclass(frozen=True)
class Replacement:
    """One gateway after another.

    spare_port  where the new one serves while the old one still does
    remember    writes entries of the stack's record down, all at once; None takes one out
    prove       raises KitError if the gateway at a URL does not work
    old_name    the old one's name in the record: a balancer can be replaced by a gateway too
    """

    old: ServiceRecord
    new: Service
    workers: int
    spare_port: int
    remember: Callable[[dict[str, ServiceRecord | None]], None]
    prove: Callable[[str], None]
    notify: Callable[[Progress], None]
    old_name: str = "gateway"

    def run(self) -> None:
        """Replace the old one. Raises NotReplacedError once the old one serves as before."""
        begin = time.monotonic()
        free, needed = preflight.available_memory_mb(), MEMORY_NEEDED_MB * self.workers
        if free >= needed:
            self.notify(Progress("gateway", "starting beside the old one"))
            self._beside()
        else:
            why = f"{free} MB are free, and two gateways need {needed} more"
            self.notify(Progress("gateway", f"restarting; it does not answer meanwhile: {why}"))
            self._in_its_place()
        self.notify(Progress("gateway", "ready", time.monotonic() - begin))

    def _beside(self) -> None:
        log_begin = log_end(self.new.log_path)
        go = Path(self.new.env["CONFIG_FILE_PATH"]).parent / f"go-{secrets.token_hex(4)}"
        standby = self._standby(go)
        started = self._started(standby, STANDBY, log_begin)
        try:
            self._proved(standby, started, log_begin)
        except BaseException:
            process.stop(started)
            self.remember({STANDBY: None})
            raise
        old = as_it_was_started(self.old, self.new)
        go.touch(mode=0o600)
        poll_until(lambda: listens(started, self.new.port), timeout_s=_SHARE_WAIT_S, pause_s=_POLL_S)
        self.remember(
            {self.old_name: None, "gateway": self._entry(started), STANDBY: None, REPLACED: self.old}
        )
        process.stop(self.old.process)
        self.remember({REPLACED: None})
        # One that was started before gateways shared their port has kept it until now.
        _, took_over = poll_until(
            lambda: listens(started, self.new.port) and self.new.ready(),
            timeout_s=_FREE_WAIT_S,
            pause_s=_POLL_S,
        )
        if not took_over:
            tail = log_tail(self.new.log_path, log_begin)
            process.stop(started)
            self._revive(old, "it did not take the port over")
            raise self._failed("it did not take the port over", tail)
        for earlier in go.parent.glob("go-*"):
            if earlier != go:  # its workers look for it whenever one is restarted
                earlier.unlink(missing_ok=True)

    def _in_its_place(self) -> None:
        log_begin = log_end(self.new.log_path)
        old = as_it_was_started(self.old, self.new)
        process.stop(self.old.process)
        try:
            started = self._started(self.new, "gateway", log_begin)
            try:
                self._proved(self.new, started, log_begin)
            except BaseException:
                process.stop(started)
                raise
        except NotReplacedError as exc:
            self._revive(old, exc.reason)
            raise

    def _started(self, service: Service, name: str, log_begin: int) -> ProcessRecord:
        try:
            if service.prepare is not None:
                service.prepare()
            started = process.start(service)
        except (OSError, KitError) as exc:
            raise self._failed(str(exc), log_tail(service.log_path, log_begin)) from exc
        self.remember({name: replace(self._entry(started), port=service.port, url=service.url)})
        return started

    def _proved(self, service: Service, started: ProcessRecord, log_begin: int) -> None:
        try:
            process.wait_ready(service, started, deadline_s=service.deadline_s)
            self.prove(service.url)
        except KitError as exc:
            process.stop(started)  # so that its log is whole
            output = log_since(service.log_path, log_begin)
            first = f"it {exc.what}" if isinstance(exc, ServiceError) else str(exc).splitlines()[0]
            raise self._failed(reason_in(output) or first, log_tail(service.log_path, log_begin)) from exc

    def _revive(self, old: Service, reason: str) -> None:
        """Start the old gateway as it was; raises StackError if that fails as well."""
        self.notify(Progress("gateway", "restarting as it was"))
        try:
            started = process.start(old)
            self.remember(
                {"gateway": None, self.old_name: replace(self.old, process=started), REPLACED: None}
            )
            process.wait_ready(old, started, deadline_s=old.deadline_s)
        except KitError as exc:
            raise StackError(
                f"The new gateway did not start ({reason}), and the old one, which had to be stopped, did not start "
                f"again either: {exc}"
            ) from exc

    def _failed(self, reason: str, tail: str) -> NotReplacedError:
        return NotReplacedError(reason, log_path=self.new.log_path, log_tail=tail)

    def _entry(self, started: ProcessRecord) -> ServiceRecord:
        new = self.new
        return ServiceRecord(started, new.port, new.url, new.version, new.identity)

    def _standby(self, go: Path) -> Service:
        url = f"http://{HOST}:{self.spare_port}"
        more = ("--standby-port", str(self.spare_port), "--go", str(go))
        return replace(
            self.new,
            argv=(*self.new.argv, *more),
            port=self.spare_port,
            url=url,
            ready=lambda: http_ok(f"{url}/health/readiness", contains='"db":"connected"'),
        )


def as_it_was_started(old: ServiceRecord, new: Service) -> Service:
    """The running gateway as a service: its own program, arguments and environment, as the system tells them."""
    running = process.alive(old.process)
    if running is None:
        raise StackError("The old gateway has ended meanwhile. Run: gateway-kit up")
    argv, env = started_with(running) or (running.cmdline(), running.environ())
    for word in _STANDBY_WORDS:
        if word in argv:
            at = argv.index(word)
            del argv[at : at + 2]
    return replace(new, argv=tuple(argv), env=env, prepare=None, identity=old.identity)


def listens(started: ProcessRecord, port: int) -> bool:
    """Whether a process, or one of its family, listens on a port; others may too."""
    leader = process.alive(started)
    return leader is not None and any(
        _has_listener(member, port) for member in (leader, *process.descendants(leader))
    )


def _has_listener(member: psutil.Process, port: int) -> bool:
    try:  # of this process alone: those of all take a tenth of a second, and this is asked again and again
        connections = member.net_connections("tcp")
    except psutil.Error:
        return False
    return any(c.status == psutil.CONN_LISTEN and c.laddr and c.laddr.port == port for c in connections)


def log_end(path: Path) -> int:
    """How long a log is now."""
    return path.stat().st_size if path.exists() else 0


def log_since(path: Path, begin: int) -> str:
    """What was written to a log since it was `begin` bytes long; all of it if it was cut meanwhile."""
    try:
        with path.open("rb") as log:
            log.seek(begin if log_end(path) >= begin else 0)
            return log.read().decode(errors="replace")
    except FileNotFoundError:
        return ""


def log_tail(path: Path, begin: int, lines: int = 15) -> str:
    """The last lines of what was written to a log since it was `begin` bytes long, indented."""
    return "\n".join(f"    {line}" for line in log_since(path, begin).splitlines()[-lines:])
