"""One run of the routing playground: temporary deployments, strategy and faults, and seeded calls."""

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
from gateway_kit.gateway.fault import FaultKind
from gateway_kit.gateway.providers import Providers
from gateway_kit.widgets.undo import Undo

if TYPE_CHECKING:
    import pandas as pd

PREFIX = "playground"
CONCURRENCY = 8
MAX_TOKENS = 20

FAULTS: Mapping[str, Mapping[str, Any]] = {
    "none": {},
    "slow by 1 s": {"kind": "slow", "latency_s": 1.0},
    "server error 500": {"kind": "server_error"},
    "rate limit 429": {"kind": "rate_limit", "retry_after_s": 2},
    "no answer for 3 s": {"kind": "timeout", "hold_s": 3.0},
}


@dataclass(frozen=True)
class RunSettings:
    """The settings of a run.

    deployments  label → LiteLLM's parameters, without key and weight
    weights      label → relative share of the traffic under simple-shuffle; 0 leaves the deployment out
    faults       label → one of FAULTS
    strategy     one of `gateway.router.strategies`
    calls        number of requests
    seed         of the prompts; the router's choices are its own
    """

    deployments: Mapping[str, Mapping[str, Any]]
    weights: Mapping[str, int]
    faults: Mapping[str, str]
    strategy: str
    calls: int
    seed: int

    @property
    def labels(self) -> list[str]:
        """The labels of the deployments in use."""
        return [label for label in self.deployments if self.weights.get(label, 0) > 0]

    def fault(self, label: str) -> str:
        """The fault of a deployment."""
        return self.faults.get(label, "none")

    @property
    def ratio(self) -> str:
        """The weights as text, such as `8:1:1`."""
        return ":".join(str(self.weights.get(label, 0)) for label in self.deployments)

    def label(self) -> str:
        """The settings in a few words: `simple-shuffle 8:1:1, azure slow by 1 s`."""
        faults = [f"{label} {self.fault(label)}" for label in self.labels if self.fault(label) != "none"]
        return ", ".join([f"{self.strategy} {self.ratio}", *faults])


@dataclass(frozen=True)
class RunResult:
    """The calls of a run and the providers' journal, with deployments by label."""

    settings: RunSettings
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
    settings: RunSettings,
    undo: Undo,
    *,
    number: int = 1,
    on_progress: Callable[[int], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> RunResult:
    """Sends the calls and says what came of them; `ended` gets the number of calls that have ended.

    The run has a model name and deployments of its own, so that it neither disturbs anybody nor meets the cooldowns
    of the run before. All it changes goes into `undo`, and is taken back before this returns or raises. `stop` ends
    it early. Raises GatewayError, ProvidersError or KitError.
    """
    if not settings.labels:
        raise KitError("Every weight is 0, so no deployment can answer. Increase one of them.")
    model = f"{PREFIX}-{owner()}-{number}"
    ids = {f"{model}-{label}": label for label in settings.labels}
    begin = datetime.now(UTC)
    try:
        for deployment, label in ids.items():
            _add(gateway, settings, undo, model, deployment, label)
        undo.add(f"the routing strategy of {model}", lambda: gateway.router.set_strategy(None, model))
        gateway.router.set_strategy(settings.strategy, model)
        # Last, so that faults are undone first: they can affect others, deployments cannot.
        for deployment, label in ids.items():
            _break(providers, settings, undo, deployment, label)
        with gateway.calls.recording() as recorded:
            _send(gateway, model, _prompts(providers, settings), on_progress, stop or threading.Event())
        journal = providers.journal(since=begin)
    finally:
        problems = undo.run()
    if problems:
        raise KitError("Some changes could not be undone; close() tries again. " + " ".join(problems))
    calls = recorded.frame()
    calls["deployment"] = calls["deployment"].map(ids).astype("string")
    journal = journal[journal["deployment"].isin(list(ids))]
    return RunResult(
        settings, calls, journal.assign(deployment=journal["deployment"].map(ids).astype("string"))
    )


def owner() -> str:
    """A name for this process, by which deployments of processes that have ended are recognised."""
    boot, ticks = birth(os.getpid()).split("/")
    return f"{boot[:8]}-{ticks}-{os.getpid()}"


def remove_leftovers(gateway: Gateway) -> int:
    """Delete the deployments of playgrounds whose process was killed; returns how many."""
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


def _add(
    gateway: Gateway, settings: RunSettings, undo: Undo, model: str, deployment: str, label: str
) -> None:
    # The simulator recognises the deployment, and the target of a fault, by the key.
    params = {
        "api_key": f"sim-{deployment}",
        **settings.deployments[label],
        "weight": settings.weights[label],
    }
    # Before it is added: a run can be interrupted anywhere.
    undo.add(f"the deployment {deployment}", lambda: _remove(gateway, deployment))
    gateway.models.add(model, params, {"id": deployment})


def _break(providers: Providers, settings: RunSettings, undo: Undo, deployment: str, label: str) -> None:
    fault = dict(FAULTS[settings.fault(label)])
    if fault:
        kind: FaultKind = fault.pop("kind")
        switched = providers.fault(kind=kind, deployment=deployment, **fault)
        undo.add(f"the fault at {deployment}", switched.off)


def _remove(gateway: Gateway, deployment: str) -> None:
    """Delete a deployment if it exists."""
    try:
        gateway.models.delete(deployment)
    except RequestRefusedError as exc:
        if "not found" not in exc.gateway_message:
            raise


def _prompts(providers: Providers, settings: RunSettings) -> list[str]:
    # The simulator answers these the same way each time.
    return random.Random(settings.seed).choices(providers.prompts(), k=settings.calls)  # noqa: S311  # no secret


def _send(
    gateway: Gateway,
    model: str,
    prompts: list[str],
    on_progress: Callable[[int], None],
    stop: threading.Event,
) -> None:
    guard = threading.Lock()
    remaining = iter(prompts)
    count = 0
    broken: list[Exception] = []
    halt = threading.Event()

    def send_some() -> None:
        nonlocal count
        while not (stop.is_set() or halt.is_set()):
            with guard:
                prompt = next(remaining, None)
            if prompt is None:
                return
            try:
                gateway.ask(prompt, model, max_tokens=MAX_TOKENS, extra_body={"cache": {"no-cache": True}})
            except GatewayError:
                pass  # the call record has it
            except Exception as exc:
                broken.append(exc)
                halt.set()
                return
            with guard:
                count += 1
                on_progress(count)

    # Daemon threads, not a pool: at its end the interpreter waits for a pool's whole queue, before anything is undone.
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
