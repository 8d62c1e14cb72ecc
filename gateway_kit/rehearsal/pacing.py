"""How many calls a rehearsal has under way at the same time, and what its own gateway adds to their times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway_kit.gateway.latency import Latency

# At full speed so many calls a second are aimed at: the gateway answers three times as many on two cores, so that few
# of them wait for each other.
CALLS_PER_S = 12.0
FEWEST, USUAL, MOST = 4, 8, 64


def in_flight(speed: float | None, latencies: Sequence[Latency]) -> int | None:
    """How many calls to have under way at full speed; None where the log's times decide."""
    if speed is not None:
        return None
    mean_s = mean_latency_s(latencies)
    return USUAL if mean_s is None else min(MOST, max(FEWEST, round(CALLS_PER_S * mean_s)))


def rate_per_s(speed: float | None, latencies: Sequence[Latency], summary: Mapping[str, Any]) -> float:
    """About how many calls will be made in a second."""
    span_s, calls = summary.get("span_s"), summary["calls"]
    if speed is not None and span_s:
        return float(calls * speed / span_s)
    mean_s = mean_latency_s(latencies)
    at_once = in_flight(speed, latencies) or USUAL
    return CALLS_PER_S if not mean_s else at_once / mean_s


def mean_latency_s(latencies: Sequence[Latency]) -> float | None:
    """The mean time of an answer, by how often each deployment answered; None if the log has no times."""
    total_s = calls = 0.0
    for latency in latencies:
        times = [*latency.whole_s, *latency.stream_s]
        if times:
            total_s += latency.calls * sum(times) / len(times)
            calls += latency.calls
    return total_s / calls if calls else None


def without_overhead(latencies: Iterable[Latency], overhead_s: float) -> list[Latency]:
    """The distributions of the providers alone: without what the gateway adds, never below 0."""

    def shorter(times: Sequence[float]) -> tuple[float, ...]:
        return tuple(max(0.0, round(seconds - overhead_s, 6)) for seconds in times)

    return [
        replace(
            latency,
            whole_s=shorter(latency.whole_s),
            ttft_s=shorter(latency.ttft_s),
            stream_s=shorter(latency.stream_s),
        )
        for latency in latencies
    ]
