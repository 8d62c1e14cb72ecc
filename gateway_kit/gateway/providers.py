"""`gateway.providers`: control of the simulated providers, and the journal of what reached them."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import httpx

from gateway_kit.gateway.added_answer import AnswersClient
from gateway_kit.gateway.fault import Fault, FaultKind
from gateway_kit.gateway.journal import JournalClient
from gateway_kit.gateway.latency import LatenciesClient
from gateway_kit.gateway.lease import LEASE_S, Lease
from gateway_kit.gateway.simulator import (
    FAULTS,
    PROFILES,
    SIMULATED,
    SimulatorApi,
    simulator_frame,
)
from gateway_kit.settings import patience

if TYPE_CHECKING:
    import pandas as pd


class Providers(AnswersClient, JournalClient, LatenciesClient):
    """The simulated providers: faults, latencies, added answers, and the journal of what reached them.

    What is changed ends with the client that changed it: at `close()`, with the program, or `lease_s` seconds after it
    was killed. `keep=True` makes it stay until it is cleared.

    Every method raises ProvidersError, with the simulator's own sentence, if it refuses the request or does not answer.

    Example:
        >>> with gateway.providers.fault("openai", kind="rate_limit", retry_after_s=2):
        ...     gateway.ask_many(prompts)                          # every call to openai is answered with 429
        >>> gateway.providers.journal(provider="openai")           # one row per request
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float = 5.0,
        lease_s: float = LEASE_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._api = SimulatorApi(url, transport, timeout_s=timeout_s * patience())
        self._lease = Lease(self._api, lease_s=lease_s)
        self.url = self._api.url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection. What this client changed ends, but for what it set with `keep=True`."""
        self._lease.end()
        self._api.close()

    def __repr__(self) -> str:
        return f"Providers({self.url!r})"

    def fault(
        self,
        provider: str | None = None,
        *,
        kind: FaultKind,
        model: str | None = None,
        deployment: str | None = None,
        retry_after_s: int | None = None,
        hold_s: float | None = None,
        latency_s: float | None = None,
        after_chunks: int | None = None,
        probability: float | None = None,
        count: int | None = None,
        seconds: float | None = None,
        seed: int | None = None,
        keep: bool = False,
    ) -> Fault:
        """Switch a fault on; use it in a `with` block, or call its `off()`.

        Args:
            provider: strikes requests to this provider; None for any.
            kind: `rate_limit`: 429 with a `Retry-After` header. `server_error`: 500. `unknown_model`: the provider does
                not have the model, as after it was retired. `timeout`: no answer, then the connection drops. `slow`:
                the answer comes later. `cut_stream`: streams break, other requests pass.
                `stream_error`: streams break with the provider's own error in them, as Anthropic's do when it is
                overloaded; at providers that have no such error as `cut_stream`.
            model: strikes this model only, by the name that reaches the provider.
            deployment: strikes this deployment only, named by its key (`sim-openai-east` has the name `openai-east`)
                or by its address (`http://127.0.0.1:4010/d/openai-east/v1`).
            retry_after_s: rate_limit: seconds in the header; 1 by default.
            hold_s: timeout: seconds until the connection drops; 60 by default.
            latency_s: slow: seconds; 2 by default.
            after_chunks: cut_stream, stream_error: chunks that pass before the break; 3 by default.
            probability: of striking a request, 0 to 1; always by default.
            count: strikes this many requests only.
            seconds: ends after this time.
            seed: makes `probability` repeatable.
            keep: stays on after this program has ended; `gateway-kit faults` lists it, and clears it.
        """
        wish = {
            "kind": kind,
            "provider": provider,
            "model": model,
            "deployment": deployment,
            "retry_after_s": retry_after_s,
            "hold_s": hold_s,
            "latency_s": latency_s,
            "after_chunks": after_chunks,
            "probability": probability,
            "count": count,
            "seconds": seconds,
            "seed": seed,
            "lease": self._lease.wish(keep=keep),
        }
        row = self._api.request("POST", "/_sim/faults", json=wish)
        return Fault(row, self._lease, self._lease.took(row))

    def faults(self) -> pd.DataFrame:
        """The faults that are on.

        Returns:
            One row per fault.

                - `id` (Int64): its number
                - `kind` (string): as in `fault`
                - `provider` (string): which it strikes; missing: any
                - `provider_model` (string): which it strikes; missing: any
                - `deployment` (string): which it strikes; missing: any
                - `retry_after_s` (Float64): rate_limit: seconds in the `Retry-After` header
                - `hold_s` (Float64): timeout: seconds until the connection drops
                - `latency_s` (Float64): slow: seconds that an answer is late
                - `after_chunks` (Int64): cut_stream, stream_error: chunks before the stream breaks
                - `probability` (Float64): of striking a request; missing: always
                - `count` (Int64): requests that it strikes in all; missing: no limit
                - `seconds` (Float64): how long it is on; missing: no limit
                - `hits` (Int64): requests struck so far
                - `remaining` (Int64): requests still to be struck; missing: no limit
                - `expires_in_s` (Float64): seconds until it ends; missing: no limit
                - `set_by` (string): the process that it ends with; missing: it stays until it is cleared
        """
        return simulator_frame(FAULTS, self._api.request("GET", "/_sim/faults")["faults"])

    def clear_faults(self) -> int:
        """Switch all faults off and let go of the requests they hold; returns how many faults were on."""
        return int(self._lease.give_back("DELETE", "/_sim/faults")["removed"])

    def profile(
        self,
        model: str,
        *,
        provider: str | None = None,
        ttft_s: float | None = None,
        tokens_per_s: float | None = None,
        jitter: float | None = None,
        context_window: int | None = None,
        keep: bool = False,
    ) -> pd.DataFrame:
        """Change how models behave; what is None stays as it was.

        Args:
            model: the name that reaches the provider; "*" for all.
            provider: only this provider's model of that name.
            ttft_s: seconds to the first token.
            tokens_per_s: output rate.
            jitter: relative spread of the times, 0 to 0.9.
            context_window: tokens.
            keep: stays changed after this program has ended, until `reset_profiles`.

        Returns:
            The changed rows of `profiles`.
        """
        wish: dict[str, Any] = {
            "model": model,
            "provider": provider,
            "ttft_s": ttft_s,
            "tokens_per_s": tokens_per_s,
            "jitter": jitter,
            "context_window": context_window,
            "lease": self._lease.wish(keep=keep),
        }
        answer = self._api.request("PATCH", "/_sim/profiles", json=wish)
        self._lease.took(answer)
        return simulator_frame(PROFILES, answer["profiles"])

    def profiles(self) -> pd.DataFrame:
        """How each simulated model behaves.

        Returns:
            One row per model, with the columns of `models` and these.

                - `ttft_s` (Float64): seconds to the first token
                - `tokens_per_s` (Float64): output rate; missing for embedding models
                - `jitter` (Float64): relative spread of the times
        """
        return simulator_frame(PROFILES, self._api.request("GET", "/_sim/profiles")["profiles"])

    def reset_profiles(self) -> None:
        """Put every profile back to what the simulator starts with."""
        self._lease.give_back("DELETE", "/_sim/profiles")

    def models(self) -> pd.DataFrame:
        """The simulated models.

        Returns:
            One row per model.

                - `provider` (string): openai, azure, anthropic, …
                - `provider_model` (string): the provider's name of the model
                - `kind` (string): chat or embedding
                - `context_window` (Int64): tokens
                - `dimensions` (Int64): width of a vector; missing for chat models
        """
        return simulator_frame(SIMULATED, self._api.request("GET", "/_sim/models")["models"])

    def prompts(self) -> list[str]:
        """Prompts that the simulator answers from its bank; to any other it makes an answer up."""
        return [str(prompt) for prompt in self._api.request("GET", "/_sim/prompts")["prompts"]]

    def reset(self) -> None:
        """Faults off, profiles, latencies and answers as at the start, journal empty."""
        self._lease.give_back("POST", "/_sim/reset")
