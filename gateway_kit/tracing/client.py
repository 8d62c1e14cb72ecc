"""`gateway.tracing`: the trace store, to record with the SDK and to read as tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self

from gateway_kit.errors import TracingError
from gateway_kit.settings import patience
from gateway_kit.tracing.api import TraceApi
from gateway_kit.tracing.connection import TraceConnection, resolve_tracing
from gateway_kit.tracing.evaluation import Evaluation
from gateway_kit.tracing.instrument import Instrument
from gateway_kit.tracing.langfuse_sdk import http_client
from gateway_kit.tracing.metrics import Metrics
from gateway_kit.tracing.observations import OBSERVATIONS
from gateway_kit.tracing.polling import Polling
from gateway_kit.tracing.queries import Queries
from gateway_kit.tracing.reconcile import reconcile

if TYPE_CHECKING:
    import pandas as pd
    from langfuse import Langfuse
    from langfuse.types import MaskFunction

DEFAULT_TIMEOUT_S = 10

# The gateway's clock and the client's may differ by this much.
_CLOCKS = timedelta(seconds=5)


def connect_tracing(services: Mapping[str, str], *, timeout_s: int = DEFAULT_TIMEOUT_S) -> Tracing:
    """A Tracing whose keys were accepted.

    The SDK's `observe` and `get_client` record there from then on, in the whole process: the last connection counts.

    Args:
        services: LANGFUSE_HOST (or LANGFUSE_BASE_URL), LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY.
        timeout_s: how long a request may take, in seconds; with GATEWAY_PATIENCE so many times as long.

    Raises:
        TracingUnreachableError: nothing answers there.
        TracingKeysRefusedError: the keys belong to no project.
        SettingsError: a variable is missing or invalid.
    """
    tracing = Tracing(resolve_tracing(services), timeout_s=timeout_s)
    try:
        tracing.check()
    except TracingError:
        tracing.close()
        raise
    tracing.activate()
    return tracing


class Tracing:
    """One project of a trace store: Langfuse, or the embedded store that has its API.

    It has `Queries` to read (`traces`, `observations`, …), `Polling` to wait for what is stored later
    (`wait_for_trace`, …), an `Instrument` to record (`client`, `score`, …), and an `Evaluation` as `evaluation`, for
    prompts, datasets and experiments; each method is documented there.

    Example:
        >>> gateway.tracing.traces(user="ann", level="ERROR")
        >>> gateway.tracing.mask = mask_personal_data
    """

    def __init__(
        self,
        connection: TraceConnection,
        *,
        queries: Queries | None = None,
        timeout_s: int = DEFAULT_TIMEOUT_S,
    ) -> None:
        self.url = connection.url
        timeout_s = int(timeout_s * patience())
        self._http = http_client(connection, timeout_s)
        api = TraceApi(connection, self._http)
        self.check = api.check

        reading = queries or Queries(api)
        self.observations = reading.observations
        self.traces = reading.traces
        self.trace_tree = reading.trace_tree
        self.trace_url = reading.trace_url
        self.sessions = reading.sessions
        self.scores = reading.scores
        self.cost_and_latency = Metrics(api).cost_and_latency

        self._instrument = Instrument(connection, api, timeout_s=timeout_s)
        self.activate = self._instrument.activate
        self.current_trace_id = self._instrument.current_trace_id
        self.gateway_metadata = self._instrument.gateway_metadata
        self.score = self._instrument.score
        self.flush = self._instrument.flush

        self.evaluation = Evaluation(api, self.flush)

        polling = Polling(reading, self.flush)
        self.wait_for_trace = polling.wait_for_trace
        self.wait_for_scores = polling.wait_for_scores

    def __repr__(self) -> str:
        return f"Tracing({self.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def client(self) -> Langfuse:
        """The SDK's `langfuse.Langfuse`, with `start_as_current_observation`, `update_current_span` and more.

        It has threads of its own, and its spans go only to this project.
        """
        return self._instrument.client

    @property
    def mask(self) -> MaskFunction | None:
        """A function through which all inputs, outputs and metadata go before this process records them.

        Set it to `mask_personal_data` or a function of your own, and to None to end it. It holds for the whole process
        and for what is recorded from then on. It does not see what the gateway itself records; see `gateway_metadata`
        and LiteLLM's `mask_input` and `mask_output`.
        """
        return self._instrument.mask

    @mask.setter
    def mask(self, mask: MaskFunction | None) -> None:
        self._instrument.mask = mask

    def reconcile(self, calls: pd.DataFrame, spend: pd.DataFrame, journal: pd.DataFrame) -> pd.DataFrame:
        """Compare what four accounts say of the same calls: the record, the spend log, the journal, the traces.

        A journal row belongs to the call whose answer has its id. A row without an answer, or of an embedding, belongs
        to the only call that was running then with this prompt; if there were several, it belongs to none of them, and
        `attrs["unmatched_attempts"]` of the result counts it.

        Args:
            calls: `gateway.calls.frame()`.
            spend: `gateway.spend.wait_for(calls["request_id"])`.
            journal: `gateway.providers.journal()`.

        Returns:
            One row per call of `calls`, in their order.

                - `request_id` (string): LiteLLM's id of the call
                - `started` (datetime64[ns, UTC]): as in the call record
                - `model` (string): the name that was asked for
                - `status` (Int64): the HTTP status that the caller got
                - `stream` (boolean): as in the call record
                - `cache_hit` (boolean): as in the call record
                - `attempts` (Int64): requests that reached a simulated provider for this call
                - `failed_attempts` (Int64): those without a complete answer of status 200
                - `journal_tokens` (Int64): tokens of the answered attempts, by the provider's journal
                - `call_tokens` (Int64): total tokens by the answer's own usage (the call record)
                - `spend_tokens` (Int64): total tokens by LiteLLM's spend log
                - `trace_tokens` (Int64): total tokens by the trace
                - `call_usd` (float64): US dollars by the call record
                - `spend_usd` (float64): US dollars by the spend log
                - `trace_usd` (float64): US dollars by the trace
                - `difference` (string): the reasons, separated by "; "; empty if all agree
        """
        import pandas as pd

        if calls.empty:
            return reconcile(calls, spend, journal, OBSERVATIONS.frame([]))
        since = calls["started"].min().floor("ms") - _CLOCKS
        latest = (calls["started"] + pd.to_timedelta(calls["latency_s"].fillna(0.0), unit="s")).max()
        until = latest.ceil("ms") + _CLOCKS
        return reconcile(
            calls,
            spend,
            journal,
            self.observations(since=since.to_pydatetime(), until=until.to_pydatetime(), limit=100_000),
        )

    def close(self) -> None:
        """Send what is queued, end the SDK's threads and close the connections."""
        try:
            self._instrument.close()
        finally:
            self._http.close()
