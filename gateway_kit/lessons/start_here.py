"""The exercise of lesson 00."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway_kit.gateway import Answer
from gateway_kit.lessons.exercise import Criterion, Exercise, variable

_MODELS = ("claude-haiku-4-5", "phi3")
_PROVIDERS = {"claude-haiku-4-5": "anthropic", "phi3": "ollama"}


def _grade_first_comparison(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """Two models asked the same question, and the cheaper one named."""
    answers, there = variable(variables, "my_answers", dict)
    criteria = [there]
    costs: dict[str, float] = {}
    for model in _MODELS:
        answer = answers.get(model) if there.met else None
        asked = isinstance(answer, Answer) and answer.call.model == model and answer.call.error is None
        criteria.append(
            Criterion(f"`my_answers[{model!r}]` is an answer of {model}", asked, repr(answer)[:60])
        )
        if isinstance(answer, Answer) and asked:
            provider = answer.call.provider or ""
            wanted = _PROVIDERS[model]
            criteria.append(
                Criterion(f"{model} was answered by {wanted}", provider.startswith(wanted), provider)
            )
            costs[model] = answer.call.cost_usd or 0.0
    if len(costs) == len(_MODELS):
        cheaper = min(costs, key=lambda model: costs[model])
        named = variables.get("cheaper")
        criteria.append(
            Criterion("`cheaper` names the model whose answer cost less", named == cheaper, repr(named))
        )
    else:
        criteria.append(
            Criterion("`cheaper` names the model whose answer cost less", False, "no two costs to compare")
        )
    return criteria


EXERCISES = (
    Exercise(
        "00.1",
        _grade_first_comparison,
        (
            '`gateway.ask(question, model="phi3")` gives an answer; a dict keeps one per model.',
            'Every answer carries its call: look at `my_answers["phi3"].call.cost_usd`.',
            "Compare the two costs, and put the cheaper model's name, a string, into `cheaper`.",
        ),
    ),
)
