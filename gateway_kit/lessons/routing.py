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
    """One name, two deployments added at run time, one fifth of the traffic to the new one."""
    gateway: Gateway = require(variables, gateway=Gateway)
    models = gateway.models.list()
    canary = models[(models["model"] == CANARY) & models["added"]]
    behind = set(zip(canary["provider"], canary["provider_model"], strict=True))
    detail = ", ".join(sorted(f"{provider}/{model}" for provider, model in behind)) or "no such name"
    criteria = [
        Criterion(
            f"the name `{CANARY}` has two models: {_OLD[1]} and {_NEW[1]}", behind == {_OLD, _NEW}, detail
        )
    ]
    fifth = "the weights give claude-haiku-4-5 one call in five"
    if not criteria[0].met:
        return [*criteria, Criterion(fifth, False, "both models are needed first")]
    share = _share_by_weight(canary, _NEW[1])
    criteria.append(Criterion(fifth, abs(share - _NEW_SHARE) < 0.005, f"{share:.0%} of the calls"))
    with gateway.calls.recording() as part:
        gateway.ask_many(["ping"] * _CALLS, CANARY, extra_body={"cache": {"no-cache": True}})
    calls = part.frame()
    answered = calls[calls["error"].isna()]
    by_provider = answered["provider"].value_counts()
    old, new = int(by_provider.get(_OLD[0], 0)), int(by_provider.get(_NEW[0], 0))
    counts = f"{_OLD[0]} answered {old}, {_NEW[0]} {new}"
    return [
        *criteria,
        Criterion(f"{_CALLS} calls to `{CANARY}` were all answered", len(answered) == _CALLS, counts),
        Criterion("both models answered some of them, the old one more", 0 < new < old, counts),
    ]


def _share_by_weight(canary: pd.DataFrame, model: str) -> float:
    """The share of the canary's calls, 0 to 1, that simple-shuffle gives to a model's deployments.

    Beside weighted deployments one without a weight counts 0; if none has a weight, all count the same.
    """
    weights = canary["weight"].fillna(0.0)
    if not weights.any():
        weights = weights + 1.0
    return float(weights[canary["provider_model"] == model].sum() / weights.sum())


def _grade_outage(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A function that asks gpt-4o-mini, and is answered by another provider during an outage."""
    gateway, steady = require(variables, gateway=Gateway, steady=callable)
    providers: Providers = gateway.providers
    usual, failure = _ask(steady)
    criteria = [Criterion("without an outage it returns an answer", usual is not None, failure)]
    if usual is None:
        return criteria
    of_model = usual.call.provider == _OLD[0] and _asked(usual)
    with providers.fault("openai", kind="server_error") as outage:
        answer, failure = _ask(steady)
        hits = _hits(providers, outage.id)
    other = answer is not None and answer.call.provider not in (None, _OLD[0])
    fallback = answer is not None and _asked(answer) and (answer.call.fallbacks or 0) > 0
    return [
        *criteria,
        Criterion(f"the answer is {_MODEL}'s", of_model, _description(usual)),
        Criterion("while OpenAI is down it returns an answer too", answer is not None, failure),
        Criterion("OpenAI was asked first, and failed", hits > 0, f"{hits} requests reached it"),
        Criterion("another provider answered", other, _description(answer)),
        Criterion("the gateway made the fallback, within one request", fallback, _description(answer)),
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
            'The weight is one more parameter: `"weight": 4`. Only the ratio matters.',
            "One in five means weights 4 and 1. OpenAI's `api_base` ends in `/v1`, Anthropic's does not.",
            f"To start over, run the last cell of this lesson, which deletes `{CANARY}`.",
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
