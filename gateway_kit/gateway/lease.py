"""A client's lease on what it changes at the simulator, renewed by a thread while the process lives. Internal."""

from __future__ import annotations

import atexit
import os
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakSet

from gateway_kit.common.owners import Owner
from gateway_kit.errors import ProvidersError
from gateway_kit.gateway.simulator import SimulatorApi

# A process that is busy in C code for so long, or stopped, loses what it leases.
LEASE_S = 30.0
# A simulator that does not answer must not hold up the end of a program.
_END_TIMEOUT_S = 2.0

# The leases that a thread renews in this process.
_renewed: WeakSet[Lease] = WeakSet()


def end_leases(url: str) -> None:
    """Give back all that this process leases from the simulator at `url`, by whichever client."""
    for lease in list(_renewed):
        if lease.url == url:
            lease.end()


class Lease:
    """What one client leases: it ends with `end`, with the process, or when the process no longer renews it.

    Each change takes the lease: `wish` goes with the request, and `took` gets the answer. From the first change on a
    thread renews the lease, until it holds nothing any more. A forked process has a lease of its own.
    """

    def __init__(self, api: SimulatorApi, *, lease_s: float) -> None:
        self._api = api
        self.url = api.url
        self.lease_s = lease_s
        self._state = _OfProcess()

    def wish(self, *, keep: bool = False) -> dict[str, Any] | None:
        """The lease as a request names it; None for a change that is to stay."""
        if keep:
            return None
        owner = vars(Owner.this_process())
        return {"client": self._of_process().client, "lease_s": self.lease_s, "owner": owner}

    def took(self, answer: Mapping[str, Any]) -> str | None:
        """Renew the lease in the simulator's answer from now on, and return its id; None if the change is to stay."""
        lease_id: str | None = (answer.get("lease") or {}).get("id")
        if lease_id is None:
            return None
        own = self._of_process()
        with own.guard:
            own.taken += 1
            own.ids.add(lease_id)
            if own.thread is None:
                own.stop = threading.Event()
                own.thread = threading.Thread(
                    target=self._renew, args=(own, own.stop), name="gateway-kit lease", daemon=True
                )
                own.thread.start()
                atexit.register(self.end)
                _renewed.add(self)
        return lease_id

    def is_over(self, lease_id: str) -> bool:
        """Whether this client knows that the lease with this id holds nothing any more."""
        return lease_id in self._of_process().over

    def give_back(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """The simulator's answer to a request that ends a change. If nothing is leased then, the renewing ends too."""
        answer = self._api.request(method, path, **options)
        own = self._of_process()
        with own.guard:
            thread, stop = own.thread, own.stop
        if thread is not None:
            try:
                self._renew_once(own, stop)
            except ProvidersError:
                return answer  # the thread finds out
            if stop.is_set():
                thread.join(_END_TIMEOUT_S)
        return answer

    def end(self) -> None:
        """Give everything back. Does nothing if nothing is leased, or if the simulator does not answer."""
        own = self._of_process()
        with own.guard:
            thread = own.thread
            if thread is None:
                return
            self._stop_renewing(own)
        try:
            self._api.request("DELETE", "/_sim/leases", params={"client": own.client}, timeout=_END_TIMEOUT_S)
        except ProvidersError:
            pass  # what is not renewed ends there by itself
        thread.join(_END_TIMEOUT_S)

    def _of_process(self) -> _OfProcess:
        # After a fork: the parent's lease is not this process's, and its lock may be held by a thread that is not here.
        if self._state.pid != os.getpid():
            self._state = _OfProcess()
        return self._state

    def _renew(self, own: _OfProcess, stop: threading.Event) -> None:
        wait_s = self.lease_s / 3
        while not stop.wait(wait_s):
            try:
                self._renew_once(own, stop)
                wait_s = self.lease_s / 3
            except (ProvidersError, RuntimeError):
                # The simulator is being restarted; or `end` was called, and the connection is closed.
                wait_s = self.lease_s / 10

    def _renew_once(self, own: _OfProcess, stop: threading.Event) -> None:
        """Renew, and stop renewing if the lease holds nothing."""
        taken = own.taken
        holds = self._api.request("POST", "/_sim/leases/renew", json={"client": own.client})["holds"]
        with own.guard:
            if stop.is_set() or own.taken != taken or (holds and any(holds.values())):
                return
            # Without a lease the simulator is a new one, or this process was stopped for too long.
            self._stop_renewing(own, forget=holds is not None)

    def _stop_renewing(self, own: _OfProcess, *, forget: bool = True) -> None:
        atexit.unregister(self.end)
        own.stop.set()
        own.thread = None
        if forget:
            own.over |= own.ids
        own.ids.clear()


@dataclass
class _OfProcess:
    """The lease of one process. `over` are ids of leases that hold nothing; `ids` those that may hold something."""

    client: str = field(default_factory=lambda: uuid.uuid4().hex)
    pid: int = field(default_factory=os.getpid)
    guard: threading.Lock = field(default_factory=threading.Lock)
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    taken: int = 0
    ids: set[str] = field(default_factory=set)
    over: set[str] = field(default_factory=set)
