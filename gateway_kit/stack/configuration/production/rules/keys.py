"""Rules about keys: their end, their budget, and what a call reserves of it."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from gateway_kit.stack.configuration.document import lookup, number_of, scalars
from gateway_kit.stack.configuration.findings import shown
from gateway_kit.stack.configuration.litellm_names import litellm_names
from gateway_kit.stack.configuration.model_modes import mode_of, priced_names
from gateway_kit.stack.configuration.production.mends import Step
from gateway_kit.stack.configuration.production.rule import DOCS, Hit, Rule
from gateway_kit.stack.configuration.production.subject import Subject

_BOUNDS = ("litellm_settings", "upperbound_key_generate_params")
_DEFAULTS = ("litellm_settings", "default_key_generate_params")

# Modes whose answers have tokens to limit; a model of unknown mode is taken for one.
_ANSWERING = ("chat", "completion", "responses", None)

# What LiteLLM reserves for an answer without a limit, or the model's longest if that is shorter; and a usual limit.
_RESERVED, _MAX_TOKENS = 16_384, 4096


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
    if not _has_budgets(subject):
        return
    names = litellm_names()
    unlimited: dict[str, list[tuple[int, yaml.Node]]] = {}
    for number, name, deployment in subject.models():
        limited = lookup(deployment, "model_info", "max_output_tokens")
        if limited is not None and number_of(limited.value) is not None:
            continue
        longest = min(
            (names.output_tokens.get(m, _RESERVED) for m in priced_names(deployment)), default=_RESERVED
        )
        answers = mode_of(deployment, names) in _ANSWERING and longest > _MAX_TOKENS
        if name and "*" not in name and answers:
            unlimited.setdefault(name, []).append((number, deployment))
    for name, deployments in unlimited.items():
        why = (
            f"a call of `{shown(name, 40)}` without `max_tokens` reserves the price of up to {_RESERVED:,} tokens: a "
            "few at once hold a small budget, and others are refused."
        )
        steps: list[Step] = []
        for number, deployment in deployments:
            place = ("model_list", number)
            if lookup(deployment, "litellm_params", "max_tokens") is None:
                steps.append(subject.write(*place, "litellm_params", "max_tokens", value=_MAX_TOKENS))
            steps.append(subject.write(*place, "model_info", "max_output_tokens", value=_MAX_TOKENS))
        yield Hit(deployments[0][1], why, tuple(steps))


def _has_budgets(subject: Subject) -> bool:
    settings = subject.given("litellm_settings")
    return settings is not None and any(
        key == "max_budget" and number_of(node) not in (None, 0) for key, node in scalars(settings.value)
    )


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
