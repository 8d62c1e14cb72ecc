"""The graders of lesson 02 on the real gateway: each right way passes, each wrong way names what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gateway_kit.gateway import Gateway
from gateway_kit.keys import Keys, VirtualKey
from gateway_kit.lessons import check
from gateway_kit.lessons.solutions import solved_code

RIGHT: dict[str, Any] = {
    "models": ["phi3", "smollm2"],
    "max_budget_usd": 0.05,
    "budget_duration": "1d",
    "rpm_limit": 10,
    "expires_in": "30d",
}


@pytest.fixture
def lesson(gateway: Gateway) -> Iterator[dict[str, Any]]:
    """The variables that a notebook has at the exercises."""
    yield {"gateway": gateway, "keys": gateway.keys}
    gateway.keys.clean_up("02-")


@pytest.fixture
def posted(lesson: dict[str, Any]) -> VirtualKey:
    keys, gateway = lesson["keys"], lesson["gateway"]
    victim: VirtualKey = keys.create("02-billing", models=["gpt-4o-mini", "phi3"], max_budget_usd=0.01)
    fresh = {"extra_body": {"cache": {"no-cache": True}}}
    answer = gateway.ask("What is an LLM gateway?", api_key=victim.secret, max_tokens=20, **fresh)
    keys.wait_for_spend(victim, answer.call.cost_usd)
    lesson["posted"] = str(victim.secret)
    return victim


def missing(name: str, variables: dict[str, Any]) -> list[str]:
    return [criterion.text for criterion in check(name, variables).criteria if not criterion.met]


@pytest.mark.usefixtures("posted")
@pytest.mark.parametrize("name", ["02.1", "02.2", "02.3"])
def test_the_solutions_pass(lesson: dict[str, Any], name: str) -> None:
    exec(solved_code(name), lesson)
    assert missing(name, lesson) == []


OPENS, DAILY = "it allows phi3 and smollm2 and nothing else", "it may spend 0.05 USD a day"
MINUTELY, ENDS = "it allows 10 requests a minute", "it expires within 30 days"
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"models": ()}, OPENS),
    ({"models": ["phi3"]}, OPENS),
    ({"models": ["phi3", "smollm2", "gpt-4o-mini"]}, OPENS),
    ({"max_budget_usd": 5}, DAILY),
    ({"budget_duration": None}, DAILY),
    ({"budget_duration": "30d"}, DAILY),
    ({"max_budget_usd": None, "budget_duration": None}, DAILY),
    ({"rpm_limit": 100}, MINUTELY),
    ({"rpm_limit": None}, MINUTELY),
    ({"expires_in": None}, ENDS),
    ({"expires_in": "31d"}, ENDS),
]


def test_a_key_with_other_limits_is_not_accepted(lesson: dict[str, Any]) -> None:
    lesson["interns"] = key = lesson["keys"].create("02-interns", **RIGHT)
    for wrong, fact in WRONG:
        lesson["keys"].update(key, **{**RIGHT, **wrong})
        assert fact in missing("02.1", lesson), wrong


def test_a_key_of_another_name_or_none_is_not_accepted(lesson: dict[str, Any]) -> None:
    lesson["interns"] = lesson["keys"].create("02-intern", **RIGHT)
    assert missing("02.1", lesson) == ["its name is `02-interns`"]
    lesson["keys"].delete("02-intern")
    assert missing("02.1", lesson) == ["the gateway knows the key `interns`"]
    lesson["interns"] = "02-interns"
    assert missing("02.1", lesson) == ["`interns` is set (VirtualKey)"]


def test_a_key_without_its_secret_cannot_be_tried(lesson: dict[str, Any]) -> None:
    lesson["keys"].create("02-interns", **RIGHT)
    lesson["interns"] = lesson["keys"].find("02-interns")
    assert "phi3 answers it" in missing("02.1", lesson)


FREE_HAS = "the end user `02-free` has 0.00004 USD a day"
GOLD_HAS = "the end user `02-gold` has 0.01000 USD a day"
FREE_ENDS = "`02-free` is refused once that is spent"
GOLD_GOES_ON = "`02-gold` is still answered, with the same key"


@pytest.mark.parametrize(
    ("budgets", "facts"),
    [
        ({}, [FREE_HAS, GOLD_HAS]),
        ({"02-free": {"max_budget_usd": 0.00004, "budget_duration": "1d"}}, [GOLD_HAS]),
        ({"02-free": {"max_budget_usd": 0.00004}}, [FREE_HAS, GOLD_HAS]),
        ({"02-gold": {"max_budget_usd": 0.01, "budget_duration": "1d"}}, [FREE_HAS]),
    ],
)
def test_customers_without_their_budgets_are_not_accepted(
    lesson: dict[str, Any], budgets: dict[str, dict[str, Any]], facts: list[str]
) -> None:
    keys = lesson["keys"]
    lesson["chat_key"] = keys.create("02-chat")
    for name, limits in budgets.items():
        keys.end_users.create(name, budget=keys.budgets.create(name, **limits))
    with lesson["gateway"].calls.recording() as asked:
        assert missing("02.2", lesson) == [*facts, FREE_ENDS, GOLD_GOES_ON]
    # LiteLLM makes an end user of each name that it hears, which would be in the way of a second attempt.
    assert asked.frame().empty


def test_a_budget_on_the_key_stops_everybody(lesson: dict[str, Any]) -> None:
    exec(solved_code("02.2"), lesson)
    lesson["keys"].update(lesson["chat_key"], max_budget_usd=0)
    assert missing("02.2", lesson) == [GOLD_GOES_ON]


DEAD, KEPT = "the posted key no longer works", "what the old key spent counts as spent"


def _only_block(keys: Keys, posted: str) -> Any:
    keys.block(posted)


def _delete_and_make_anew(keys: Keys, posted: str) -> VirtualKey:
    keys.delete(posted)
    return keys.create("02-billing", models=["gpt-4o-mini", "phi3"], max_budget_usd=0.01)


def _another_beside_it(keys: Keys, posted: str) -> VirtualKey:
    return keys.create("02-billing-2", models=["gpt-4o-mini", "phi3"], max_budget_usd=0.01)


def _without_limits(keys: Keys, posted: str) -> VirtualKey:
    keys.delete(posted)
    return keys.create("02-billing")


@pytest.mark.parametrize(
    ("way", "facts"),
    [
        (lambda keys, posted: None, [DEAD, "`replacement` is set (VirtualKey)"]),
        (_only_block, ["`replacement` is set (VirtualKey)"]),
        (_delete_and_make_anew, [KEPT]),
        (_another_beside_it, [DEAD, "its name is `02-billing`, as before", KEPT]),
        (
            _without_limits,
            ["it allows the same two models", "it has the same budget, 0.01 USD", KEPT],
        ),
    ],
)
@pytest.mark.usefixtures("posted")
def test_half_a_leak_drill_is_not_accepted(
    lesson: dict[str, Any], way: Callable[[Keys, str], Any], facts: list[str]
) -> None:
    lesson["whose"] = "02-billing"
    lesson["replacement"] = way(lesson["keys"], lesson["posted"])
    assert missing("02.3", lesson) == facts


@pytest.mark.usefixtures("posted")
def test_the_owner_must_be_named(lesson: dict[str, Any]) -> None:
    lesson["replacement"] = lesson["keys"].rotate(lesson["posted"])
    lesson["whose"] = "somebody"
    assert missing("02.3", lesson) == ["`whose` is the name of the posted key"]
