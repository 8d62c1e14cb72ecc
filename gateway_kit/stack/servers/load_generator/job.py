"""What is to be asked, as data: the file `job.json`, written by whoever starts the program."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Job:
    """One run. The key is not in it: GATEWAY_API_KEY has it, on every machine that takes part.

    Exactly one of `requests` and `duration_s` says when the run ends. Without `rate_per_s` it is a closed loop of
    `users`, who wait between `think_s[0]` and `think_s[1]` seconds after each answer; with it an open loop, whose
    arrivals wait for nothing but one of `max_in_flight` places.
    """

    url: str
    models: tuple[tuple[str, float], ...]
    prompts: tuple[str, ...]
    zipf: float | None
    tag: str | None
    stream_share: float
    body: dict[str, Any]
    users: int
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
    def processes(self) -> int:
        """How many processes share the calls."""
        return self.workers + self.remote_workers


def read_job(text: str) -> Job:
    """The job of a JSON text."""
    fields = json.loads(text)
    fields["models"] = tuple((name, float(weight)) for name, weight in fields["models"])
    fields["prompts"] = tuple(fields["prompts"])
    fields["think_s"] = tuple(fields["think_s"])
    return Job(**fields)
