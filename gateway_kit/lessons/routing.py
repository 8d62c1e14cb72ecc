"""The exercises of lesson 01: a canary deployment, and a function that survives an outage."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gateway_kit.gateway import Answer, Gateway
from gateway_kit.gateway.providers import Providers
from gateway_kit.lessons.exercise import Criterion, Exercise, require
from gateway_kit.lessons.learner import ask_learner

if TYPE_CHECKING:
    import pandas as pd

CANARY = "canary"
_OLD, _NEW = ("openai", "gpt-4o-mini"), ("anthropic", "claude-haiku-4-5")
_NEW_SHARE = 0.2
# With one call in five, 60 calls miss the new model once in 650,000 checks.
_CALLS = 60
_MODEL = "gpt-4o-mini"


def _grade_canary(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """One name, deployments added at run time at two models, one fifth of the traffic to the new one."""
    gateway: Gateway = require(variables, gateway=Gateway)
    models = gateway.models.list()
    canary = models[(models["model"] == CANARY) & models["added"]]
    both = Criterion(
        f"the name `{CANARY}` has deployments of two models: {_OLD[1]} and {_NEW[1]}",
        set(zip(canary["provider"], canary["provider_model"], strict=True)) == {_OLD, _NEW},
        _listed(canary),
    )
    fifth = f"the weights give {_NEW[1]} one call in five"
    if not both.met:
        return [both, Criterion(fifth, False, "both models are needed first")]
    share, strategy = share_by_weight(canary, _NEW[1]), gateway.router.strategy_of(CANARY)
    found = f"{share:.0%} of the calls, with {_listed(canary)}"
    if canary["weight"].notna().any() and canary["weight"].isna().any():
        found += "; beside one with a weight, a deployment without one gets nothing"
    if strategy != "simple-shuffle":
        found = f"the strategy of `{CANARY}` is {strategy}; weights count under simple-shuffle only"
    if strategy != "simple-shuffle" or abs(share - _NEW_SHARE) >= 0.005:
        return [both, Criterion(fifth, False, found)]
    return [both, Criterion(fifth, True), *_ask_canary(gateway)]


def _ask_canary(gateway: Gateway) -> Sequence[Criterion]:
    # Without retries: otherwise the other deployment would answer, and nobody would see that one of them is broken.
    once = {"cache": {"no-cache": True}, "num_retries": 0}
    with gateway.calls.recording() as part:
        gateway.ask_many(["ping"] * _CALLS, CANARY, extra_body=once)
    calls = part.frame()
    failed = calls["error"].notna()
    by_provider = calls[~failed]["provider"].value_counts()
    old, new = int(by_provider.get(_OLD[0], 0)), int(by_provider.get(_NEW[0], 0))
    counts = f"{_OLD[0]} answered {old}, {_NEW[0]} {new}"
    first = f"{failed.sum()} failed, the first with: {calls[failed]['error'].iloc[0]}" if failed.any() else ""
    return [
        Criterion(f"{_CALLS} calls to `{CANARY}` were all answered", not failed.any(), first),
        Criterion("both models answered some of them, the old one more", 0 < new < old, counts),
    ]


def _listed(canary: pd.DataFrame) -> str:
    """The deployments in words: `2 deployments: 1 of openai/gpt-4o-mini, 1 of anthropic/claude-haiku-4-5`."""
    if canary.empty:
        return f"no added deployment has the name `{CANARY}`"
    names = (canary["provider"] + "/" + canary["provider_model"]).value_counts()
    each = ", ".join(f"{count} of {name}" for name, count in names.items())
    return f"{len(canary)} deployment{'s' if len(canary) > 1 else ''}: {each}"


def share_by_weight(deployments: pd.DataFrame, model: str) -> float:
    """The share of a name's calls, 0 to 1, that simple-shuffle gives to the deployments of a provider's model.

    LiteLLM's rule: by `weight` if one of them has a weight, else by `rpm`, else by `tpm`, else all alike. Beside those
    that have the number, a deployment without it gets nothing.
    """
    numbers = (deployments[column].fillna(0.0) for column in ("weight", "rpm", "tpm"))
    shares = next((number for number in numbers if number.any()), deployments["weight"].fillna(0.0) + 1.0)
    return float(shares[deployments["provider_model"] == model].sum() / shares.sum())


def _grade_outage(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A function that asks gpt-4o-mini, and is answered by another provider during an outage."""
    gateway, steady = require(variables, gateway=Gateway, steady=callable)
    providers: Providers = gateway.providers
    usual, failure = _ask(steady)
    criteria = [Criterion("without an outage it returns an answer", usual is not None, failure)]
    if usual is None:
        return criteria
    of_model = usual.call.provider == _OLD[0] and _asked(usual)
    with providers.fault("openai", kind="server_error") as outage, gateway.calls.recording() as part:
        answer, failure = _ask(steady)
        hits = _hits(providers, outage.id)
    requests = len(part)
    other = answer is not None and answer.call.provider not in (None, _OLD[0])
    fallback = answer is not None and _asked(answer) and (answer.call.fallbacks or 0) > 0 and requests <= 1
    made = _description(answer) if requests <= 1 else f"{requests} requests of yours"
    return [
        *criteria,
        Criterion(f"the answer is {_MODEL}'s", of_model, _description(usual)),
        Criterion("while OpenAI is down it returns an answer too", answer is not None, failure),
        Criterion("OpenAI was asked first, and failed", hits > 0, f"{hits} requests reached it"),
        Criterion("another provider answered", other, _description(answer)),
        Criterion("the gateway made the fallback, within one request", fallback, made),
    ]


def _ask(steady: Callable[[str], Any]) -> tuple[Answer | None, str]:
    """(the answer to a prompt that no cache has seen, or what was found instead)."""
    prompt = f"What is {random.randrange(10**9)} + {random.randrange(10**9)}?"  # noqa: S311 - no secret
    return ask_learner(steady, prompt)


def _hits(providers: Providers, fault_id: int) -> int:
    faults = providers.faults()
    return int(faults.loc[faults["id"] == fault_id, "hits"].sum())


def _asked(answer: Answer) -> bool:
    return answer.call.model == _MODEL


def _description(answer: Answer | None) -> str:
    if answer is None:
        return "no answer"
    call = answer.call
    return f"asked for {call.model}, answered by {call.provider}, fallbacks: {call.fallbacks or 0}"


EXERCISES = (
    Exercise(
        "01.1",
        _grade_canary,
        (
            f"Call `gateway.models.add({CANARY!r}, {{…}})` twice, with the same name and different models.",
            'The weight is one more parameter beside `model`: `"weight": 4`. Only the ratio matters.',
            "One in five means weights 4 and 1. OpenAI's `api_base` ends in `/v1`, Anthropic's does not.",
            f"To start over, run the cell again: its first line deletes what you added as `{CANARY}`.",
        ),
    ),
    Exercise(
        "01.2",
        _grade_outage,
        (
            "You need not catch an error: the gateway can do it. Look at how the lesson asked for a fallback.",
            '`extra_body={"fallbacks": [...]}` names the models to try when the first one fails.',
            "The fallback must not be at OpenAI too. claude-haiku-4-5, for example, is at Anthropic.",
        ),
    ),
)
