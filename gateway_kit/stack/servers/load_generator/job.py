"""The run as data: the file `job.json`, written by `gateway_kit.load`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Job:
    """One run, without the key, which is in GATEWAY_API_KEY on every machine.

    Exactly one of `requests` and `duration_s` ends the run. Without `rate_per_s` it is a closed loop: users wait
    between `think_s[0]` and `think_s[1]` seconds after each answer, and `joins_s` says when each of them makes its
    first call, in seconds since the start. With it, it is an open loop: calls only wait for one of `max_in_flight`
    places.
    """

    url: str
    models: tuple[tuple[str, float], ...]
    prompts: tuple[str, ...]
    zipf: float | None
    tag: str | None
    stream_share: float
    body: dict[str, Any]
    joins_s: tuple[float, ...]
    think_s: tuple[float, float]
    rate_per_s: float | None
    poisson: bool
    max_in_flight: int
    requests: int | None
    duration_s: float | None
    seed: int
    timeout_s: float
    give_up_after: int | None
    workers: int
    remote_workers: int
    master_port: int

    @property
    def users(self) -> int:
        """How many users a closed loop has in the end."""
        return len(self.joins_s)

    @property
    def processes(self) -> int:
        """How many processes share the calls."""
        return self.workers + self.remote_workers


def read_job(text: str) -> Job:
    """The job of a JSON text."""
    fields = json.loads(text)
    fields["models"] = tuple((name, float(weight)) for name, weight in fields["models"])
    fields["prompts"] = tuple(fields["prompts"])
    fields["joins_s"] = tuple(fields["joins_s"])
    fields["think_s"] = tuple(fields["think_s"])
    return Job(**fields)
