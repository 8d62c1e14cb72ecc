"""What happens in a rehearsal besides its calls, as rows of `events.jsonl`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from gateway_kit.rehearsal.clock import Clock

EventKind = Literal["fault_on", "fault_off", "service_stopped", "service_started", "cooldown", "note"]


class EventLog:
    """Writes the rows of EVENTS; any thread may add to it."""

    def __init__(self, clock: Clock, write: Callable[[Iterable[Mapping[str, Any]]], None]) -> None:
        self._clock, self._write = clock, write
        self._lock = threading.Lock()

    def add(self, kind: EventKind, subject: str, detail: str, *, happened: float | None = None) -> None:
        """Write one row; `happened` is in seconds since 1970, now by default."""
        moment = datetime.now(UTC) if happened is None else datetime.fromtimestamp(happened, UTC)
        with self._lock:
            row = {
                "at_s": round(self._clock.at_s(moment.timestamp()), 3),
                "happened": moment.isoformat(),
                "kind": kind,
                "subject": subject,
                "detail": detail,
            }
            self._write([row])
