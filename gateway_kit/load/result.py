"""The result of a load run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from gateway_kit.common.tables import TIME, Column, Table
from gateway_kit.gateway.record import Call, CallRecord
from gateway_kit.load.call_rows import Arrival
from gateway_kit.load.plan import LoadPlan
from gateway_kit.load.summary import load_summary

if TYPE_CHECKING:
    import pandas as pd

ARRIVALS = Table(
    Column("number", "Int64", "of the call, from 0; with the seed it decides what is sent"),
    Column("prompt", "string", "without the number of a plan with `unique`"),
    Column("rank", "Int64", "the prompt's position in the plan's list, from 1: the rank of Zipf's law"),
    Column("user", "Int64", "closed loop: the user's number, from 0; missing in an open loop"),
    Column("scheduled", TIME, "open loop: when the call was due; missing in a closed loop"),
    Column("sent", TIME, "when it left, as `started` in `calls`"),
    Column("late_s", "float64", "open loop: seconds from `scheduled` to `sent`, when no place was free"),
    Column("latency_from_schedule_s", "float64", "open loop: seconds from `scheduled` to the last byte"),
)


@dataclass(frozen=True)
class LoadRun:
    """The calls of one run.

    `ended` says whether it reached its planned end. `workers` is the number of processes that made the calls.
    """

    plan: LoadPlan
    ended: Literal["complete", "interrupted", "given up"]
    workers: int
    _rows: Sequence[tuple[Call, Arrival]] = field(repr=False)

    def __repr__(self) -> str:
        return f"<LoadRun of {len(self)} calls, {self.ended}: .summary, .calls and .arrivals have them>"

    def __len__(self) -> int:
        return len(self._rows)

    @cached_property
    def calls(self) -> pd.DataFrame:
        """One row per call, in the order in which they ended, as `gateway.calls.frame()` has them.

        An interrupted run also has the calls that were in progress, as errors.
        """
        record = CallRecord(capacity=max(1, len(self)))
        for call, _ in self._rows:
            record.add(call)
        return record.frame()

    @cached_property
    def arrivals(self) -> pd.DataFrame:
        """When and why each call was made, one row per call, with the index of `calls`.

        Returns:
            - `number` (Int64): of the call, from 0; with the seed it decides what is sent
            - `prompt` (string): without the number of a plan with `unique`
            - `rank` (Int64): the prompt's position in the plan's list, from 1: the rank of Zipf's law
            - `user` (Int64): closed loop: the user's number, from 0; missing in an open loop
            - `scheduled` (datetime64[ns, UTC]): open loop: when the call was due; missing in a closed loop
            - `sent` (datetime64[ns, UTC]): when it left, as `started` in `calls`
            - `late_s` (float64): open loop: seconds from `scheduled` to `sent`, when no place was free
            - `latency_from_schedule_s` (float64): open loop: seconds from `scheduled` to the last byte
        """
        return ARRIVALS.frame(asdict(arrival) for _, arrival in self._rows)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per model, and a last one for `all`, as `load_summary` describes."""
        return load_summary(self.calls, self.arrivals)
