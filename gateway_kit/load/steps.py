"""The steps of a load whose users join one after the other: what each measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway_kit.errors import LoadError
from gateway_kit.load.cpu import CpuMeter
from gateway_kit.load.result import LoadRun

# The part of each step in which its new users join and nothing is counted.
SETTLING = 0.2


@dataclass(frozen=True)
class Step:
    """One step of one run.

    users        that asked at the same time
    seconds      in which calls were counted
    latencies_s  of the answered calls that ended in that time
    tokens       that models wrote in these
    failures     failed calls that ended in that time
    cpu_s        service → CPU seconds in that time
    """

    users: int
    seconds: float
    latencies_s: Sequence[float]
    tokens: float
    failures: int
    cpu_s: Mapping[str, float]


def steps_of(run: LoadRun, meter: CpuMeter) -> list[Step]:
    """What each step of a complete run measured. Raises LoadError for an interrupted run."""
    if run.ended != "complete":
        raise LoadError(f"The measurement was {run.ended} after {len(run)} calls")
    plan, calls = run.plan, run.calls
    step_s = (plan.duration_s or 0.0) / len(plan.steps)
    began_s = calls["started"].astype("int64") / 1e9
    ended_s = began_s + calls["latency_s"]
    found = []
    for place, users in enumerate(plan.steps):
        first_s = began_s.min() + (place + SETTLING) * step_s
        last_s = began_s.min() + (place + 1) * step_s
        inside = calls[(ended_s >= first_s) & (ended_s < last_s)]
        answered = inside[inside["error"].isna()]
        found.append(
            Step(
                users,
                last_s - first_s,
                list(answered["latency_s"]),
                float(answered["completion_tokens"].sum()),
                len(inside) - len(answered),
                meter.between(first_s, last_s),
            )
        )
    return found
