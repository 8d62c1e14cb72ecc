"""A saturation measurement's own parts: its plan, its steps and its CPU times, without a gateway."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import pandas as pd
import psutil
import pytest

from gateway_kit.errors import LoadError, SettingsError
from gateway_kit.gateway import Gateway
from gateway_kit.gateway.record import Call
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.load import LoadPlan, LoadRun, measure_footprint, saturation
from gateway_kit.load.call_rows import Arrival, moment
from gateway_kit.load.cpu import CpuMeter
from gateway_kit.load.local_services import LocalServices
from gateway_kit.load.steps import steps_of

NOBODY = Gateway(Connection("http://127.0.0.1:9", "sk-none"))


@pytest.mark.parametrize(
    ("plan", "given", "message"),
    [
        (LoadPlan(duration_s=1, rate_per_s=5), {}, "is an open loop"),
        (LoadPlan(requests=5), {}, "needs duration_s, the seconds of each step"),
        (LoadPlan(duration_s=1), {"users": []}, "each step needs more users"),
        (LoadPlan(duration_s=1), {"users": [4, 2]}, "each step needs more users"),
        (LoadPlan(duration_s=1), {"rounds": 0}, "rounds='0': must be a whole number"),
        (LoadPlan(duration_s=1), {"replicas": [1]}, "only be chosen where the local stack runs the gateway"),
    ],
)
def test_what_cannot_be_measured_is_refused_before_a_call(
    plan: LoadPlan, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        saturation(plan, NOBODY, **given)


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (LoadPlan(duration_s=1, rate_per_s=5), "must be a closed loop"),
        (LoadPlan(requests=5), "must be a closed loop"),
        (LoadPlan(duration_s=4, users=[1, 2]), "of one step"),
        (LoadPlan(duration_s=1), "must be the local stack's"),
    ],
)
def test_a_footprint_needs_a_closed_loop_and_the_local_stack(plan: LoadPlan, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        measure_footprint(plan, NOBODY)


def looked() -> CpuMeter:
    """A meter that has looked once."""
    meter = CpuMeter(None)
    meter.look()
    return meter


def run_of(
    plan: LoadPlan, calls: Sequence[tuple[float, float, str | None]], ended: Any = "complete"
) -> LoadRun:
    """A run with calls of (start, seconds, error)."""
    rows = []
    for number, (start, took, error) in enumerate(calls):
        begun = moment(1_700_000_000 + start)
        call = Call(
            started=begun, kind="chat", model="a", stream=False, latency_s=took, key="k", error=error,
            completion_tokens=5,
        )  # fmt: skip
        rows.append((call, Arrival(number, "?", 1, 0, None, begun, None, None)))
    return LoadRun(plan, ended, 1, rows)


def test_a_call_counts_in_the_step_in_which_it_ends_and_not_while_users_join() -> None:
    plan = LoadPlan(duration_s=20, users=[1, 4])
    calls = [
        (0.0, 1.5, None),  # ends while the first step settles
        (2.0, 1.0, None),
        (3.0, 4.0, None),
        (9.0, 1.5, None),  # ends while the second one settles
        (9.0, 4.0, None),
        (13.0, 2.0, "refused"),
        (19.0, 2.0, None),  # ends after the last step
    ]
    first, second = steps_of(run_of(plan, calls), looked())
    assert (first.users, first.seconds, list(first.latencies_s), first.failures) == (1, 8, [1.0, 4.0], 0)
    assert (second.users, list(second.latencies_s), second.failures, second.tokens) == (4, [4.0], 1, 5)


def test_an_interrupted_measurement_has_no_result() -> None:
    with pytest.raises(LoadError, match="was interrupted after 1 calls"):
        steps_of(run_of(LoadPlan(duration_s=2), [(0, 1, None)], "interrupted"), looked())


class Fakes(LocalServices):
    """Services whose processes are given."""

    def __init__(self, **members: list[psutil.Process]) -> None:
        super().__init__({}, 1, 1)
        object.__setattr__(self, "members", members)

    def processes(self) -> dict[str, list[psutil.Process]]:
        return self.members  # type: ignore[attr-defined,no-any-return]


def count(program: subprocess.Popen[str], number: int) -> None:
    """Have a program count, and wait until it has."""
    assert program.stdin
    assert program.stdout
    print(number, file=program.stdin, flush=True)
    program.stdout.readline()


def test_cpu_time_is_what_the_service_used_between_two_moments() -> None:
    code = "import sys\nfor line in sys.stdin:\n for _ in range(int(line)): pass\n print(flush=True)"
    busy, idle = (
        subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    )
    meter = CpuMeter(Fakes(gateway=[psutil.Process(busy.pid)], redis=[psutil.Process(idle.pid)]))
    with busy, idle:
        for program in (busy, idle):  # it has started
            count(program, 1)
        meter.look()
        begin_s = time.time()
        count(busy, 3_000_000)
        spent_s = sum(psutil.Process(busy.pid).cpu_times()[:2])
        meter.look()
        end_s = time.time()
        for program in (busy, idle):
            program.stdin.close()  # type: ignore[union-attr]
    used = meter.between(begin_s - 1, end_s)
    assert 0.02 < used["gateway"] <= spent_s
    assert used["redis"] == 0
    assert used["machine"] > 0
    # Nothing is used before the first look and after the last one.
    assert meter.between(end_s, end_s + 5)["gateway"] == 0
    meter.look()  # both have ended
    assert meter.between(begin_s - 1, end_s + 5)["gateway"] == pytest.approx(used["gateway"])


def test_the_frame_of_a_step_without_an_answer_has_no_latency() -> None:
    from gateway_kit.load.saturation import SATURATION, _row

    plan = LoadPlan(duration_s=10)
    steps = steps_of(run_of(plan, [(0.0, 3.0, "refused")]), looked())
    (row,) = SATURATION.frame([_row(None, 8, steps)]).to_dict("records")
    assert (row["requests"], row["failures"], row["requests_per_s"]) == (1, 1, 0)
    assert pd.isna(row["latency_p95_s"])
    assert pd.isna(row["replicas"])
    assert pd.isna(row["gateway_cpu_ms"])
