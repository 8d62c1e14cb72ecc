"""CPU time by service while a load is made."""

from __future__ import annotations

import time
from collections.abc import Mapping

import psutil

from gateway_kit.load.local_services import LocalServices

# The whole machine, among the services.
MACHINE = "machine"
# How often processes are listed anew: PostgreSQL starts one for each connection. Listing costs as much as a call.
_LIST_EVERY_S = 1.0


class CpuMeter:
    """Reads CPU times at each `look`; `between` says what was used between two moments.

    A process counts from the look that finds it, at most a second after its start. Without services only the whole
    machine is measured.
    """

    def __init__(self, services: LocalServices | None) -> None:
        self._services = services
        self._processes: dict[str, list[psutil.Process]] = {}
        self._listed = 0.0
        self._read: dict[psutil.Process, float] = {}
        self._used: dict[str, float] = {}
        self._looks: list[tuple[float, dict[str, float]]] = []

    def look(self) -> None:
        """Read the CPU times now."""
        if self._services is not None and time.monotonic() - self._listed > _LIST_EVERY_S:
            self._processes, self._listed = self._services.processes(), time.monotonic()
        for service, members in self._processes.items():
            used_s = sum(map(self._since_the_last_look, members))
            self._used[service] = self._used.get(service, 0.0) + used_s
        busy = psutil.cpu_times()
        self._used[MACHINE] = busy.user + busy.nice + busy.system
        self._looks.append((time.time(), dict(self._used)))

    def between(self, begin_s: float, end_s: float) -> Mapping[str, float]:
        """Service → CPU seconds between two moments, in seconds since 1970; also `machine`, for all programs.

        Between two looks the use counts as even.
        """
        import numpy as np

        moments = [moment for moment, _ in self._looks]
        sums = {name: [row.get(name, 0.0) for _, row in self._looks] for name in self._used}
        ends = {name: np.interp([begin_s, end_s], moments, values) for name, values in sums.items()}
        return {name: float(last - first) for name, (first, last) in ends.items()}

    def _since_the_last_look(self, process: psutil.Process) -> float:
        """CPU seconds; 0 at the first look at a process, and when it has ended."""
        try:
            now_s = sum(process.cpu_times()[:2])
        except psutil.NoSuchProcess:
            return 0.0
        before_s = self._read.get(process, now_s)
        self._read[process] = now_s
        return now_s - before_s
