"""The exercises of lesson 01: a canary deployment, and a function that lives through an outage."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gateway_kit.gateway import Answer, Gateway
from gateway_kit.gateway.providers import Providers
from gateway_kit.lessons.exercise import Criterion, Exercise, variable
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
    gateway, there = variable(variables, "gateway", Gateway)
    if not there.met:
        return [there]
    models = gateway.models.list()
    mine = models[(models["model"] == CANARY) & models["added"]]
    behind = set(zip(mine["provider"], mine["provider_model"], strict=True))
    criteria = [
        Criterion(
            f"two models stand behind the name `{CANARY}`: {_OLD[1]} and {_NEW[1]}",
            behind == {_OLD, _NEW},
            ", ".join(sorted(f"{provider}/{model}" for provider, model in behind)) or "no such name",
        )
    ]
    fifth = "the weights give claude-haiku-4-5 one call in five"
    if not criteria[0].met:
        return [*criteria, Criterion(fifth, False, "not both models yet")]
    share = _share_by_weight(mine, _NEW[1])
    criteria.append(Criterion(fifth, abs(share - _NEW_SHARE) < 0.005, f"{share:.0%} of the calls"))
    with gateway.calls.recording() as part:
        gateway.ask_many(["ping"] * _CALLS, CANARY, extra_body={"cache": {"no-cache": True}})
    calls = part.frame()
    answered = calls[calls["error"].isna()]
    by_provider = answered["provider"].value_counts()
    old, new = int(by_provider.get(_OLD[0], 0)), int(by_provider.get(_NEW[0], 0))
    told = f"{_OLD[0]} answered {old}, {_NEW[0]} {new}"
    criteria.append(
        Criterion(f"{_CALLS} calls to `{CANARY}` were all answered", len(answered) == _CALLS, told)
    )
    criteria.append(Criterion("both models got some of them, the old one more", 0 < new < old, told))
    return criteria


def _share_by_weight(mine: pd.DataFrame, model: str) -> float:
    """The share of the canary's calls, in [0, 1], that simple-shuffle gives to a model's deployments.

    A deployment without a weight counts 0 beside weighted ones; without any weights all are alike.
    """
    weights = mine["weight"].fillna(0.0)
    if not weights.any():
        weights = weights + 1.0
    return float(weights[mine["provider_model"] == model].sum() / weights.sum())


def _grade_outage(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A function that asks gpt-4o-mini on a quiet day, and is answered by another provider in an outage."""
    gateway, there = variable(variables, "gateway", Gateway)
    if not there.met:
        return [there]
    steady = variables.get("steady")
    criteria = [Criterion("`steady` is a function", callable(steady), repr(steady)[:80])]
    if not callable(steady):
        return [*criteria, Criterion("it answers while OpenAI is down", False, "nothing to call")]
    quiet, said = _call(steady)
    criteria.append(Criterion("on a quiet day it returns an answer", quiet is not None, said))
    if quiet is None:
        return criteria
    criteria.append(
        Criterion(f"the answer is {_MODEL}'s", quiet.call.provider == _OLD[0] and _asked(quiet), _who(quiet))
    )
    with gateway.providers.fault("openai", kind="server_error") as outage:
        stormy, said = _call(steady)
        struck = _hits(gateway.providers, outage.id)
    criteria.append(Criterion("while OpenAI is down it returns an answer too", stormy is not None, said))
    criteria.append(
        Criterion("OpenAI was asked first, and failed", struck > 0, f"{struck} requests reached it")
    )
    elsewhere = stormy is not None and stormy.call.provider not in (None, _OLD[0])
    criteria.append(Criterion("another provider answered", elsewhere, _who(stormy)))
    moved = stormy is not None and _asked(stormy) and (stormy.call.fallbacks or 0) > 0
    criteria.append(Criterion("the gateway made the change, within one request", moved, _who(stormy)))
    return criteria


def _call(steady: Callable[[str], Any]) -> tuple[Answer | None, str]:
    """(the answer to a prompt that no cache has seen, what was found instead)."""
    prompt = f"What is {random.randrange(10**9)} + {random.randrange(10**9)}?"  # noqa: S311 - no secret
    return ask_learner(steady, prompt)


def _hits(providers: Providers, fault_id: int) -> int:
    faults = providers.faults()
    return int(faults.loc[faults["id"] == fault_id, "hits"].sum())


def _asked(answer: Answer) -> bool:
    return answer.call.model == _MODEL


def _who(answer: Answer | None) -> str:
    if answer is None:
        return "no answer"
    call = answer.call
    return f"asked for {call.model}, answered by {call.provider}, fallbacks: {call.fallbacks or 0}"


EXERCISES = (
    Exercise(
        "01.1",
        _grade_canary,
        (
            f"Two calls of `gateway.models.add({CANARY!r}, {{…}})`, with the same name and different models.",
            'A weight is one more entry of the parameters: `"weight": 4`. Only the ratio matters.',
            "One in five means weights 4 and 1. OpenAI's `api_base` ends in `/v1`, Anthropic's does not.",
            f"To begin anew, delete what you added: run the last cell of this lesson, which removes `{CANARY}`.",
        ),
    ),
    Exercise(
        "01.2",
        _grade_outage,
        (
            "Nothing to catch: the gateway can do it. Look at how the fallback above was asked for.",
            '`extra_body={"fallbacks": [...]}` names the models to try when the first one fails.',
            "The fallback must not be at OpenAI too: claude-haiku-4-5, for one, is at Anthropic.",
        ),
    ),
)
