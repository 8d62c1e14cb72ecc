"""One run of the routing playground: deployments, strategy and faults for its length, and seeded calls."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gateway_kit.common.processes import birth, runs
from gateway_kit.errors import GatewayError, KitError, RequestRefusedError
from gateway_kit.gateway import Gateway
from gateway_kit.gateway.providers import FaultKind, Providers
from gateway_kit.widgets.undo import Undo

if TYPE_CHECKING:
    import pandas as pd

PREFIX = "playground"
CONCURRENCY = 8
# A fault ends by itself, should the kernel be killed; a run takes seconds.
FAULT_LIFE_S = 180.0
MAX_TOKENS = 20

FAULTS: Mapping[str, Mapping[str, Any]] = {
    "none": {},
    "slow by 1 s": {"kind": "slow", "latency_s": 1.0},
    "server error 500": {"kind": "server_error"},
    "rate limit 429": {"kind": "rate_limit", "retry_after_s": 2},
    "no answer for 3 s": {"kind": "timeout", "hold_s": 3.0},
}


@dataclass(frozen=True)
class Wish:
    """What a run shall try.

    deployments  label → LiteLLM's parameters, without key and weight
    weights      label → share of the traffic under simple-shuffle, against the others'; 0 leaves the deployment out
    faults       label → one of FAULTS
    strategy     one of `gateway.router.strategies`
    calls        how many requests
    seed         decides which prompts, in which order; what the router does with them is its own
    """

    deployments: Mapping[str, Mapping[str, Any]]
    weights: Mapping[str, int]
    faults: Mapping[str, str]
    strategy: str
    calls: int
    seed: int

    @property
    def labels(self) -> list[str]:
        """The deployments that take part."""
        return [label for label in self.deployments if self.weights.get(label, 0) > 0]

    def fault(self, label: str) -> str:
        """The deployment's fault."""
        return self.faults.get(label, "none")

    @property
    def ratio(self) -> str:
        """The weights: `8:1:1`."""
        return ":".join(str(self.weights.get(label, 0)) for label in self.deployments)

    def called(self) -> str:
        """The run in a few words: `simple-shuffle 8:1:1, azure slow by 1 s`."""
        troubles = [f"{label} {self.fault(label)}" for label in self.labels if self.fault(label) != "none"]
        return ", ".join([f"{self.strategy} {self.ratio}", *troubles])


@dataclass(frozen=True)
class RunResult:
    """What a run found: `calls` as `Gateway.calls.frame()`, `journal` as `Providers.journal`; deployments by label."""

    wish: Wish
    calls: pd.DataFrame = field(repr=False)
    journal: pd.DataFrame = field(repr=False)


def simulated_deployments(providers_url: str) -> dict[str, dict[str, Any]]:
    """Three deployments at the simulated providers: openai, azure and anthropic.

    `base_model` is where cost-based routing looks up the price, see `gateway.router.set_strategy`.
    """
    openai, anthropic = "gpt-4o-mini", "claude-haiku-4-5"
    return {
        "openai": {"model": f"openai/{openai}", "api_base": f"{providers_url}/v1", "base_model": openai},
        "azure": {"model": f"azure/{openai}", "api_base": providers_url, "api_version": "2024-10-21"},
        "anthropic": {"model": f"anthropic/{anthropic}", "api_base": providers_url, "base_model": anthropic},
    }


def run(
    gateway: Gateway,
    providers: Providers,
    wish: Wish,
    undo: Undo,
    *,
    number: int = 1,
    ended: Callable[[int], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> RunResult:
    """Sends the calls and says what came of them; `ended` gets the number of calls that have ended.

    The run has a model name and deployments of its own, so that it neither disturbs anybody nor meets the cooldowns
    of the run before. All it changes goes into `undo`, and is taken back before this returns or raises. `stop` ends
    it early. Raises GatewayError, ProvidersError or KitError.
    """
    if not wish.labels:
        raise KitError("Every weight is 0, so nobody could answer. Raise one of them.")
    model = f"{PREFIX}-{owner()}-{number}"
    ids = {f"{model}-{label}": label for label in wish.labels}
    begin = datetime.now(UTC)
    try:
        for deployment, label in ids.items():
            _add(gateway, wish, undo, model, deployment, label)
        undo.add(f"the routing strategy of {model}", lambda: gateway.router.set_strategy(None, model))
        gateway.router.set_strategy(wish.strategy, model)
        # Last, and so the first to be taken back: a fault is in others' way, a deployment is not.
        for deployment, label in ids.items():
            _break(providers, wish, undo, deployment, label)
        with gateway.calls.recording() as recorded:
            _send(gateway, model, _prompts(providers, wish), ended, stop or threading.Event())
        journal = providers.journal(since=begin)
    finally:
        problems = undo.run()
    if problems:
        raise KitError("Not all could be taken back; close() tries again. " + " ".join(problems))
    calls = recorded.frame()
    calls["deployment"] = calls["deployment"].map(ids).astype("string")
    journal = journal[journal["deployment"].isin(list(ids))]
    return RunResult(wish, calls, journal.assign(deployment=journal["deployment"].map(ids).astype("string")))


def owner() -> str:
    """This process, in a name: other programs' deployments can be told from those of programs that are gone."""
    boot, ticks = birth(os.getpid()).split("/")
    return f"{boot[:8]}-{ticks}-{os.getpid()}"


def remove_leftovers(gateway: Gateway) -> int:
    """Removes the deployments of playgrounds whose program was killed; how many there were."""
    boot = birth(os.getpid()).split("/")[0]
    gone = []
    for deployment in gateway.models.list()["deployment"].dropna().unique():
        words = deployment.split("-")
        if len(words) < 6 or words[0] != PREFIX or words[1] != boot[:8] or not words[3].isdigit():
            continue
        if not runs(int(words[3]), f"{boot}/{words[2]}"):
            gone.append(deployment)
    for deployment in gone:
        _remove(gateway, deployment)
    return len(gone)


def _add(gateway: Gateway, wish: Wish, undo: Undo, model: str, deployment: str, label: str) -> None:
    # The key is how the simulator knows the deployment, and what its fault is for.
    params = {"api_key": f"sim-{deployment}", **wish.deployments[label], "weight": wish.weights[label]}
    # Before it is added: a run can be interrupted at any place.
    undo.add(f"the deployment {deployment}", lambda: _remove(gateway, deployment))
    gateway.models.add(model, params, {"id": deployment})


def _break(providers: Providers, wish: Wish, undo: Undo, deployment: str, label: str) -> None:
    fault = dict(FAULTS[wish.fault(label)])
    if fault:
        kind: FaultKind = fault.pop("kind")
        switched = providers.fault(kind=kind, deployment=deployment, seconds=FAULT_LIFE_S, **fault)
        undo.add(f"the fault at {deployment}", switched.off)


def _remove(gateway: Gateway, deployment: str) -> None:
    """Removes a deployment, if it is there. Quickly: at the kernel's end there are a few seconds for all of them."""
    try:
        gateway.models.delete(deployment)
    except RequestRefusedError as exc:
        if "not found" not in exc.gateway_message:
            raise


def _prompts(providers: Providers, wish: Wish) -> list[str]:
    # From the simulator's bank: those are answered alike each time.
    return random.Random(wish.seed).choices(providers.prompts(), k=wish.calls)  # noqa: S311  # no secret


def _send(
    gateway: Gateway, model: str, prompts: list[str], ended: Callable[[int], None], stop: threading.Event
) -> None:
    guard = threading.Lock()
    left = iter(prompts)
    count = 0
    broken: list[Exception] = []
    halt = threading.Event()

    def send_some() -> None:
        nonlocal count
        while not (stop.is_set() or halt.is_set()):
            with guard:
                prompt = next(left, None)
            if prompt is None:
                return
            try:
                gateway.ask(prompt, model, max_tokens=MAX_TOKENS, extra_body={"cache": {"no-cache": True}})
            except GatewayError:
                pass  # an outcome like others: the call record has it
            except Exception as exc:
                broken.append(exc)
                halt.set()
                return
            with guard:
                count += 1
                ended(count)

    # Daemons, not a pool: the interpreter's end waits for a pool's whole queue before anything is taken back.
    threads = [
        threading.Thread(target=send_some, name=f"gateway-kit {PREFIX} call", daemon=True)
        for _ in range(min(CONCURRENCY, len(prompts)))
    ]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        halt.set()
    if broken:
        raise broken[0]
    if stop.is_set():
        raise KitError("The run was stopped.")
