"""Waiting for traces and scores, which are stored seconds after the call. Internal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gateway_kit.common.polling import patient_s, poll_until
from gateway_kit.errors import TraceMissingError, TracingError
from gateway_kit.tracing.connection import log_of
from gateway_kit.tracing.filters import described
from gateway_kit.tracing.queries import Queries

if TYPE_CHECKING:
    import pandas as pd

# The first pause and its growth, up to 2 s.
_PAUSE_S = 0.05
_GROWTH = 1.5


class Polling:
    """Repeats a query until it returns enough rows; `flush` sends this process's own queue first."""

    def __init__(self, queries: Queries, flush: Callable[[], None]) -> None:
        self._queries = queries
        self._flush = flush

    def wait_for_trace(
        self,
        trace_id: str | None = None,
        *,
        request_id: str | None = None,
        session: str | None = None,
        observations: int = 1,
        timeout_s: float = 30.0,
    ) -> pd.DataFrame:
        """The observations of a trace, a call or a session, once there are enough of them.

        Args:
            trace_id: a trace.
            request_id: LiteLLM's id of a call.
            session: a session.
            observations: how many are enough.
            timeout_s: how long to wait, in seconds.

        Returns:
            A table as `observations` returns it.

        Raises:
            TraceMissingError: there are fewer after `timeout_s` seconds.
            TracingError: neither a trace, a call nor a session was given.
        """
        given = {"trace_id": trace_id, "request_id": request_id, "session": session}
        if all(value is None for value in given.values()):
            raise TracingError("wait_for_trace needs a trace_id, a request_id or a session.")
        return self._wait(
            lambda: self._queries.observations(
                trace_id, request_id=request_id, session=session, limit=10_000
            ),
            observations,
            f"{observations} observation(s) with {described(given)}",
            timeout_s,
        )

    def wait_for_scores(
        self, trace_id: str, scores: int = 1, *, name: str | None = None, timeout_s: float = 30.0
    ) -> pd.DataFrame:
        """The scores of a trace, once there are enough of them; Langfuse itself needs 5 to 8 seconds.

        Args:
            trace_id: the trace.
            scores: how many are enough.
            name: only scores of this name.
            timeout_s: how long to wait, in seconds.

        Returns:
            A table as `scores` returns it.

        Raises:
            TraceMissingError: there are fewer after `timeout_s` seconds.
        """
        what = f"{scores} score(s) with {described({'trace_id': trace_id, 'name': name})}"
        return self._wait(lambda: self._queries.scores(trace_id, name=name), scores, what, timeout_s)

    def _wait(
        self, look: Callable[[], pd.DataFrame], count: int, what: str, timeout_s: float
    ) -> pd.DataFrame:
        self._flush()
        rows, enough = poll_until(
            look, lambda rows: len(rows) >= count, timeout_s=timeout_s, pause_s=_PAUSE_S, growth=_GROWTH
        )
        if enough:
            return rows
        names = ", ".join(rows["name"].dropna().unique()) or "none"
        raise TraceMissingError(
            f"Waited {patient_s(timeout_s):.0f} s for {what} at {self._queries.url}; {len(rows)} arrived: {names}. "
            f"Look at: gateway-kit status, {log_of(self._queries.url)}, and gateway-kit logs gateway for what "
            "LiteLLM could not send."
        )
