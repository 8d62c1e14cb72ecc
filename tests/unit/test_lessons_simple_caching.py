"""The graders of lesson 03, on a fake gateway that caches in Redis and in its worker's memory, as LiteLLM does."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pandas as pd
import pytest

from gateway_kit.caching.cache import Cache
from gateway_kit.caching.entries import ENTRIES
from gateway_kit.gateway import Gateway
from gateway_kit.lessons import check
from gateway_kit.lessons.exercise import CheckResult
from gateway_kit.lessons.solutions import solved_code
from gateway_kit.litellm_api.connection import Connection

Variables = dict[str, Any]


class Shelf(Cache):
    """The entries in Redis: key → (answer, its TTL in seconds)."""

    def __init__(self) -> None:
        super().__init__("redis://127.0.0.1:1/0")
        self.there: dict[str, tuple[dict[str, Any], float]] = {}

    def entries(self, calls: pd.DataFrame | None = None) -> pd.DataFrame:
        rows = [
            {"key": key, "namespace": key.rpartition(":")[0], "ttl_left_s": ttl_s - 0.5}
            for key, (_, ttl_s) in self.there.items()
        ]
        frame = pd.DataFrame(rows, columns=ENTRIES.columns)
        frame["stored"] = datetime.now(UTC)
        return frame.astype(ENTRIES.dtypes)

    def _keys(self) -> Iterator[str]:
        yield from list(self.there)

    def _unlink(self, keys: list[str]) -> int:
        return sum(self.there.pop(key, None) is not None for key in keys)


class House:
    """A gateway with one worker, which also keeps what it stores in its own memory, where nothing can delete it."""

    def __init__(self) -> None:
        self.cache = Shelf()
        self.memory: dict[str, dict[str, Any]] = {}
        self.numbers = itertools.count()
        transport = httpx.MockTransport(self._answer)
        self.gateway = Gateway(Connection("http://gateway.test", "sk-key"), transport=transport)
        self.gateway.cache = self.cache
        self.variables: Variables = {
            "gateway": self.gateway, "cache": self.cache
        }  # fmt: skip

    def _answer(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        controls = body.pop("cache", {})
        digest = hashlib.sha256(json.dumps(body).encode()).hexdigest()
        key = f"{controls['namespace']}:{digest}" if "namespace" in controls else digest
        headers = {
            "x-litellm-call-id": f"call-{next(self.numbers)}",
            "x-litellm-model-name": "openai/gpt-4o-mini",
        }
        kept = self.memory.get(key) or self.cache.there.get(key, (None,))[0]
        if kept and "no-cache" not in controls:
            return httpx.Response(200, json=kept, headers={**headers, "x-litellm-cache-key": key})
        message = {"role": "assistant", "content": "Any prose will do."}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        answer = {
            "id": f"answer-{next(self.numbers)}", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [choice],
        }  # fmt: skip
        if "no-store" not in controls:
            self.memory[key] = answer
            self.cache.there[key] = (answer, controls.get("ttl", 60))
        return httpx.Response(200, json=answer, headers=headers)


@pytest.fixture
def house() -> Iterator[House]:
    made = House()
    yield made
    made.gateway.close()


def missing(result: CheckResult) -> list[str]:
    return [criterion.text for criterion in result.criteria if not criterion.met]


@pytest.mark.parametrize("name", ["03.1", "03.2"])
def test_the_solutions_pass_and_pass_again(house: House, name: str) -> None:
    exec(solved_code(name), house.variables)
    assert missing(check(name, house.variables)) == []
    assert check(name, house.variables).passed


AGAIN, SPACES, CAPITALS = (
    f"asked again {how}, it is answered from the cache"
    for how in ("word for word", "with other spaces", "in capitals")
)
OTHER = "another question gets its own answer"
PLACE, SECONDS = "the answers are kept in the namespace `03-faq`", "they are kept for 30 seconds"
KEPT: dict[str, Any] = Cache.controls(namespace="03-faq", ttl_s=30)


def plain(question: str) -> str:
    return " ".join(question.split()).lower()


def faqs(how: Callable[[str], str] = plain, **params: Any) -> Callable[[Gateway], Callable[[str], Any]]:
    """A learner's `faq`: how it changes the question, and the arguments of the call."""
    return lambda gateway: lambda question: gateway.ask(how(question), **{**KEPT, **params})


def keeps_them_itself(gateway: Gateway) -> Callable[[str], Any]:
    kept: dict[str, Any] = {}

    def faq(question: str) -> Any:
        if plain(question) not in kept:
            kept[plain(question)] = gateway.ask(plain(question), **KEPT)
        return kept[plain(question)]

    return faq


@pytest.mark.parametrize(
    ("made", "criteria"),
    [
        (faqs(str), [SPACES, CAPITALS]),
        (faqs(str.lower), [SPACES]),
        (faqs(str.strip), [SPACES, CAPITALS]),
        (faqs(lambda question: question.strip().lower()), [SPACES]),
        (faqs(lambda question: " ".join(question.split())), [CAPITALS]),
        (faqs(lambda question: "Always the same?"), [OTHER]),
        (faqs(lambda question: question[:4].strip().lower()), [SPACES, OTHER]),
        (faqs(model="phi3"), ["it asks `gpt-4o-mini`"]),
        (faqs(**Cache.controls(ttl_s=30)), [PLACE, SECONDS]),
        (faqs(**Cache.controls(namespace="03-faqs", ttl_s=30)), [PLACE, SECONDS]),
        (faqs(**Cache.controls(namespace="03-faq")), [SECONDS]),
        (faqs(**Cache.controls(namespace="03-faq", ttl_s=10)), [SECONDS]),
        (faqs(**Cache.controls(namespace="03-faq", ttl_s=30, no_cache=True)), [AGAIN, SPACES, CAPITALS]),
        (
            faqs(**Cache.controls(namespace="03-faq", no_store=True)),
            [AGAIN, SPACES, CAPITALS, PLACE, SECONDS],
        ),
        (keeps_them_itself, [AGAIN, SPACES, CAPITALS]),
    ],
)
def test_a_wrong_faq_fails_its_criteria(
    house: House, made: Callable[[Gateway], Any], criteria: list[str]
) -> None:
    house.variables["faq"] = made(house.gateway)
    assert missing(check("03.1", house.variables)) == criteria


def test_each_mistake_has_its_own_message(house: House) -> None:
    for made, message in (
        (faqs(str), "the provider was asked"),
        (keeps_them_itself, "the function kept the answer itself"),
        (faqs(lambda question: "Always the same?"), "the kept answer of the first question"),
        (faqs(**Cache.controls(namespace="03-faq")), "60 s left"),
    ):
        house.variables["faq"] = made(house.gateway)
        assert message in repr(check("03.1", house.variables))


def test_a_question_that_was_kept_before_is_reported(house: House) -> None:
    house.variables["faq"] = faqs(lambda question: "Always the same?")(house.gateway)
    check("03.1", house.variables)
    assert "a new question goes to the provider" in missing(check("03.1", house.variables))


HITS = "a customer who asks again is answered from the cache"
APART = "another customer with the same question gets their own answer"
NAMED = "the answers are in namespaces that begin with `03-desk-`"
FORGETS = "`forget(customer)` deletes the answers"
GONE = "after `forget(customer)`, none of that customer's answers is left in Redis"
ANEW = "the provider answers the forgotten customer again, at once"
STAYS = "the other customer's answer is still kept"

PER_CUSTOMER = """
times = {}
def place(customer):
    return f"03-desk-{customer}-{times.get(customer, 0)}"
def desk(question, customer):
    return gateway.ask(question, **cache.controls(namespace=place(customer)))
"""
COUNT = "\n    times[customer] = times.get(customer, 0) + 1"


@pytest.mark.parametrize(
    ("code", "criteria"),
    [
        (
            "def desk(question, customer):\n"
            "    return gateway.ask(question, **cache.controls(namespace='03-desk-all'))\n"
            "def forget(customer): cache.delete_namespace('03-desk-all')",
            [APART, FORGETS],
        ),
        (
            "def desk(question, customer):\n    return gateway.ask(question, user=customer)\n"
            "def forget(customer): pass",
            [NAMED, FORGETS],
        ),
        (
            "def desk(question, customer):\n"
            "    return gateway.ask(question, **cache.controls(namespace=f'03-desk-{customer}', no_store=True))\n"
            "def forget(customer): pass",
            [HITS, NAMED, FORGETS],
        ),
        (PER_CUSTOMER + "def forget(customer): pass", [GONE, ANEW]),
        (PER_CUSTOMER + "def forget(customer):\n    cache.delete_namespace(place(customer))", [ANEW]),
        (PER_CUSTOMER + "def forget(customer):" + COUNT, [GONE]),
        (
            PER_CUSTOMER
            + "def forget(customer):\n    cache.delete(next(iter(cache._keys())))"
            + COUNT,
            [GONE],
        ),
        (PER_CUSTOMER + "def forget(customer):\n    cache.delete_all()" + COUNT, [STAYS]),
        (
            PER_CUSTOMER.replace("times.get(customer, 0)", "len(times)")
            + "def forget(customer):\n    cache.delete_namespace(place(customer))\n    times[customer] = 1",
            [STAYS],
        ),
        (PER_CUSTOMER + "def forget(customer): 1 / 0", ["`forget(customer)` runs"]),
        ("desk, forget = print, print", ["`desk(question, customer)` returns an answer"]),
    ],
)  # fmt: skip
def test_a_wrong_desk_fails_its_criteria(house: House, code: str, criteria: list[str]) -> None:
    exec(code, house.variables)
    assert missing(check("03.2", house.variables)) == criteria


def test_the_message_names_the_workers_memory_if_only_redis_was_emptied(house: House) -> None:
    exec(PER_CUSTOMER + "def forget(customer):\n    cache.delete_namespace(place(customer))", house.variables)
    assert "the worker still had in its memory" in repr(check("03.2", house.variables))


def _fails(*_: str) -> Any:
    raise ValueError("a learner's own mistake")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (None, "nothing"),
        ("text", "'text'"),
        (_fails, "ValueError: a learner's own mistake"),
        (lambda *_: "a text", "a text"),
    ],
)
def test_a_function_without_an_answer_fails(house: House, function: object, message: str) -> None:
    house.variables |= {"faq": function, "desk": function, "forget": print}
    for name in ("03.1", "03.2"):
        result = check(name, house.variables)
        assert not result.passed
        assert message in repr(result)


def test_without_a_gateway_or_its_redis_the_grader_says_so(house: House) -> None:
    result = check("03.1", {"faq": print, "gateway": "redis"})
    assert missing(result) == ["`gateway` is set (Gateway)"]
    house.gateway.cache = Cache("redis://127.0.0.1:1/0")
    assert "No Redis answers" in repr(check("03.1", {**house.variables, "faq": print}))
