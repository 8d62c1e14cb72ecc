"""The exercise of lesson 00."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway_kit.gateway import Answer
from gateway_kit.lessons.exercise import Criterion, Exercise, require

_PROVIDERS = {"claude-haiku-4-5": "anthropic", "phi3": "ollama"}


def _grade_first_comparison(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """Two models asked the same question, and the cheaper one named."""
    answers = require(variables, my_answers=dict)
    criteria: list[Criterion] = []
    costs: dict[str, float] = {}
    for model, provider in _PROVIDERS.items():
        answer = answers.get(model)
        is_answer = isinstance(answer, Answer) and answer.call.model == model and answer.call.error is None
        criteria.append(
            Criterion(f"`my_answers[{model!r}]` is an answer of {model}", is_answer, repr(answer)[:60])
        )
        if isinstance(answer, Answer) and is_answer:
            by = answer.call.provider or ""
            criteria.append(Criterion(f"{model} was answered by {provider}", by.startswith(provider), by))
            costs[model] = answer.call.cost_usd or 0.0
    text, cheaper = "`cheaper` names the model whose answer cost less", variables.get("cheaper")
    if len(costs) < len(_PROVIDERS):
        return [*criteria, Criterion(text, False, "no two costs to compare")]
    return [*criteria, Criterion(text, cheaper == min(costs, key=costs.__getitem__), repr(cheaper))]


EXERCISES = (
    Exercise(
        "00.1",
        _grade_first_comparison,
        (
            '`gateway.ask(question, model="phi3")` returns an answer; a dict can hold one per model.',
            'Every answer has its call: look at `my_answers["phi3"].call.cost_usd`.',
            "Compare the two costs, and assign the name of the cheaper model, a string, to `cheaper`.",
        ),
    ),
)
