"""Where a dashboard's calls come from: a call record, a table, or a function that gives one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from gateway_kit.gateway import CallRecord
from gateway_kit.widgets.dashboard.store import dashboard_calls

# Comparing larger tables takes longer than drawing them.
_MOST_COMPARED = 50_000


@dataclass(frozen=True)
class News:
    """New calls in the shape of `live.store.dashboard_calls`; `anew` where they take the place of all before."""

    calls: pd.DataFrame = field(repr=False)
    anew: bool = False


class RecordSource:
    """A call record, of which each call is read once."""

    moving = True

    def __init__(self, calls: CallRecord) -> None:
        self._calls = calls
        self._seen = 0
        self._clears = -1

    def news(self) -> News | None:
        """What came since the last time; all there is at first, and after the record was cleared; None: nothing new."""
        clears = self._calls.clears
        if clears != self._clears:
            self._clears = clears
            everything, self._seen = self._calls.since(0)
            return News(dashboard_calls(everything), anew=True)
        if self._calls.ended == self._seen:  # most of the time
            return None
        new, self._seen = self._calls.since(self._seen)
        return News(dashboard_calls(new))

    def rewind(self) -> None:
        """Begin anew with all that the record still has."""
        self._clears = -1


class TableSource:
    """A table, which does not change."""

    moving = False

    def __init__(self, table: pd.DataFrame) -> None:
        self._calls = dashboard_calls(table)
        self._told = False

    def news(self) -> News | None:
        """The table, once."""
        told, self._told = self._told, True
        return None if told else News(self._calls, anew=True)

    def rewind(self) -> None:
        """Tell it again."""
        self._told = False


class FunctionSource:
    """A function that gives a table each time it is asked, such as `gateway.spend.logs` or `tracing.observations`."""

    moving = True

    def __init__(self, give: Callable[[], pd.DataFrame]) -> None:
        self._give = give
        self._last: pd.DataFrame | None = None

    def news(self) -> News | None:
        """The table that it gives now; None where it is the last one again."""
        table, last = self._give(), self._last
        self._last = table
        if table is last or (
            last is not None and len(table) == len(last) <= _MOST_COMPARED and table.equals(last)
        ):
            return None
        return News(dashboard_calls(table), anew=True)

    def rewind(self) -> None:
        """Tell it again."""
        self._last = None


Source = RecordSource | TableSource | FunctionSource


def source_of(calls: CallRecord | pd.DataFrame | Callable[[], pd.DataFrame]) -> Source:
    """The source for a call record, a table or a function. Raises ValueError for anything else."""
    if isinstance(calls, CallRecord):
        return RecordSource(calls)
    if isinstance(calls, pd.DataFrame):
        return TableSource(calls)
    if callable(calls):
        return FunctionSource(calls)
    raise ValueError(
        f"A dashboard is made of gateway.calls, a DataFrame of calls, or a function that gives one, not {calls!r:.80}."
    )
