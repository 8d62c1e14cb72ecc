"""Distributions of answer times at the simulated providers: the part of `gateway.providers` for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateway_kit.gateway.lease import Lease
from gateway_kit.gateway.simulator import LATENCIES, SimulatorApi, simulator_frame

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Latency:
    """How long the answers of one deployment take, or of one model.

    A distribution is a list of seconds that do not fall, each as likely as the others: the times of a log in their
    order, or quantiles of them at equal steps. `(1.0, 1.2, 4.0)` says that a third of the answers take 1.2 s. What is
    empty stays as the model's profile has it.

    Attributes:
        deployment: its label (`openai-east` for the key `sim-openai-east`); None: any.
        provider: as the simulator names it; None: any.
        model: the name that reaches the provider; None: any.
        whole_s: seconds to the end of answers that are no streams, embeddings included.
        ttft_s: streams: seconds to the first token.
        stream_s: streams: seconds to the end; without them those of `whole_s`.
        calls: how many calls the distributions were made of; says how far to trust them, and changes nothing.
    """

    deployment: str | None = None
    provider: str | None = None
    model: str | None = None
    whole_s: Sequence[float] = ()
    ttft_s: Sequence[float] = ()
    stream_s: Sequence[float] = ()
    calls: int = 0

    def as_wish(self) -> dict[str, Any]:
        """The distribution as the control API takes it."""
        scope = {"deployment": self.deployment, "provider": self.provider, "model": self.model}
        times = {"whole_s": self.whole_s, "ttft_s": self.ttft_s, "stream_s": self.stream_s}
        return {
            **{name: value for name, value in scope.items() if value is not None},
            **{name: list(value) for name, value in times.items() if value},
        }


class LatenciesClient:
    """Sets distributions of answer times at the simulator, lists them and removes them."""

    _api: SimulatorApi
    _lease: Lease

    def latencies(
        self, latencies: Iterable[Latency] | None = None, *, seed: int = 7, keep: bool = False
    ) -> pd.DataFrame:
        """Set how long answers take, in place of the models' profiles; without arguments only what is set.

        Times are drawn in an order that covers a distribution evenly, each once before one is drawn again, so that the
        quantiles of some hundred answers are those of the distribution within a few per cent. A fault of the kind
        `slow` adds to them. Of several that fit a request, one that names its deployment comes before one that names
        its model, and of equal ones the last.

        Args:
            latencies: what to set; each replaces an earlier one for the same deployment, provider and model.
            seed: of the order in which the times are drawn.
            keep: stays after this program has ended, until `clear_latencies`.

        Returns:
            One row per distribution that is set.

                - `deployment` (string): which it is for; missing: any
                - `provider` (string): which it is for; missing: any
                - `provider_model` (string): which it is for; missing: any
                - `whole_p50_s` (Float64): median seconds to the end, no streams
                - `whole_p95_s` (Float64): their 95th percentile
                - `ttft_p50_s` (Float64): median seconds to a stream's first token
                - `ttft_p95_s` (Float64): their 95th percentile
                - `stream_p50_s` (Float64): median seconds to a stream's end
                - `stream_p95_s` (Float64): their 95th percentile
                - `answers` (Int64): times drawn so far
                - `set_by` (string): the process that it ends with; missing: it stays until it is cleared

        Example:
            >>> gateway.providers.latencies([Latency(deployment="openai-east", whole_s=(0.8, 1.1, 1.5, 6.0))])
        """
        if latencies is not None:
            self.set_latencies(latencies, seed=seed, keep=keep)
        rows = self._api.request("GET", "/_sim/latencies")["latencies"]
        return simulator_frame(LATENCIES, (_row(row) for row in rows))

    def set_latencies(self, latencies: Iterable[Latency], *, seed: int = 7, keep: bool = False) -> None:
        """Set how long answers take, as `latencies` does, and return no table of it."""
        wish = {
            "latencies": [one.as_wish() for one in latencies],
            "seed": seed,
            "lease": self._lease.wish(keep=keep),
        }
        self._lease.took(self._api.request("POST", "/_sim/latencies", json=wish))

    def clear_latencies(self) -> int:
        """Remove all distributions, whoever set them; returns how many there were."""
        return int(self._lease.give_back("DELETE", "/_sim/latencies")["removed"])


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    quantiles = {
        f"{name}_p{percent}_s": quantile(row.get(f"{name}_s") or (), percent / 100)
        for name in ("whole", "ttft", "stream")
        for percent in (50, 95)
    }
    return {**row, **quantiles}


def quantile(times: Sequence[float], share: float) -> float | None:
    """The time below which this share of a distribution lies; None for an empty one."""
    return times[min(int(share * len(times)), len(times) - 1)] if times else None
