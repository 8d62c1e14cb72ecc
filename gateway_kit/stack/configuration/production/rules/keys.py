"""Rules about keys: their end, their budget, and what a call reserves of it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import yaml

from gateway_kit.stack.configuration.document import lookup, number_of, scalars
from gateway_kit.stack.configuration.findings import shown
from gateway_kit.stack.configuration.litellm_names import LiteLLMNames, litellm_names
from gateway_kit.stack.configuration.model_modes import mode_of, priced_names
from gateway_kit.stack.configuration.production.mends import Do, Step
from gateway_kit.stack.configuration.production.rule import DOCS, Hit, Rule
from gateway_kit.stack.configuration.production.subject import Subject

_BOUNDS = ("litellm_settings", "upperbound_key_generate_params")
_DEFAULTS = ("litellm_settings", "default_key_generate_params")

# Modes whose answers have tokens to limit; a model of unknown mode is taken for one.
_ANSWERING = ("chat", "completion", "responses", None)

# What LiteLLM reserves for an answer without a limit, or the model's longest if that is shorter; and a usual limit.
_RESERVED, _MAX_TOKENS = 16_384, 4096

# So many calls at once are nothing unusual for one key. Limits are told in multiples.
_AT_ONCE, _STEP = 20, 256


def _missing(subject: Subject, name: str) -> bool:
    return subject.given(*_BOUNDS, name) is None and subject.given(*_DEFAULTS, name) is None


def _key_end(subject: Subject) -> Iterator[Hit]:
    if _missing(subject, "duration"):
        path = (*_BOUNDS, "duration")
        why = "a new key without an end is valid until somebody remembers it."
        yield Hit(subject.place(*path), why, (subject.write(*path, value="90d"),))


def _key_budget(subject: Subject) -> Iterator[Hit]:
    if _missing(subject, "max_budget"):
        path = (*_BOUNDS, "max_budget")
        why = "a new key has no budget unless somebody gives it one: a loop costs what the provider allows."
        steps = (
            subject.write(*path, value=100),
            subject.write(*_BOUNDS, "budget_duration", value="30d"),
        )
        yield Hit(subject.place(*path), why, steps)


def _reserved_tokens(subject: Subject) -> Iterator[Hit]:
    budget = _smallest_budget(subject)
    if budget is None:
        return
    names = litellm_names()
    by_name: dict[str, list[tuple[int, yaml.Node]]] = {}
    for number, name, deployment in subject.models():
        if name and mode_of(deployment, names) in _ANSWERING:
            by_name.setdefault(name, []).append((number, deployment))
    for name, deployments in by_name.items():
        tokens, price = max((_reserved(deployment, names) for _, deployment in deployments), key=math.prod)
        if (at_once := _AT_ONCE * tokens * price) <= budget:
            continue
        why = (
            f"{_AT_ONCE} calls of `{shown(name, 40)}` at once without `max_tokens` reserve {at_once:.2g} USD, however "
            f"short their answers are, and the smallest budget is {budget:g} USD: others are refused."
        )
        fitting = int(budget / (_AT_ONCE * price)) // _STEP * _STEP
        limit = min(fitting, _MAX_TOKENS)
        steps = [step for each in deployments for step in _limited(subject, *each, limit)]
        more = Do(f"Raise the smallest budget above {at_once:.2g} USD.")
        yield Hit(deployments[0][1], why, tuple(steps) if limit else (more,))


def _limited(subject: Subject, number: int, deployment: yaml.Node, tokens: int) -> Iterator[Step]:
    """The steps that limit a deployment's answers, and what is reserved for them, to so many tokens."""
    limit = _number(deployment, "litellm_params", "max_tokens")
    if limit is None or limit > tokens:
        yield subject.write("model_list", number, "litellm_params", "max_tokens", value=tokens)
    yield subject.write("model_list", number, "model_info", "max_output_tokens", value=tokens)


def _reserved(deployment: yaml.Node, names: LiteLLMNames) -> tuple[float, float]:
    """For how many tokens LiteLLM reserves a call without `max_tokens`, and at what price; 0 USD if it has none."""
    known = priced_names(deployment)
    limit = _number(deployment, "model_info", "max_output_tokens")
    longest = next((names.output_tokens[m] for m in known if m in names.output_tokens), _RESERVED)
    price = _number(deployment, "model_info", "output_cost_per_token")
    listed = next((names.output_prices[m] for m in known if m in names.output_prices), 0.0)
    return max(min(_RESERVED, longest if limit is None else limit), 0), max(
        listed if price is None else price, 0
    )


def _number(deployment: yaml.Node, *path: str) -> float | None:
    entry = lookup(deployment, *path)
    return number_of(entry.value) if entry is not None else None


def _smallest_budget(subject: Subject) -> float | None:
    """The smallest `max_budget` of the file, in USD; those of keys and teams stand in the database."""
    settings = subject.given("litellm_settings")
    written = (
        (number_of(node) for key, node in scalars(settings.value) if key == "max_budget") if settings else ()
    )
    return min((number for number in written if number), default=None)


RULES = (
    Rule(
        "key-end",
        "warning",
        f"{DOCS}/virtual_keys",
        _key_end,
        ("upperbound_key_generate_params", "default_key_generate_params"),
    ),
    Rule("key-budget", "advice", f"{DOCS}/virtual_keys", _key_budget, ("upperbound_key_generate_params",)),
    Rule(
        "reserved-tokens",
        "warning",
        f"{DOCS}/users",
        _reserved_tokens,
        ("DEFAULT_MAX_OUTPUT_TOKENS_FALLBACK", "max_output_tokens"),
    ),
)
