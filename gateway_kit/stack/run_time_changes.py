"""What was changed while the stack runs: faults, profiles and the like at the simulator, models of the gateway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateway_kit.common.certificates import certificates_for
from gateway_kit.common.run_time_changes import (
    RunTimeChange,
    added_models,
    model_changes,
    simulator_changes,
    strategy_changes,
)
from gateway_kit.errors import ProvidersError
from gateway_kit.stack.configuration.document import lookup, read_document
from gateway_kit.stack.replicas import front_name
from gateway_kit.stack.services.effective_config import effective_path

if TYPE_CHECKING:
    import httpx

    from gateway_kit.stack.stack import Stack

Rows = Sequence[Mapping[str, Any]]

_ASK_S = 5.0


@dataclass(frozen=True)
class SimulatorLists:
    """The simulator's own lists of what was changed in it."""

    faults: Rows = ()
    changed_profiles: Rows = ()
    answers: Rows = ()
    latencies: Rows = ()

    def changes(self) -> list[RunTimeChange]:
        """The same in words."""
        return simulator_changes(self.faults, self.changed_profiles, self.answers, self.latencies)


def simulator_lists(stack: Stack) -> SimulatorLists:
    """What is changed at the simulator now. Raises ProvidersError if it does not answer."""
    url = stack.endpoints().providers_url
    return SimulatorLists(
        _rows(url, "faults", "faults"),
        _rows(url, "profiles/changes", "changes"),
        _rows(url, "answers", "answers"),
        _rows(url, "latencies", "latencies"),
    )


def clear_simulator(stack: Stack) -> list[RunTimeChange]:
    """Take back all that was changed at the simulator, whoever did it; returns what it was. Raises ProvidersError."""
    cleared = simulator_lists(stack).changes()
    url = stack.endpoints().providers_url
    for what in sorted({change.what for change in cleared}):
        _ask(url, "DELETE", "latencies" if what == "latency" else f"{what}s")
    return cleared


def run_time_changes(stack: Stack) -> list[RunTimeChange]:
    """All changes, those of the simulator first; none of a service that does not answer."""
    at_gateway = _gateway_lists(stack)
    return [
        *_lists_or_none(stack).changes(),
        *model_changes(at_gateway["added_models"]),
        *strategy_changes(at_gateway["routing_groups"]),
    ]


def change_rows(stack: Stack) -> dict[str, Mapping[str, Rows]]:
    """What `status --json` adds to the rows of `providers` and `gateway`, or `balancer` before several gateways.

    providers: `faults`, `changed_profiles`, `answers` and `latencies`, as the simulator lists them. gateway:
    `added_models`, with the keys of the function of that name, and `routing_groups`, as LiteLLM lists them, unless the
    file sets them.
    A list is empty if nothing was changed, or if the service does not answer.
    """
    front = front_name(stack.record().replicas)
    return {"providers": vars(_lists_or_none(stack)), front: _gateway_lists(stack)}


def _lists_or_none(stack: Stack) -> SimulatorLists:
    try:
        return simulator_lists(stack)
    except ProvidersError:
        return SimulatorLists()


def _gateway_lists(stack: Stack) -> Mapping[str, Rows]:
    """Empty if the gateway does not answer or refuses the master key, or if it is somebody else's."""
    import httpx

    lists: dict[str, Rows] = {"added_models": (), "routing_groups": ()}
    endpoints = stack.endpoints()
    if "gateway" in endpoints.external:
        return lists
    url, headers = (
        endpoints.gateway_url,
        {"Authorization": f"Bearer {stack.credentials().litellm_master_key}"},
    )
    try:
        with httpx.Client(
            base_url=url, headers=headers, timeout=_ASK_S, trust_env=False, verify=certificates_for(url)
        ) as client:
            models = client.get("/model/info").raise_for_status().json()["data"]
            router = client.get("/router/settings").raise_for_status().json()["current_values"]
        lists["added_models"] = added_models(models)
        if not _configures_routing_groups(stack):  # else LiteLLM refuses to change them while it runs
            lists["routing_groups"] = router.get("routing_groups") or ()
    except (httpx.HTTPError, ValueError, LookupError, TypeError, AttributeError):
        pass
    return lists


def _configures_routing_groups(stack: Stack) -> bool:
    path = effective_path(stack.settings())
    text = path.read_text() if path.exists() else ""
    if "routing_groups" not in text:  # as a rule, and parsing the file takes long
        return False
    return lookup(read_document(text)[0], "router_settings", "routing_groups") is not None


def _rows(url: str, path: str, name: str) -> Rows:
    answer = _ask(url, "GET", path)
    # Somebody else's simulator need not have every list.
    return list(answer.json()[name]) if answer.status_code == 200 else ()


def _ask(url: str, method: str, path: str) -> httpx.Response:
    import httpx

    try:
        return httpx.request(
            method, f"{url}/_sim/{path}", timeout=_ASK_S, trust_env=False, verify=certificates_for(url)
        )
    except httpx.HTTPError as exc:
        raise ProvidersError(
            f"The provider simulator at {url} does not answer ({type(exc).__name__}). Start it with: gateway-kit up"
        ) from exc
