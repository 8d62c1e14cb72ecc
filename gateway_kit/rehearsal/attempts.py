"""The requests that reached the simulated providers, read from their journal while a rehearsal runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gateway_kit.gateway.providers import Providers
from gateway_kit.rehearsal.run_folder import Deployment

# The journal holds 10,000 requests: more than are made in so many seconds.
_EVERY_S = 1.0
_SAME = (
    "provider", "status", "outcome", "fault", "stream", "latency_s", "prompt_tokens", "completion_tokens",
)  # fmt: skip


class Attempts:
    """Reads the journal's new rows; `write` takes them with the columns of `run_folder.ATTEMPTS`."""

    def __init__(
        self,
        providers: Providers,
        deployments: Sequence[Deployment],
        write: Callable[[Iterator[dict[str, Any]]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._providers, self._write, self._clock = providers, write, clock
        self._names = {one.label: one.model_name for one in deployments}
        self._last_id = 0
        self._next_s = clock() + _EVERY_S

    def look(self) -> None:
        """Read what is new, if it is time."""
        if self._clock() >= self._next_s:
            self.read()

    def read(self) -> None:
        """Read what is new."""
        self._next_s = self._clock() + _EVERY_S
        # No table: pandas would be a large part of what the process that watches the rehearsal holds.
        rows = self._providers.journal_rows(after_id=self._last_id)
        if rows:
            self._last_id = int(rows[-1]["id"])
            self._write(self._attempt(row) for row in rows)

    def _attempt(self, row: dict[str, Any]) -> dict[str, Any]:
        attempt = {
            "number": row["call"],
            "started": row["started"].isoformat(),
            "deployment": row["deployment"],
            "model_name": self._names.get(row["deployment"]),
            "model": row["provider_model"],
            **{name: row[name] for name in _SAME},
        }
        return {name: value for name, value in attempt.items() if value is not None}
