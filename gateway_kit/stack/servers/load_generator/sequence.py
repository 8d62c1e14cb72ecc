"""Which calls to make and when: pure functions of the job, so that a seed gives the same calls everywhere.

Calls are numbered from 0. Call number n depends only on the seed, not on how many processes share the calls, how fast
the answers come, or how many calls are streamed.
"""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, count

from gateway_kit.stack.servers.load_generator.job import Job


@dataclass(frozen=True)
class Request:
    """One call to make. `prompt` is an index into the job's prompts; rank 1 of Zipf's law is index 0."""

    number: int
    prompt: int
    model: str
    stream: bool


def request_sequence(job: Job) -> Iterator[Request]:
    """The calls of the whole run, endlessly, in the order of their numbers."""
    draw = random.Random(job.seed).random  # noqa: S311 - no secret
    prompts = list(accumulate(prompt_weights(len(job.prompts), job.zipf)))
    shares = list(accumulate(weight for _, weight in job.models))
    for number in count():
        prompt, model = _pick(prompts, draw()), _pick(shares, draw())
        yield Request(number, prompt, job.models[model][0], draw() < job.stream_share)


def prompt_weights(prompts: int, exponent: float | None) -> list[float]:
    """The relative frequency of each prompt: all the same, or 1 / rank ** exponent (Zipf's law)."""
    return [1.0 if exponent is None else rank**-exponent for rank in range(1, prompts + 1)]


def arrival_times(job: Job) -> Iterator[float]:
    """Seconds after the start at which the calls of an open loop are due, endlessly.

    A Poisson process has independent gaps with a mean of 1 / rate, as calls of many independent people have.
    """
    rate = job.rate_per_s or 1.0
    if not job.poisson:
        yield from (number / rate for number in count())
    draw = random.Random(f"{job.seed} arrivals")  # noqa: S311 - no secret
    due = 0.0
    while True:
        due += draw.expovariate(rate)
        yield due


def planned(job: Job) -> int | None:
    """How many calls the run will make; None if that depends on how fast the answers come."""
    if job.requests is not None or job.rate_per_s is None:
        return job.requests
    end = job.duration_s or 0.0
    for number, due in enumerate(arrival_times(job)):
        if due >= end:
            return number
    raise AssertionError("arrival_times has no end")


def think_times(job: Job, user: int) -> Iterator[float]:
    """Seconds that a user of a closed loop waits after each answer, endlessly."""
    draw = random.Random(f"{job.seed} user {user}")  # noqa: S311 - no secret
    while True:
        yield draw.uniform(*job.think_s)


def _pick(cumulated: Sequence[float], drawn: float) -> int:
    # `hi`, since a product may be rounded up to the whole sum.
    return bisect(cumulated, drawn * cumulated[-1], hi=len(cumulated) - 1)
