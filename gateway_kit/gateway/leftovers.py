"""What earlier runs left at the simulator and the gateway, and its removal. Internal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from gateway_kit.common.run_time_changes import CLEAR, RunTimeChange, simulator_changes, strategy_changes
from gateway_kit.errors import ProvidersError, RequestRefusedError
from gateway_kit.gateway.lease import end_leases
from gateway_kit.gateway.simulator import SimulatorApi

if TYPE_CHECKING:
    from gateway_kit.gateway.client import Gateway


def clear_leftovers(gateway: Gateway, models: Iterable[str]) -> None:
    """See `Gateway.clear_leftovers`."""
    try:
        url = gateway.providers.url
        removed, stays = _clear_simulator(url)
    except ProvidersError:  # no simulator, or one that does not answer: then nothing is left in it
        removed, stays = [], []
    names = set(models)
    if names and gateway.connection.master_key is not None:
        deleted, kept = gateway.models.delete_leftovers(names)
        removed, stays = [*removed, *deleted, *_reset_strategies(gateway, names)], [*stays, *kept]
    for line in _lines(removed, stays):
        print(line)  # noqa: T201  # a lesson calls it in the middle of a cell


def _reset_strategies(gateway: Gateway, names: set[str]) -> list[RunTimeChange]:
    """Put the routing of these models back to what the configuration says; what it was."""
    groups = gateway.router.settings().get("routing_groups") or []
    found = [group for group in groups if names & set(group["models"])]
    if not found:
        return []
    try:
        gateway.router.set_strategy(None, sorted(names))
    except RequestRefusedError:  # it is the configuration file's own
        return []
    return strategy_changes(found)


def _lines(removed: Sequence[RunTimeChange], stays: Sequence[RunTimeChange]) -> Iterator[str]:
    if removed:
        named = "; ".join(f"{change.what} {change.text}" for change in removed)
        yield f"Removed what an earlier run left: {named}."
    if stays:
        clear = f" To clear it: {CLEAR}." if any(change.what != "model" for change in stays) else ""
        yield f"Still there: {'; '.join(f'{change.what} {change}' for change in stays)}.{clear}"


def _clear_simulator(url: str) -> tuple[list[RunTimeChange], list[RunTimeChange]]:
    """(what was removed, what stays). Raises ProvidersError."""
    with closing(SimulatorApi(url, None, timeout_s=5.0)) as api:
        changes = simulator_changes(
            api.request("GET", "/_sim/faults")["faults"],
            api.request("GET", "/_sim/profiles/changes")["changes"],
            api.request("GET", "/_sim/answers")["answers"],
            api.request("GET", "/_sim/latencies")["latencies"],
        )
        removed = [change for change in changes if change.is_leftover]
        if removed:
            end_leases(url)
        for client in {change.client for change in removed}:
            api.request("DELETE", "/_sim/leases", params={"client": client})
    return removed, [change for change in changes if not change.is_leftover]
