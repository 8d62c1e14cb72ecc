"""Where a dashboard's calls come from: a call record, a table, or a function that returns a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from gateway_kit.gateway import CallRecord
from gateway_kit.widgets.dashboard.store import dashboard_calls

# Comparing larger tables takes longer than rendering them.
_MOST_COMPARED = 50_000


@dataclass(frozen=True)
class Update:
    """New calls in the shape of `store.dashboard_calls`; with `replaces_all` they replace the earlier ones."""

    calls: pd.DataFrame = field(repr=False)
    replaces_all: bool = False


class RecordSource:
    """A call record, of which each call is read once."""

    is_live = True

    def __init__(self, calls: CallRecord) -> None:
        self._calls = calls
        self._seen = 0
        self._clears = -1

    def poll(self) -> Update | None:
        """The calls since the last poll, None for none; all of them at first, and after the record was cleared."""
        clears = self._calls.clears
        if clears != self._clears:
            self._clears = clears
            everything, self._seen = self._calls.since(0)
            return Update(dashboard_calls(everything), replaces_all=True)
        if self._calls.totals.calls == self._seen:  # most of the time
            return None
        new, self._seen = self._calls.since(self._seen)
        return Update(dashboard_calls(new))

    def restart(self) -> None:
        """Let the next poll return all calls again."""
        self._clears = -1


class TableSource:
    """A table, which does not change."""

    is_live = False

    def __init__(self, table: pd.DataFrame) -> None:
        self._calls = dashboard_calls(table)
        self._polled = False

    def poll(self) -> Update | None:
        """The table, once."""
        polled, self._polled = self._polled, True
        return None if polled else Update(self._calls, replaces_all=True)

    def restart(self) -> None:
        """Let the next poll return the table again."""
        self._polled = False


class FunctionSource:
    """A function that returns a table each time, such as `gateway.spend.logs` or `tracing.observations`."""

    is_live = True

    def __init__(self, read: Callable[[], pd.DataFrame]) -> None:
        self._read = read
        self._last: pd.DataFrame | None = None

    def poll(self) -> Update | None:
        """The function's table; None if it has not changed."""
        table, last = self._read(), self._last
        self._last = table
        if table is last or (
            last is not None and len(table) == len(last) <= _MOST_COMPARED and table.equals(last)
        ):
            return None
        return Update(dashboard_calls(table), replaces_all=True)

    def restart(self) -> None:
        """Let the next poll return the table, changed or not."""
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
        f"A dashboard needs gateway.calls, a DataFrame of calls, or a function that returns one, not {calls!r:.80}."
    )
