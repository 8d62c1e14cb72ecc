"""A fault at the simulated providers, as `gateway.providers.fault` gives it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Literal, Self

from gateway_kit.gateway.lease import Lease

FaultKind = Literal[
    "rate_limit", "server_error", "unknown_model", "timeout", "slow", "cut_stream", "stream_error"
]


class FaultEndedWarning(UserWarning):
    """A fault had ended before it was switched off: what was called meanwhile met it only in part."""


class Fault:
    """A fault that is on. `off()`, or the end of a `with` block, switches it off; both may be repeated.

    It ends with the process that set it at the latest, unless it was set with `keep=True`. If the simulator was
    restarted meanwhile, or the process was stopped for too long, `off()` warns that it had ended (FaultEndedWarning).
    """

    def __init__(self, row: Mapping[str, Any], lease: Lease, lease_id: str | None) -> None:
        self.id: int = int(row["id"])
        self.kind: str = str(row["kind"])
        self._scope = {name: row[name] for name in ("provider", "model", "deployment") if row.get(name)}
        self._lease = lease
        self._lease_id = lease_id
        self._told = False
        self._pid = os.getpid()

    def off(self) -> None:
        """Switch the fault off, also if its count or its time has run out already."""
        self._off(stacklevel=3)

    def _off(self, *, stacklevel: int) -> None:
        if self._lease_id is not None and self._lease.is_over(self._lease_id):
            return
        path = f"/_sim/faults/{self.id}"
        answer = self._lease.give_back("DELETE", path, params={"lease": self._lease_id})
        if self._lease_id is not None and not answer["in_force"] and not self._told:
            self._told = True
            warnings.warn(
                f"{self!r} had ended before it was switched off: the simulator was restarted, or this process was "
                f"stopped for more than {self._lease.lease_s:.0f} s. Calls after that did not meet it. "
                "A fault set with keep=True does not depend on the process",
                FaultEndedWarning,
                stacklevel=stacklevel,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pid == os.getpid():  # a forked process that leaves the block does not end its parent's fault
            self._off(stacklevel=3)

    def __repr__(self) -> str:
        where = " ".join(f"{name}={value}" for name, value in self._scope.items()) or "every provider"
        return f"<Fault {self.id}: {self.kind} at {where}>"
