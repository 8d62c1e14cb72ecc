"""The graders of lesson 02 on the real gateway: right solutions pass, wrong ones fail with words that help."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from gateway_kit.gateway import Gateway, connect
from gateway_kit.keys import VirtualKey
from gateway_kit.lessons import check
from gateway_kit.lessons.solutions import solved_code
from tests.stack.gateway.check_outcomes import assert_fails, missing

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def lesson(gateway: Gateway) -> Iterator[dict[str, Any]]:
    """The variables that a notebook has at the exercises."""
    yield {"gateway": gateway, "keys": gateway.keys, "model": "gpt-4o-mini", "small_model": "phi3"}
    gateway.keys.clean_up("02-")


FRESH: dict[str, Any] = {"max_tokens": 20, "extra_body": {"cache": {"no-cache": True}}}


@pytest.fixture(scope="module")
def victims(stack_env: dict[str, str], at_once: None) -> Iterator[list[VirtualKey]]:
    """Used keys for the incidents of exercise 02.3, made at once: it takes seconds until their spend is booked."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("GATEWAY_URL", "GATEWAY_API_KEY", "LITELLM_MASTER_KEY", "PROVIDERS_URL"):
            patch.setenv(name, stack_env[name])
        gateway = connect()
    with gateway:
        keys = gateway.keys
        opens = ["gpt-4o-mini", "phi3"]
        made = [keys.create(f"spare-02-{number}", models=opens, max_budget_usd=0.01) for number in range(20)]
        costs = [gateway.ask("ping", opens[0], api_key=key.secret, **FRESH).call.cost_usd for key in made]
        for key, cost_usd in zip(made, costs, strict=True):
            keys.wait_for_spend(key, cost_usd or 0)
        yield made
        keys.clean_up("spare-02-")


@pytest.fixture
def posted(lesson: dict[str, Any], victims: list[VirtualKey], stack_env: dict[str, str]) -> VirtualKey:
    """The incident of exercise 02.3."""
    victim = victims.pop()
    headers = {"Authorization": f"Bearer {stack_env['LITELLM_MASTER_KEY']}"}
    rename = {"key": victim.hash, "key_alias": "02-billing"}
    httpx.post(f"{stack_env['GATEWAY_URL']}/key/update", json=rename, headers=headers).raise_for_status()
    lesson["posted"] = str(victim.secret)
    return victim


@pytest.mark.parametrize("name", ["02.1", "02.2"])
def test_the_solutions_pass_when_they_run_again(lesson: dict[str, Any], name: str) -> None:
    for _ in range(2):
        exec(solved_code(name), lesson)
    assert missing(name, lesson) == []


INTERNS: dict[str, Any] = {
    "models": ["phi3", "smollm2"],
    "max_budget_usd": 0.05,
    "budget_duration": "1d",
    "rpm_limit": 10,
    "expires_in": "30d",
}
RIGHT_INTERNS: dict[str, dict[str, Any]] = {
    "in other units": {"budget_duration": "24h", "expires_in": "720h"},
    "for a week": {"expires_in": "1w", "models": ["smollm2", "phi3"]},
    "with more limits": {"max_parallel_requests": 5, "metadata": {"team": "interns"}},
}
NAMED, OPENS, DAILY = (
    "its name is `02-interns`", "it allows phi3 and smollm2 and nothing else", "it may spend 0.05 USD a day"
)  # fmt: skip
MINUTELY, ENDS = "it allows 10 requests a minute", "it expires within 30 days"
ANSWERS, REFUSED = "phi3 answers it", "gpt-4o-mini is refused"
# What is changed, the criteria that fail, and what the reader sees of one of them.
WRONG_INTERNS: dict[str, tuple[dict[str, Any], list[str], str]] = {
    "all models": ({"models": ()}, [OPENS, REFUSED], "found: all models"),
    "one model": ({"models": ["phi3"]}, [OPENS], "found: phi3"),
    "a third model": ({"models": ["phi3", "smollm2", "gpt-4o-mini"]}, [OPENS, REFUSED], "it answered"),
    "other models": ({"models": ["smollm2", "gpt-5-nano"]}, [OPENS, ANSWERS], "gpt-5-nano, smollm2"),
    "too much money": ({"max_budget_usd": 5}, [DAILY], "5.00000 USD, reset after 1d"),
    "no reset": ({"budget_duration": None}, [DAILY], "0.05000 USD, never reset"),
    "money for a month": ({"budget_duration": "30d"}, [DAILY], "reset after 30d"),
    "no budget": ({"max_budget_usd": None, "budget_duration": None}, [DAILY], "found: no budget"),
    "no money": ({"max_budget_usd": 0}, [DAILY, ANSWERS], "The key's budget is spent"),
    "too fast": ({"rpm_limit": 100}, [MINUTELY], "found: 100"),
    "tokens instead of requests": ({"rpm_limit": None, "tpm_limit": 100_000}, [MINUTELY], "any number"),
    "for ever": ({"expires_in": None}, [ENDS], "found: never"),
    "for too long": ({"expires_in": "31d"}, [ENDS], "UTC"),
}


@pytest.mark.parametrize("changes", RIGHT_INTERNS.values(), ids=RIGHT_INTERNS)
def test_a_right_key_for_interns_passes(lesson: dict[str, Any], changes: dict[str, Any]) -> None:
    lesson["interns"] = lesson["keys"].create("02-interns", **INTERNS | changes)
    assert missing("02.1", lesson) == []


@pytest.mark.parametrize(("changes", "criteria", "words"), WRONG_INTERNS.values(), ids=WRONG_INTERNS)
def test_a_wrong_key_for_interns_fails_its_criteria(
    lesson: dict[str, Any], changes: dict[str, Any], criteria: list[str], words: str
) -> None:
    lesson["interns"] = lesson["keys"].create("02-interns", **INTERNS | changes)
    assert_fails("02.1", lesson, criteria, words)


def test_a_key_of_another_name_or_none_is_not_accepted(lesson: dict[str, Any]) -> None:
    lesson["interns"] = key = lesson["keys"].create("02-intern", **INTERNS)
    assert missing("02.1", lesson) == [NAMED]
    lesson["interns"] = lesson["keys"].find("02-intern")
    assert_fails("02.1", lesson, [NAMED, ANSWERS], "this VirtualKey has no secret")
    lesson["interns"] = key.secret
    assert missing("02.1", lesson) == ["`interns` is set (VirtualKey)"]
    lesson["interns"] = key
    lesson["keys"].delete(key)
    assert missing("02.1", lesson) == ["the gateway knows the key `interns`"]


def test_a_check_that_is_repeated_too_soon_says_to_wait(lesson: dict[str, Any]) -> None:
    lesson["interns"] = key = lesson["keys"].create("02-interns", **INTERNS)
    lesson["gateway"].ask_many(["ping"] * 10, "phi3", api_key=key.secret)
    assert_fails("02.1", lesson, [ANSWERS], "the key's limit is reached, wait a minute")


CUSTOMERS = """
for name, usd in {"02-free": 0.00004, "02-gold": 0.01}.items():
    keys.budgets.create(name, max_budget_usd=usd, budget_duration="1d")
    keys.end_users.create(name, budget=name)
"""
CHAT = "chat_key = keys.create('02-chat')"
RIGHT_CHATS = {
    "in other units and names": CHAT + CUSTOMERS.replace('"1d"', '"24h"').replace(
        'create(name, max', 'create(f"02-b-{name}", max').replace("budget=name", 'budget=f"02-b-{name}"'),
    "a budget that is enough": CUSTOMERS
    + "chat_key = keys.create('02-chat', max_budget_usd=5, models='gpt-4o-mini', expires_in='90d')",
    "a team with a budget": CUSTOMERS
    + "keys.teams.create('02-team', max_budget_usd=1, budget_duration='1d')\n"
    + "chat_key = keys.create('02-chat', team='02-team')",
    "just enough a day": CUSTOMERS
    + "chat_key = keys.create('02-chat', max_budget_usd=0.01004, budget_duration='1d', rpm_limit=100)",
}  # fmt: skip
CHAT_NAMED, ROOM = "its name is `02-chat`", "no other budget stops them before their own does"
FREE_HAS = "the end user `02-free` has 0.00004 USD a day"
GOLD_HAS = "the end user `02-gold` has 0.01000 USD a day"
FREE_ENDS, GOLD_GOES_ON = (
    "`02-free` is refused once that is spent", "`02-gold` is still answered, with the same key"
)  # fmt: skip
UNTRIED = [FREE_ENDS, GOLD_GOES_ON]
# The code, the criteria that fail, and what the reader sees of one of them.
WRONG_CHATS: dict[str, tuple[str, list[str], str]] = {
    "no customers": (CHAT, [FREE_HAS, GOLD_HAS, *UNTRIED], "found: no "),
    "customers without budgets": (
        CHAT + "\nkeys.end_users.create('02-free')\nkeys.end_users.create('02-gold')",
        [FREE_HAS, GOLD_HAS, *UNTRIED], "found: no budget",
    ),
    "budgets of a month": (
        CHAT + CUSTOMERS.replace("1d", "30d"), [FREE_HAS, GOLD_HAS, *UNTRIED], "0.00004 USD, reset after 30d"
    ),
    "one budget for both": (
        CHAT + CUSTOMERS.replace("budget=name", "budget='02-free'"), [GOLD_HAS, *UNTRIED], "0.00004 USD, reset after 1d"
    ),
    "budgets on keys": (
        "chat_key = keys.create('02-chat', max_budget_usd=0.00004, budget_duration='1d')",
        [FREE_HAS, GOLD_HAS, ROOM, *UNTRIED], "the key's own budget: 0.00004 USD",
    ),
    "a key whose budget starves gold": (
        CUSTOMERS + "chat_key = keys.create('02-chat', max_budget_usd=0.001)",
        [ROOM], "the key's own budget: 0.00100 USD, never reset; both customers need 0.01004 USD a day",
    ),
    "a budget a little too small": (
        CUSTOMERS + "chat_key = keys.create('02-chat', max_budget_usd=0.01, budget_duration='1d')", [ROOM], "0.01000"
    ),
    "a day's budget for a month": (
        CUSTOMERS + "chat_key = keys.create('02-chat', max_budget_usd=0.02, budget_duration='30d')", [ROOM], "30d"
    ),
    "a key without money": (
        CUSTOMERS + "chat_key = keys.create('02-chat', max_budget_usd=0)",
        [ROOM, FREE_ENDS, GOLD_GOES_ON], "The key's budget is spent",
    ),
    "a team that starves gold": (
        CUSTOMERS + "keys.teams.create('02-team', max_budget_usd=0.002)\n"
        "chat_key = keys.create('02-chat', team='02-team')",
        [ROOM], "the team 02-team's budget: 0.00200 USD",
    ),
    "a member who starves gold": (
        CUSTOMERS + "keys.teams.create('02-team')\nkeys.users.create('02-clerk')\n"
        "keys.teams.add_member('02-team', '02-clerk', max_budget_usd=0.003)\n"
        "chat_key = keys.create('02-chat', team='02-team', user='02-clerk')",
        [ROOM], "the member 02-clerk's budget: 0.00300 USD",
    ),
    "a user who starves gold": (
        CUSTOMERS + "keys.users.create('02-clerk', max_budget_usd=0.004)\n"
        "chat_key = keys.create('02-chat', user='02-clerk')",
        [ROOM], "the user 02-clerk's budget: 0.00400 USD",
    ),
    "a key for another model": (
        CUSTOMERS + "chat_key = keys.create('02-chat', models='phi3')", [FREE_ENDS, GOLD_GOES_ON], "is not available"
    ),
    "another name": (CUSTOMERS + "chat_key = keys.create('02-shop-chat')", [CHAT_NAMED], "found: 02-shop-chat"),
    "a name alone": ("chat_key = '02-chat'", ["`chat_key` is set (VirtualKey)"], "'02-chat'"),
}  # fmt: skip


@pytest.mark.parametrize("code", RIGHT_CHATS.values(), ids=RIGHT_CHATS)
def test_right_customers_pass(lesson: dict[str, Any], code: str) -> None:
    exec(code, lesson)
    assert missing("02.2", lesson) == []


@pytest.mark.parametrize(("code", "criteria", "words"), WRONG_CHATS.values(), ids=WRONG_CHATS)
def test_wrong_customers_fail_their_criteria(
    lesson: dict[str, Any], code: str, criteria: list[str], words: str
) -> None:
    exec(code, lesson)
    with lesson["gateway"].calls.recording() as asked:
        assert_fails("02.2", lesson, criteria, words)
    if FREE_HAS in criteria or GOLD_HAS in criteria:
        # LiteLLM makes an end user of each name that it hears, which would be in the way of a second attempt.
        assert asked.frame().empty


def test_a_key_without_requests_is_not_accepted(lesson: dict[str, Any]) -> None:
    exec(CUSTOMERS + "chat_key = keys.create('02-chat', rpm_limit=0)", lesson)
    result = check("02.2", lesson)
    assert not result.criteria[-1].met  # 02-free may still be refused for what another test's had spent
    assert "the key's limit is reached, wait a minute" in result.criteria[-1].found


RIGHT_DRILLS = {
    "rotated by name": "whose = keys.find(posted).alias\nreplacement = keys.rotate(whose)",
    "blocked first": "whose = keys.info(posted)['key_alias']\nkeys.block(posted)\nreplacement = keys.rotate(posted)",
    "with a switch": "whose = '02-billing'\nreplacement = keys.rotate(posted, lambda new: None)",
    "rotated twice": "whose = '02-billing'\nreplacement = keys.rotate(keys.rotate(posted))",
}
DEAD, KEPT = "the posted key no longer works", "what the old key spent counts as spent"
SET, MODELS, MONEY = (
    "`replacement` is set (VirtualKey)", "it allows gpt-4o-mini and phi3, as before",
    "it has the same budget, 0.01 USD",
)  # fmt: skip
SAME_NAME, WORKS = "its name is `02-billing`, as before", "the new key works"
OPEN = "models=['gpt-4o-mini', 'phi3']"
# The code after `whose` was found, the criteria that fail, and what the reader sees of one of them.
WRONG_DRILLS: dict[str, tuple[str, list[str], str]] = {
    "nothing": ("", [DEAD, SET], "it still answers"),
    "only blocked": ("keys.block(posted)", [SET], "found: nothing"),
    "only without money": ("keys.update(posted, max_budget_usd=0)", [DEAD, SET], "The key's budget is spent"),
    "only another model": ("keys.update(posted, models='smollm2')", [DEAD, SET], "is not available"),
    "deleted and made anew": (
        f"keys.delete(posted)\nreplacement = keys.create('02-billing', max_budget_usd=0.01, {OPEN})",
        [KEPT], "0.0000000 of 0.00000",
    ),
    "another beside it": (
        f"replacement = keys.create('02-billing-2', max_budget_usd=0.01, {OPEN})",
        [DEAD, SAME_NAME, KEPT], "found: 02-billing-2",
    ),
    "without limits": (
        "keys.delete(posted)\nreplacement = keys.create('02-billing')", [MODELS, MONEY, KEPT], "found: all models"
    ),
    "one model lost": (
        "replacement = keys.rotate(posted)\nkeys.update(replacement, models='gpt-4o-mini')",
        [MODELS, WORKS], "found: gpt-4o-mini",
    ),
    "a bigger budget": (
        "replacement = keys.rotate(posted)\nkeys.update(replacement, max_budget_usd=1)", [MONEY], "1.00000 USD"
    ),
    "the new one blocked too": (
        "replacement = keys.rotate(posted)\nkeys.block(replacement)", [WORKS], "Key is blocked"
    ),
    "the posted one kept": ("replacement = keys.find(posted)", [DEAD, WORKS], "this VirtualKey has no secret"),
    "the wrong name": ("replacement = keys.rotate(posted)\nwhose = 'somebody'", [], "'somebody'"),
}  # fmt: skip


@pytest.mark.usefixtures("posted")
@pytest.mark.parametrize("code", RIGHT_DRILLS.values(), ids=RIGHT_DRILLS)
def test_a_right_leak_drill_passes(lesson: dict[str, Any], code: str) -> None:
    exec(code, lesson)
    assert missing("02.3", lesson) == []


@pytest.mark.usefixtures("posted")
def test_a_check_right_before_the_leak_drill_costs_the_learner_nothing(lesson: dict[str, Any]) -> None:
    with lesson["gateway"].calls.recording() as asked:
        assert DEAD in missing("02.3", lesson)
    exec(RIGHT_DRILLS["rotated by name"], lesson)
    # Booked once the key was replaced, so its successor has not spent it.
    lesson["gateway"].spend.wait_for(asked.frame()["request_id"])
    assert missing("02.3", lesson) == []


@pytest.mark.usefixtures("posted")
@pytest.mark.parametrize(("code", "criteria", "words"), WRONG_DRILLS.values(), ids=WRONG_DRILLS)
def test_a_wrong_leak_drill_fails_its_criteria(
    lesson: dict[str, Any], code: str, criteria: list[str], words: str
) -> None:
    exec(f"whose = keys.info(posted)['key_alias']\n{code}", lesson)
    assert_fails("02.3", lesson, criteria or ["`whose` is the name of the posted key"], words)


def test_the_drill_asks_for_the_models_of_the_lessons_first_cell(lesson: dict[str, Any]) -> None:
    keys, gateway = lesson["keys"], lesson["gateway"]
    lesson |= {"model": "gpt-5-nano", "small_model": "claude-haiku-4-5"}
    victim = keys.create("02-billing", models=[lesson["model"], lesson["small_model"]], max_budget_usd=0.01)
    spent = gateway.ask("ping", "gpt-5-nano", api_key=victim.secret).call.cost_usd
    keys.wait_for_spend(victim, spent)
    lesson["posted"] = str(victim.secret)
    exec(solved_code("02.3"), lesson)
    assert missing("02.3", lesson) == []
