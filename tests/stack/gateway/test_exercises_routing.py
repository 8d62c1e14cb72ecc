"""Solutions of the exercises 01.1 and 01.2 on the real gateway: right ones pass, wrong ones are told why.

That the kit's own pass is seen where the lesson runs, in `tests/notebooks/test_lessons.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gateway_kit.gateway import Gateway
from gateway_kit.lessons import check

OLD = (
    'old = {"model": "openai/gpt-4o-mini", "api_base": f"{gateway.providers.url}/v1", "api_key": "sim-old"}\n'
)
NEW = (
    'new = {"model": "anthropic/claude-haiku-4-5", "api_base": gateway.providers.url, "api_key": "sim-new"}\n'
)
NANO = 'nano = {**old, "model": "openai/gpt-5-nano", "weight": 1}\n'


def canary(*params: str) -> str:
    return OLD + NEW + NANO + "".join(f"gateway.models.add('canary', {each})\n" for each in params)


CANARY_RIGHT = {
    "by requests a minute": canary("{**old, 'rpm': 400}", "{**new, 'rpm': 100}"),
    "four deployments to one": canary(*["old"] * 4, "new"),
}
MODELS = "the name `canary` has deployments of two models: gpt-4o-mini and claude-haiku-4-5"
FIFTH = "the weights give claude-haiku-4-5 one call in five"
ALL, BOTH = "60 calls to `canary` were all answered", "both models answered some of them, the old one more"
# Name → (the reader's code, the criterion that fails, words that the reader gets).
CANARY_WRONG = {
    "nothing yet": ("", MODELS, "no added deployment has the name `canary`"),
    "one deployment": (canary("{**old, 'weight': 4}"), MODELS, "1 deployment: 1 of openai/gpt-4o-mini"),
    "two names": (
        OLD + NEW + "gateway.models.add('canary', old); gateway.models.add('canary-new', new)",
        MODELS, "1 deployment: 1 of openai/gpt-4o-mini",
    ),
    "another new model": (canary("{**old, 'weight': 4}", "nano"), MODELS, "1 of openai/gpt-5-nano"),
    "no weights": (canary("old", "new"), FIFTH, "50% of the calls, with 2 deployments"),
    "weights the other way round": (canary("{**old, 'weight': 1}", "{**new, 'weight': 4}"), FIFTH, "80% of the calls"),
    "a weight for one of them": (canary("{**old, 'weight': 4}", "new"), FIFTH, "a deployment without one gets nothing"),
    "weights that are no numbers": (canary("{**old, 'weight': '80%'}", "{**new, 'weight': '20%'}"), FIFTH, "50% of"),
    "rpm beside a weight": (canary("{**old, 'weight': 4}", "{**new, 'rpm': 1}"), FIFTH, "0% of the calls"),
    "five and one": (canary("{**old, 'weight': 5}", "{**new, 'weight': 1}"), FIFTH, "17% of the calls"),
    "added twice with other weights": (
        canary("old", "new", "{**old, 'weight': 4}", "{**new, 'weight': 2}"),
        FIFTH, "33% of the calls, with 4 deployments: 2 of",
    ),
    "a strategy that looks at no weights": (
        canary("{**old, 'weight': 4}", "{**new, 'weight': 1}")
        + "gateway.router.set_strategy('least-busy', 'canary')",
        FIFTH, "the strategy of `canary` is least-busy",
    ),
    "Anthropic's address with /v1": (
        canary("{**old, 'weight': 4}", "{**new, 'weight': 1, 'api_base': old['api_base']}"),
        ALL, "failed, the first with: litellm.NotFoundError",
    ),
    "OpenAI's address without /v1": (
        canary("{**old, 'weight': 4, 'api_base': new['api_base']}", "{**new, 'weight': 1}"),
        BOTH, "openai answered 0",
    ),
}  # fmt: skip


def steady(body: str) -> str:
    return f"def steady(prompt):\n    return {body}"


OUTAGE_RIGHT = {
    "Azure's own gpt-4o-mini": steady("gateway.ask(prompt, extra_body={'fallbacks': ['azure-gpt-4o-mini']})"),
    "a second fallback, for the first is at OpenAI too": steady(
        "gateway.ask(prompt, 'gpt-4o-mini', extra_body={'num_retries': 0, 'fallbacks': ['gpt-5-nano', 'phi3']})"
    ),
}
ANSWERS, OTHER = "while OpenAI is down it returns an answer too", "another provider answered"
WITHIN = "the gateway made the fallback, within one request"
OUTAGE_WRONG = {
    "no fallback": (steady("gateway.ask(prompt, extra_body={'num_retries': 0})"), ANSWERS, "ProviderFailedError"),
    "a fallback at OpenAI": (
        steady("gateway.ask(prompt, extra_body={'num_retries': 0, 'fallbacks': ['gpt-5-nano']})"), OTHER, "no answer",
    ),
    "the text alone": (
        steady("gateway.ask(prompt, extra_body={'fallbacks': ['phi3']}).text"),
        "without an outage it returns an answer", "not an answer of gateway.ask",
    ),
    "another model from the start": (
        steady("gateway.ask(prompt, 'claude-haiku-4-5')"), "the answer is gpt-4o-mini's", "asked for claude-haiku-4-5",
    ),
    "a second request, to another model": (
        "def steady(prompt):\n"
        "    try:\n        return gateway.ask(prompt, extra_body={'num_retries': 0})\n"
        "    except GatewayError:\n        return gateway.ask(prompt, 'claude-haiku-4-5')",
        WITHIN, "2 requests of yours",
    ),
    "a second request, with a fallback": (
        "def steady(prompt):\n"
        "    try:\n        return gateway.ask(prompt, extra_body={'num_retries': 0})\n"
        "    except GatewayError:\n"
        "        return gateway.ask(prompt, extra_body={'num_retries': 0, 'fallbacks': ['phi3']})",
        WITHIN, "2 requests of yours",
    ),
    "no function": ("steady = gateway.ask('ping')", "`steady` is a function", "Answer"),
}  # fmt: skip


@pytest.fixture
def lesson(gateway: Gateway) -> Iterator[dict[str, Any]]:
    """The variables that a notebook has at the exercises, with models that answer at once."""
    from gateway_kit import GatewayError

    gateway.providers.profile("*", ttft_s=0, tokens_per_s=10_000)
    yield {"gateway": gateway, "GatewayError": GatewayError}
    for deployment in gateway.models.list().query("added and model.str.startswith('canary')")["deployment"]:
        gateway.models.delete(deployment)
    gateway.router.set_strategy(None, "canary")


def solve(name: str, code: str, lesson: dict[str, Any]) -> dict[str, str]:
    """What the reader is told: unmet criterion → what was found instead."""
    exec(code, lesson)
    return {c.text: c.found for c in check(name, lesson).criteria if not c.met}


@pytest.mark.parametrize("code", CANARY_RIGHT.values(), ids=CANARY_RIGHT)
def test_a_right_canary_passes(lesson: dict[str, Any], code: str) -> None:
    assert solve("01.1", code, lesson) == {}


@pytest.mark.parametrize(("code", "criterion", "words"), CANARY_WRONG.values(), ids=CANARY_WRONG)
def test_a_wrong_canary_is_told_what_is_missing(
    lesson: dict[str, Any], code: str, criterion: str, words: str
) -> None:
    assert words in solve("01.1", code, lesson)[criterion]


@pytest.mark.parametrize("code", OUTAGE_RIGHT.values(), ids=OUTAGE_RIGHT)
def test_a_right_way_through_the_outage_passes(lesson: dict[str, Any], code: str) -> None:
    assert solve("01.2", code, lesson) == {}


@pytest.mark.parametrize(("code", "criterion", "words"), OUTAGE_WRONG.values(), ids=OUTAGE_WRONG)
def test_a_wrong_way_through_the_outage_is_told_what_is_missing(
    lesson: dict[str, Any], code: str, criterion: str, words: str
) -> None:
    assert words in solve("01.2", code, lesson)[criterion]
