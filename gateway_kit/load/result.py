"""What a load run measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from gateway_kit.gateway.record import Call, CallRecord
from gateway_kit.load.evidence import Arrival
from gateway_kit.load.plan import LoadPlan
from gateway_kit.load.summary import load_summary

if TYPE_CHECKING:
    import pandas as pd

ARRIVAL_COLUMNS: Mapping[str, str] = {
    "number": "Int64",
    "prompt": "string",
    "rank": "Int64",
    "user": "Int64",
    "scheduled": "datetime64[ns, UTC]",
    "sent": "datetime64[ns, UTC]",
    "late_s": "float64",
    "latency_from_schedule_s": "float64",
}


@dataclass(frozen=True)
class LoadRun:
    """The calls of one run. `ended` says whether it came to its planned end or was interrupted before it.

    `workers` is how many processes made the calls.
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
        """One row per call, in the order in which they ended: the columns and dtypes of `CallRecord.frame`.

        A run that was interrupted has the calls that were under way, too: they are errors, and were left by the caller.
        """
        record = CallRecord(capacity=max(1, len(self)))
        for call, _ in self._rows:
            record.add(call)
        return record.frame()

    @cached_property
    def arrivals(self) -> pd.DataFrame:
        """How each call came about, one row per call, with the index of `calls`.

        column                   dtype                 meaning
        number                   Int64                 the call's number, from 0: the seed decides what it asks
        prompt                   string                what it asked, without the mark of a plan with `unique`
        rank                     Int64                 the prompt's place in the plan's list, from 1: the rank of Zipf's
                                                       law
        user                     Int64                 closed loop: who asked, from 0; missing in an open loop
        scheduled                datetime64[ns, UTC]   open loop: when it was due; missing in a closed loop, where a
                                                       call is due when its user is ready
        sent                     datetime64[ns, UTC]   when it left, as `started` of `calls`
        late_s                   float64               open loop: seconds from `scheduled` to `sent`. More than some
                                                       milliseconds: no place was free, or the generator was too slow
        latency_from_schedule_s  float64               open loop: seconds from `scheduled` to the last byte, which is
                                                       what a person waits; `latency_s` of `calls` begins at `sent`
        """
        import pandas as pd

        rows = [asdict(arrival) for _, arrival in self._rows]
        return pd.DataFrame(rows, columns=list(ARRIVAL_COLUMNS)).astype(dict(ARRIVAL_COLUMNS))

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per model that was asked for, and a last one for `all`: see `load_summary`."""
        return load_summary(self.calls, self.arrivals)
