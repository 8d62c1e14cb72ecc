"""Carrying out a story: faults at the simulated providers, and services that stop and start."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Any, Self

from gateway_kit.errors import KitError
from gateway_kit.gateway.fault import Fault
from gateway_kit.gateway.providers import Providers
from gateway_kit.rehearsal.clock import Clock, Reading
from gateway_kit.rehearsal.event_log import EventLog
from gateway_kit.rehearsal.in_order import InOrder
from gateway_kit.rehearsal.placing import places_of
from gateway_kit.rehearsal.run_folder import NOT_CARRIED_OUT, Deployment
from gateway_kit.rehearsal.story import ServiceName, Story, StoryEvent

# How exactly a moment is met; at `--speed 60` it is 1.2 s on the log's clock.
EVERY_S = 0.02
# Faults that strike a count of requests at several deployments: how often their hits are added up.
_COUNT_EVERY = 5
# How long an end that was asked for waits for a service that is being stopped or started.
_PATIENCE_S = 1.0


@dataclass
class _Going:
    """An event that has begun: since when, and the faults that are on for it."""

    event: StoryEvent
    since: Reading
    faults: list[Fault] = field(default_factory=list)


class Troubles:
    """Carries out a story in a thread of its own, on the clock of a replay; each thing it does is an event.

        with Troubles(story, clock=replay.clock, providers=providers, deployments=…, events=…, …), replay:
            ...

    What the story has from the start on is done before the block begins.

    At the end of the block faults are switched off; services stay as they are then. What the calls' end came before is
    one of its `problems`, sentences for the run's notes.

    Args:
        story: What goes wrong.
        clock: The replay's.
        providers: The simulated providers of the rehearsal.
        deployments: The configuration's.
        events: Where to write what happened.
        stop_service, start_service: Stop and start `redis`, `postgres` or `gateway`; each returns when that is done.
        seed: Decides which requests a fault with a `share` strikes.
    """

    def __init__(
        self,
        story: Story,
        *,
        clock: Clock,
        providers: Providers,
        deployments: Sequence[Deployment],
        events: EventLog,
        stop_service: Callable[[str], object],
        start_service: Callable[[str], object],
        seed: int = 7,
    ) -> None:
        self.problems: list[str] = []
        self._waiting = list(story)
        self._going: list[_Going] = []
        self._clock, self._providers, self._deployments, self._events = clock, providers, deployments, events
        self._stop_service, self._start_service = stop_service, start_service
        self._seed = seed
        self._end, self._is_broken_off = threading.Event(), False
        self._thread = threading.Thread(target=self._run, name="gateway-kit story", daemon=True)
        # Stopping a service takes its time, and must not delay what comes next; each has its own order.
        self._services = InOrder()

    def __enter__(self) -> Self:
        self.look()  # what is there from the start strikes the first call, too
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()
        self._is_broken_off = error is not None
        # Who breaks off does not wait until a gateway has started.
        self._services.end(within_s=_PATIENCE_S if self._is_broken_off else None)
        for going in self._going:
            for fault in going.faults:
                self._try(fault.off)
        if error is None:
            for event in self._waiting:
                self._tell(f"{event.describe()} at {event.at}: the last call had ended before")

    def _run(self) -> None:
        looks = 0
        while not self._end.wait(EVERY_S):
            looks += 1
            if self._clock.has_begun:
                self.look(add_up=looks % _COUNT_EVERY == 0)
            if not self._waiting and not self._going:
                return

    def look(self, *, add_up: bool = True) -> None:
        """Begin and end what is due now."""
        now = self._clock.reading()
        for going in list(self._going):
            lasts = going.event.lasts
            if (lasts is not None and now.reached(lasts, going.since)) or (
                add_up and self._has_struck_all(going)
            ):
                self._end_of(going)
        for event in list(self._waiting):
            if now.reached(event.at):
                self._waiting.remove(event)
                # What lasts two minutes from 00:10 on ends at 02:10, though it may have begun a moment late.
                since = now._replace(at_s=event.at.seconds) if event.at.seconds is not None else now
                self._begin(_Going(event, since))

    def _begin(self, going: _Going) -> None:
        event = going.event
        if event.fault is not None:
            self._switch_on(going)
        elif event.service is not None:
            name = event.service
            if event.action == "restart":
                self._services.add(name, partial(self._restart, name))
                return
            self._services.add(name, partial(self._stop, name))
            if event.lasts is not None:
                self._going.append(going)

    def _end_of(self, going: _Going) -> None:
        self._going.remove(going)
        if going.event.service is not None:
            self._services.add(going.event.service, partial(self._start, going.event.service))
            return
        for fault in going.faults:
            self._try(fault.off)
        self._events.add("fault_off", going.event.subject, going.event.describe())

    def _switch_on(self, going: _Going) -> None:
        event = going.event
        settings: dict[str, Any] = dict(event.settings or {})
        for number, place in enumerate(places_of(event, self._deployments)):
            seed = (self._seed + 1000 * event.line + number) % 2**32
            self._try(partial(self._set, going, {"kind": event.fault, **place, **settings, "seed": seed}))
        if going.faults:
            self._going.append(going)
            self._events.add("fault_on", event.subject, event.describe())
        elif not event.struck(self._deployments):
            self._tell(f"{event.describe()}: the configuration has no such deployment")

    def _set(self, going: _Going, wish: dict[str, Any]) -> None:
        going.faults.append(self._providers.fault(**wish))

    def _has_struck_all(self, going: _Going) -> bool:
        """Whether a fault has struck as many requests as it was to strike."""
        count = (going.event.settings or {}).get("count")
        if count is None or not going.faults:
            return False
        on: list[Any] = []
        self._try(lambda: on.extend(self._providers.faults().to_dict("records")))
        ids = {fault.id for fault in going.faults}
        left = [row for row in on if row["id"] in ids]
        spent = int(count) * (len(ids) - len(left))  # those that are off have struck as many as they could
        return spent + sum(int(row["hits"]) for row in left) >= count

    def _stop(self, name: ServiceName) -> None:
        since = time.time()
        if self._try(lambda: self._stop_service(name)):
            self._events.add("service_stopped", name, f"{name} was stopped", happened=since)

    def _start(self, name: ServiceName) -> None:
        since = time.time()
        if self._try(lambda: self._start_service(name)):
            # A start is not faster on a faster clock.
            took = f"its start took {time.time() - since:.1f} s"
            self._events.add("service_started", name, f"{name} answers again; {took}")

    def _restart(self, name: ServiceName) -> None:
        self._stop(name)
        self._start(name)

    def _try(self, act: Callable[[], object]) -> bool:
        """Whether it could be done; if not, a note says why, and the rehearsal goes on."""
        try:
            act()
        except (KitError, OSError) as exc:
            self._tell(str(exc).splitlines()[0])
            return False
        return True

    def _tell(self, problem: str) -> None:
        if self._is_broken_off:  # what was going on then was ended with everything else
            return
        self.problems.append(f"{NOT_CARRIED_OUT}: {problem}")
        self._events.add("note", "story", problem)
