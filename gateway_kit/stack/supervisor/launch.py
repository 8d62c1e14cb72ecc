"""Starting services in parallel, each once the services that it requires are ready."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

from gateway_kit.common.polling import poll_until
from gateway_kit.errors import ServiceError, StackError
from gateway_kit.stack.supervisor import process
from gateway_kit.stack.supervisor.process import ProcessRecord, Service


@dataclass(frozen=True)
class Progress:
    """One step of a service on its way.

    `state` is starting, downloading, waiting for its database, ready, adopted, external, restarting or stopped.
    """

    service: str
    state: str
    seconds: float = 0.0


class _InterruptedError(Exception):
    """The command was interrupted; the threads that wait for services end."""


class Launch:
    """One start of several services. `remember(service, process)` is called as soon as a process exists.

    `running` holds the processes to be adopted, if they answer once what they require is ready.
    """

    def __init__(
        self,
        services: Mapping[str, Service],
        running: Mapping[str, ProcessRecord],
        *,
        remember: Callable[[Service, ProcessRecord], None],
        notify: Callable[[Progress], None],
    ) -> None:
        self._services = services
        self._running = running
        self._remember = remember
        self._notify = notify
        self._done = {name: threading.Event() for name in services}
        self._failed: dict[str, Exception] = {}
        self._interrupted = threading.Event()

    def run(self) -> dict[str, StackError]:
        """Bring all services up: once each is up or has failed, those that failed, and why.

        What became ready stays up even when another service failed, or the command was interrupted: it is
        recorded, and the next `up` adopts it.
        """
        with ThreadPoolExecutor(max_workers=max(1, len(self._services))) as pool:
            try:
                wait([pool.submit(self._bring_up, service) for service in self._services.values()])
            except BaseException:
                self._interrupted.set()
                raise
        for exc in self._failed.values():
            if not isinstance(exc, StackError):  # a mistake of the kit's own
                raise exc
        return {name: exc for name, exc in self._failed.items() if isinstance(exc, StackError)}

    def _bring_up(self, service: Service) -> None:
        try:
            missing = self._missing(service.requires)
            self._pause(0)
            if missing:
                what = f"was not started, since it needs {' and '.join(missing)}"
                self._failed[service.name] = ServiceError(service.name, what, log_path=service.log_path)
                return
            kept = self._running.get(service.name)
            if kept is None or not self._adopt(service, kept):
                self._start(service)
        except OSError as exc:  # a folder or file that `prepare` needs
            self._failed[service.name] = ServiceError(
                service.name, f"could not be prepared: {exc}", log_path=service.log_path
            )
        except Exception as exc:
            self._failed[service.name] = exc
        finally:
            self._done[service.name].set()

    def _missing(self, names: Collection[str]) -> list[str]:
        """What of a service's requirements failed, once each of them is up or has failed."""
        done = [name for name in names if name in self._done]
        for name in done:
            self._done[name].wait()
        return [name for name in done if name in self._failed]

    def _adopt(self, service: Service, kept: ProcessRecord) -> bool:
        _, answers = poll_until(service.ready, timeout_s=service.adopt_within_s, sleep=self._pause)
        self._notify(Progress(service.name, "adopted" if answers else "restarting"))
        if not answers:
            process.stop(kept)
        return answers

    def _start(self, service: Service) -> None:
        begin = time.monotonic()
        self._notify(Progress(service.name, "starting"))
        if service.prepare is not None:
            service.prepare()
        self._pause(0)
        started = process.start(service)
        self._remember(service, started)
        process.wait_ready(service, started, deadline_s=service.deadline_s, sleep=self._pause)
        if service.finish is not None:
            service.finish()
        self._notify(Progress(service.name, "ready", time.monotonic() - begin))

    def _pause(self, seconds: float) -> None:
        if self._interrupted.wait(seconds):
            raise _InterruptedError
