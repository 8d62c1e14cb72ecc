"""The graders of lesson 03 on the real gateway: the solutions pass, and common mistakes fail their criteria."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gateway_kit.caching.cache import Cache
from gateway_kit.gateway import Gateway
from gateway_kit.lessons import check
from gateway_kit.lessons.solutions import solved_code


@pytest.fixture
def lesson(gateway: Gateway, stack_env: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The variables that a notebook has at the exercises."""
    with Cache(stack_env["REDIS_URL"]) as cache:
        gateway.cache = cache
        yield {"gateway": gateway, "cache": cache}
        for prefix in ("03-faq", "03-desk"):
            cache.delete_prefix(prefix)


def missing(name: str, variables: dict[str, Any]) -> list[str]:
    return [criterion.text for criterion in check(name, variables).criteria if not criterion.met]


@pytest.mark.parametrize("name", ["03.1", "03.2"])
def test_the_solutions_pass_and_pass_again(lesson: dict[str, Any], name: str) -> None:
    exec(solved_code(name), lesson)
    assert missing(name, lesson) == []
    assert missing(name, lesson) == []


SPACES, CAPITALS = (
    f"asked again {how}, it is answered from the cache" for how in ("with other spaces", "in capitals")
)
PLACE, SECONDS = "the answers are kept in the namespace `03-faq`", "they are kept for 30 seconds"


@pytest.mark.parametrize(
    ("asks", "criteria"),
    [
        ("question, **cache.controls(namespace='03-faq', ttl_s=30)", [SPACES, CAPITALS]),
        ("question.lower(), **cache.controls(namespace='03-faq', ttl_s=30)", [SPACES]),
        ("' '.join(question.split()), **cache.controls(namespace='03-faq', ttl_s=30)", [CAPITALS]),
        ("' '.join(question.lower().split()), **cache.controls(namespace='03-faq')", [SECONDS]),
        ("' '.join(question.lower().split()), **cache.controls(ttl_s=30)", [PLACE, SECONDS]),
    ],
)
def test_a_wrong_faq_fails_its_criteria(lesson: dict[str, Any], asks: str, criteria: list[str]) -> None:
    exec(f"def faq(question):\n    return gateway.ask({asks})", lesson)
    assert missing("03.1", lesson) == criteria


DESK = """
def desk(question, customer):
    return gateway.ask(question, **cache.controls(namespace=f"03-desk-{customer}"))
"""


def test_customers_with_one_key_share_answers_unless_something_separates_them(
    lesson: dict[str, Any],
) -> None:
    shared = "another customer with the same question gets their own answer"
    exec(DESK.replace("{customer}", "all") + "def forget(customer): pass", lesson)
    assert missing("03.2", lesson)[0] == shared
    exec("def desk(question, customer): return gateway.ask(question, user=customer)", lesson)
    assert shared not in missing("03.2", lesson)


def test_emptying_only_redis_leaves_the_workers_memory(lesson: dict[str, Any]) -> None:
    exec(DESK + "def forget(customer): cache.delete_namespace(f'03-desk-{customer}')", lesson)
    assert missing("03.2", lesson) == ["the provider answers the forgotten customer again, at once"]


def test_changing_only_the_namespace_leaves_the_old_answers_in_redis(lesson: dict[str, Any]) -> None:
    moved = DESK.replace("03-desk-{customer}", "03-desk-{customer}-{times.get(customer, 0)}")
    exec(f"times = {{}}\n{moved}def forget(customer): times[customer] = 1", lesson)
    assert missing("03.2", lesson) == [
        "after `forget(customer)`, none of that customer's answers is left in Redis"
    ]
