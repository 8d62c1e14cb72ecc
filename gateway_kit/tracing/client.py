"""The trace store as lessons use it: the SDK to record with, tables to read with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from gateway_kit.errors import TraceMissingError, TracingError
from gateway_kit.tracing import sdk
from gateway_kit.tracing.connection import TraceConnection, resolve_tracing
from gateway_kit.tracing.filters import described
from gateway_kit.tracing.reading import Reading
from gateway_kit.tracing.reads import TraceApi
from gateway_kit.tracing.recording import Recording
from gateway_kit.tracing.waiting import wait_until

if TYPE_CHECKING:
    import pandas as pd
    from langfuse.types import MaskFunction

DEFAULT_TIMEOUT_S = 10


def connect_tracing(
    environ: Mapping[str, str] | None = None,
    *,
    mask: MaskFunction | None = None,
    timeout_s: int = DEFAULT_TIMEOUT_S,
) -> Tracing:
    """A Tracing whose keys were accepted, found by the environment or the local stack (in this order).

    tracing = connect_tracing()                          # the stack that `gateway-kit up` started
    tracing = connect_tracing(mask=mask_personal_data)   # nothing is recorded before the mask has seen it

    From then on `observe` and `get_client` of the SDK record here too, in the whole process: the last connection
    counts. Connecting again with the same keys and mask shares what is there. `timeout_s` is how long a request
    may take. Raises TracingUnreachableError, TracingKeysRefusedError, or SettingsError where an address is known
    and no key.
    """
    tracing = Tracing(resolve_tracing(environ), mask=mask, timeout_s=timeout_s)
    try:
        tracing.api.check()
    except TracingError:
        tracing.close()
        raise
    tracing.activate()
    return tracing


class Tracing(Reading, Recording):
    """One project of a trace store: `client` and `score` record, the other methods give tables."""

    def __init__(
        self,
        connection: TraceConnection,
        *,
        mask: MaskFunction | None = None,
        timeout_s: int = DEFAULT_TIMEOUT_S,
    ) -> None:
        self._http = sdk.http_client(connection, timeout_s)
        api = TraceApi(connection, self._http)
        Reading.__init__(self, api)
        Recording.__init__(self, connection, api, mask=mask, timeout_s=timeout_s)

    def __repr__(self) -> str:
        return f"Tracing({self.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Sends what is queued, ends the SDK's threads and closes the connections.

        Who shares the connection (the same keys and mask) records anew with `client` or `activate`.
        """
        try:
            self.shutdown()
        finally:
            self._http.close()

    def wait_for_trace(
        self,
        trace_id: str | None = None,
        *,
        request_id: str | None = None,
        session: str | None = None,
        observations: int = 1,
        timeout_s: float = 30.0,
    ) -> pd.DataFrame:
        """`observations(…)` of a trace, a call or a session, once there are at least so many.

        Asks again after growing pauses, and flushes this process's own queue first. Raises TraceMissingError
        where too few are there after `timeout_s`.
        """
        given = {"trace_id": trace_id, "request_id": request_id, "session": session}
        if all(value is None for value in given.values()):
            raise TracingError("wait_for_trace needs a trace_id, a request_id or a session.")
        self.flush()
        return self._wait(
            lambda: self.observations(trace_id, request_id=request_id, session=session, limit=10_000),
            observations,
            f"{observations} observation(s) with {described(given)}",
            timeout_s,
        )

    def wait_for_scores(
        self, trace_id: str, scores: int = 1, *, name: str | None = None, timeout_s: float = 30.0
    ) -> pd.DataFrame:
        """`scores(trace_id)` once there are at least so many; a real Langfuse takes 5 to 6 seconds.

        Raises TraceMissingError where too few are there after `timeout_s`.
        """
        self.flush()
        what = f"{scores} score(s) with {described({'trace_id': trace_id, 'name': name})}"
        return self._wait(lambda: self.scores(trace_id, name=name), scores, what, timeout_s)

    def _wait(
        self, look: Callable[[], pd.DataFrame], count: int, what: str, timeout_s: float
    ) -> pd.DataFrame:
        found, enough = wait_until(look, lambda rows: len(rows) >= count, timeout_s=timeout_s)
        if enough:
            return found
        names = ", ".join(found["name"].dropna().unique()) or "none"
        raise TraceMissingError(
            f"Waited {timeout_s:.0f} s for {what} at {self.url}; {len(found)} came: {names}. "
            "Look at: gateway-kit status, gateway-kit logs tracing, and gateway-kit logs gateway for what "
            "LiteLLM could not send."
        )
