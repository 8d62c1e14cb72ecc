"""The cooldowns of the rehearsal's deployments, as its gateway notes them (`GATEWAY_COOLDOWNS`), as events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from gateway_kit.rehearsal.event_log import EventLog

# In the gateway's environment: the file that it writes its cooldowns into.
VARIABLE = "GATEWAY_COOLDOWNS"


class Cooldowns:
    """Reads the gateway's file; `look` makes an event of each cooldown that began since the last time.

    A call that fails while its deployment cools down makes the cooldown longer, and is no event of its own. `labels`
    are the deployments' labels by LiteLLM's id, as far as they differ.
    """

    def __init__(self, path: Path, events: EventLog, labels: Mapping[str, str] | None = None) -> None:
        self._path, self._events, self._labels = path, events, labels or {}
        self._position = 0
        self._until: dict[str, float] = {}

    def look(self) -> None:
        """Read what is new."""
        if not self._path.exists():
            return
        with open(self._path, "rb") as file:
            file.seek(self._position)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._position += len(line)
                self._add(json.loads(line))

    def _add(self, seen: Mapping[str, object]) -> None:
        label = self._labels.get(str(seen["deployment"]), str(seen["deployment"]))
        at, seconds = float(str(seen["at"])), float(str(seen["seconds"]))
        goes_on = at < self._until.get(label, 0.0)
        self._until[label] = at + seconds
        if not goes_on:
            detail = f"{label} cools down for {seconds:g} s after an error {seen['status']}"
            self._events.add("cooldown", label, detail, happened=at)
