"""The journal of what reached the simulated providers: the part of `gateway.providers` for it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from gateway_kit.errors import ProvidersError
from gateway_kit.gateway.fault import FaultKind
from gateway_kit.gateway.simulator import JOURNAL, SimulatorApi, simulator_frame, simulator_rows

if TYPE_CHECKING:
    import pandas as pd


class JournalClient:
    """Reads the simulator's journal and empties it."""

    _api: SimulatorApi

    def journal(
        self,
        *,
        since: float | datetime | None = None,
        provider: str | None = None,
        model: str | None = None,
        deployment: str | None = None,
        status: int | None = None,
        fault: FaultKind | None = None,
        call: int | None = None,
        after_id: int | None = None,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """What reached the providers; the simulator remembers 10,000 requests. Keys are never in the journal.

        Args:
            since: only later requests: seconds since 1970, or a datetime with a time zone.
            provider: only requests to this provider.
            model: only requests for this model, by the name that reached the provider.
            deployment: only requests to this deployment.
            status: only answers with this HTTP status.
            fault: only requests struck by a fault of this kind.
            call: only requests of this call of a rehearsal.
            after_id: only rows with a higher `id`, as the last row of an earlier answer has it.
            limit: at most so many rows, the newest.

        Returns:
            One row per finished request, oldest first.

                - `id` (Int64): number of the row
                - `started` (datetime64[ns, UTC]): when the request arrived
                - `provider` (string): openai, azure, anthropic, …
                - `provider_model` (string): the provider's name of the model
                - `deployment` (string): known by its key or its address
                - `call` (Int64): number of the rehearsed call that it belongs to; missing outside of rehearsals
                - `route` (string): the path that was asked
                - `stream` (boolean): was a stream asked for
                - `prompt` (string): the last message, shortened to 200 characters
                - `prompt_tokens` (Int64): tokens read
                - `completion_tokens` (Int64): tokens written
                - `status` (Int64): HTTP status; missing if no answer was begun
                - `outcome` (string): answered, refused, cut (a broken stream), no_answer or client_left
                - `fault` (string): kind of the fault that struck; missing: none
                - `source` (string): what the answer comes from: own, help_desk, judge, tool,
                  tool_result, bank, made_up, planned (a rehearsal's) or embeddings_model
                - `ttft_s` (Float64): seconds to the first byte of the answer
                - `latency_s` (Float64): seconds to its end
                - `response_id` (string): the answer's id
        """
        # A datetime without a zone would be read as local time by some and as UTC by others.
        if isinstance(since, datetime) and since.tzinfo is None:
            raise ProvidersError("`since` has no time zone; use datetime.now(timezone.utc), or time.time().")
        wish = {
            "since": since.timestamp() if isinstance(since, datetime) else since,
            "provider": provider,
            "model": model,
            "deployment": deployment,
            "status": status,
            "fault": fault,
            "call": call,
            "after_id": after_id,
            "limit": limit,
        }
        return simulator_frame(JOURNAL, self._api.request("GET", "/_sim/journal", params=wish)["rows"])

    def journal_rows(self, *, after_id: int) -> list[dict[str, Any]]:
        """The rows of `journal` after one of them, as dicts in which a missing value is None."""
        answer = self._api.request("GET", "/_sim/journal", params={"after_id": after_id})
        return simulator_rows(JOURNAL, answer["rows"])

    def clear_journal(self) -> int:
        """Empty the journal; returns how many rows it had."""
        return int(self._api.request("DELETE", "/_sim/journal")["cleared"])
