"""The exercise of lesson 00."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from openai.types.chat import ChatCompletion

from gateway_kit.errors import ProvidersError
from gateway_kit.gateway import Answer, Call, Gateway, TextStream
from gateway_kit.lessons.exercise import Criterion, Exercise, require

_PROVIDERS = {"claude-haiku-4-5": "anthropic", "phi3": "ollama"}


def _grade_first_comparison(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """Two models asked the same question, and the cheaper one named."""
    gateway, answers = require(variables, gateway=Gateway, my_answers=dict)
    calls = {model: _call_of(answers.get(model), gateway) for model in _PROVIDERS}
    criteria = [c for model, call in calls.items() for c in _about_one(model, answers.get(model), call)]
    text, cheaper = "`cheaper` names the model whose answer cost less", variables.get("cheaper")
    if not all(criterion.met for criterion in criteria):
        return [*criteria, Criterion(text, False, "no two costs to compare yet")]
    found = {model: call for model, call in calls.items() if call is not None}
    costs = {model: call.cost_usd or 0.0 for model, call in found.items()}
    least = [model for model, cost in costs.items() if cost == min(costs.values())]
    listed = ", ".join(f"{model} cost {cost:.7f} USD" for model, cost in costs.items())
    return [
        *criteria,
        _same_question(gateway, found),
        Criterion(text, cheaper in least, f"{_named(cheaper)}; {listed}"),
    ]


def _named(value: Any) -> str:
    return repr(value) if value is None or isinstance(value, str) else f"not a name: {value!r:.60}"


def _call_of(answer: Any, gateway: Gateway) -> Call | None:
    """The recorded call behind an answer of `gateway.ask` or `gateway.stream`, or a completion of OpenAI's client."""
    if isinstance(answer, Answer | TextStream):
        return answer.call
    if not isinstance(answer, ChatCompletion) or answer.usage is None:
        return None
    # A completion does not have the call's id. Of equal calls the newest is the one that a variable still holds.
    tokens = (answer.usage.prompt_tokens, answer.usage.completion_tokens)
    of_it = [
        c
        for c in gateway.calls
        if c.model == answer.model and (c.prompt_tokens, c.completion_tokens) == tokens
    ]
    return of_it[-1] if of_it else None


def _about_one(model: str, answer: Any, call: Call | None) -> Sequence[Criterion]:
    is_answer = call is not None and call.model == model and call.error is None
    text = f"`my_answers[{model!r}]` is an answer of {model}, as `gateway.ask` returns it"
    if not is_answer or call is None:
        return [Criterion(text, False, _found_instead(answer, call))]
    by = call.provider or "nobody"
    return [
        Criterion(text, True),
        Criterion(f"{model} was answered by {_PROVIDERS[model]}", by.startswith(_PROVIDERS[model]), by),
        Criterion(
            f"{model}'s answer is a fresh one, and was paid for",
            not call.cache_hit,
            "the cache had it, at a cost of 0; ask again with `extra_body=fresh`",
        ),
    ]


def _found_instead(answer: Any, call: Call | None) -> str:
    if call is not None:
        return call.error or f"an answer of {call.model}"
    if isinstance(answer, str):
        return "a text, without the call's cost; keep the whole answer"
    if isinstance(answer, TextStream):
        return "a stream that was not read to its end"
    return "nothing" if answer is None else f"{answer!r:.60}"


def _same_question(gateway: Gateway, calls: Mapping[str, Call]) -> Criterion:
    """Whether the providers saw one question. A real provider shows nobody what it saw, and is taken at its word."""
    questions = {model: seen for model, call in calls.items() if (seen := _questions(gateway, call))}
    same = len(questions) < len(calls) or bool(set.intersection(*questions.values()))
    found = "; ".join(f"{model} was asked {min(seen)[:60]!r}" for model, seen in questions.items())
    return Criterion("both models were asked the same question", same, found)


def _questions(gateway: Gateway, call: Call) -> set[str]:
    """What reached the model at the simulated provider while the call was under way, others' questions included."""
    end = call.started + timedelta(seconds=call.latency_s or 0)
    try:
        seen = gateway.providers.journal(since=call.started, model=call.provider_model)
    except ProvidersError:  # there is no simulator behind this gateway
        return set()
    return {str(prompt) for prompt in seen[seen["started"] <= end]["prompt"]}


EXERCISES = (
    Exercise(
        "00.1",
        _grade_first_comparison,
        (
            '`gateway.ask(question, model="phi3", extra_body=fresh)` returns an answer; a dict can hold one per model.',
            'Every answer has its call: look at `my_answers["phi3"].call.cost_usd`. An answer from the cache costs '
            "nothing, so without `extra_body=fresh` the more expensive model can look cheaper.",
            "Compare the two costs, and assign the name of the cheaper model, a string, to `cheaper`.",
        ),
    ),
)
