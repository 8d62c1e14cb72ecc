"""The graders of lesson 04: on made-up prices and pairs, and on a semantic gateway that is a list."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from openai.types.chat import ChatCompletion

from gateway_kit.caching import (
    SemanticGateway,
    SemanticIndex,
    cache_controls,
    guard_namespace,
    threshold_table,
)
from gateway_kit.errors import CacheError
from gateway_kit.gateway import Answer, Call
from gateway_kit.lessons import check
from gateway_kit.lessons.solutions import solution

# As the real one: it cuts texts off, and differs little where one word does.
_WORDS_READ = 180
_THRESHOLD = 0.5


class Index(SemanticIndex):
    """What is kept: (namespace and parameters, words)."""

    def __init__(self) -> None:
        self.name = "made-up"
        self.kept: list[tuple[str, frozenset[str]]] = []

    def entries(self, namespace: str = "") -> int:
        return len(self.kept)

    def wait_for_entries(self, count: int, namespace: str = "", *, timeout_s: float = 20.0) -> int:
        if len(self.kept) < count:
            raise CacheError("too few")
        return len(self.kept)


class Lab(SemanticGateway):
    """A semantic gateway without a process: alike is what has most words in common."""

    def __init__(self) -> None:
        self.search_index = Index()
        self.asked: list[str] = []

    def __repr__(self) -> str:
        return "Lab()"

    def ask(self, prompt: Any, model: str = "m", *, api_key: str | None = None, **params: Any) -> Answer:
        messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else list(prompt)
        text = " ".join(str(message["content"]) for message in messages)
        self.asked.append(text)
        controls: Mapping[str, Any] = params.pop("extra_body", {}).get("cache", {})
        scope = f"{controls.get('namespace')} {model} {sorted(params.items())}"
        words = frozenset(re.findall(r"\w+", " ".join(text.lower().split()[:_WORDS_READ])))
        best = 0.0
        if not controls.get("no-cache"):
            alike = [
                len(words & kept) / len(words | kept)
                for where, kept in self.search_index.kept
                if where == scope
            ]
            best = max(alike, default=0.0)
        hit = best >= _THRESHOLD
        if not hit and not controls.get("no-store"):
            self.search_index.kept.append((scope, words))
        call = Call(
            datetime.now(UTC),
            "chat",
            cache_hit=hit,
            similarity=best if hit else None,
            prompt_tokens=len(text.split()),
        )
        return Answer("Any prose will do.", call, ChatCompletion.model_construct(choices=[]))


@pytest.fixture
def lesson() -> dict[str, Any]:
    """The variables that a notebook has at the exercises."""
    return {
        "lab": Lab(),
        "threshold_table": threshold_table,
        "cache_controls": cache_controls,
        "guard_namespace": guard_namespace,
    }


def missing(name: str, variables: Mapping[str, Any]) -> list[str]:
    return [criterion.text for criterion in check(name, variables).criteria if not criterion.met]


@pytest.mark.parametrize("name", ["04.1", "04.2", "04.3"])
def test_the_solutions_pass_as_often_as_they_are_checked(lesson: dict[str, Any], name: str) -> None:
    exec(solution(name), lesson)
    assert missing(name, lesson) == []
    assert missing(name, lesson) == []


# --- 04.1 --------------------------------------------------------------------------------------------------

DEAR_WRONG = "where a wrong answer is dear, its choice costs least"
DEAR_CALL = "where the provider is dear too, its choice costs least"
WEIGHT = "where near misses come seldom (`weight`), its choice costs least"
CLOSEST = "where near misses are the closest of all, its choice costs least"
HARM = "where hits do nothing but harm, nothing hits"
GIVES = "`choose(pairs, wrong_usd, call_usd)` gives a threshold"


def least(pairs: pd.DataFrame, wrong_usd: float, call_usd: float) -> Any:
    table = threshold_table(pairs, wrong_usd=wrong_usd, call_usd=call_usd)
    return table.loc[table["cost_usd"].idxmin(), "threshold"]


def most(column: str) -> Callable[..., Any]:
    """Looks at precision or recall, and not at money."""

    def choose(pairs: pd.DataFrame, wrong_usd: float, call_usd: float) -> Any:
        table = threshold_table(pairs)
        return table.loc[table[column].fillna(0).idxmax(), "threshold"]

    return choose


@pytest.mark.parametrize(
    ("choose", "criteria"),
    [
        (lambda pairs, wrong_usd, call_usd: 0.9, [DEAR_CALL, WEIGHT, CLOSEST, HARM]),
        (lambda pairs, wrong_usd, call_usd: 1.0, [DEAR_WRONG, DEAR_CALL, WEIGHT, CLOSEST]),
        (
            lambda pairs, wrong_usd, call_usd: least(pairs, 0.0, call_usd),
            [DEAR_WRONG, DEAR_CALL, WEIGHT, HARM],
        ),
        (lambda pairs, wrong_usd, call_usd: least(pairs, wrong_usd, 0.0), [DEAR_CALL, WEIGHT, CLOSEST]),
        (lambda pairs, wrong_usd, call_usd: least(pairs, call_usd, wrong_usd), [DEAR_WRONG, WEIGHT, HARM]),
        (lambda pairs, *usd: least(pairs.drop(columns="weight"), *usd), [WEIGHT]),
        (most("precision"), [DEAR_CALL, WEIGHT, HARM]),
        (most("recall"), [DEAR_WRONG, HARM]),
    ],
    ids=[
        "0.9",
        "1",
        "ignores wrong",
        "ignores calls",
        "swaps the prices",
        "ignores weight",
        "precision",
        "recall",
    ],
)
def test_a_choice_that_leaves_something_out_is_not_yet(choose: Any, criteria: list[str]) -> None:
    found = missing("04.1", {"choose": choose})
    assert set(criteria) <= set(found)
    assert GIVES not in found


def _fails(*_: Any) -> Any:
    raise ValueError("a learner's own mistake")


@pytest.mark.parametrize(
    ("choose", "said"),
    [
        (_fails, "ValueError: a learner's own mistake"),
        (lambda *_: None, "None, which is no number"),
        (lambda pairs, **_: 0.9, "TypeError"),
        (lambda *_: "high", "'high', which is no number"),
        (lambda *_: 90, "90, which is no similarity"),
        (lambda *_: float("nan"), "nan, which is no similarity"),
        (lambda *_: True, "True, which is no similarity"),
        (lambda pairs, *usd: threshold_table(pairs).iloc[0], "which is no number"),
    ],
)
def test_what_is_no_threshold_is_said(choose: Any, said: str) -> None:
    result = check("04.1", {"choose": choose})
    assert [criterion.text for criterion in result.criteria if not criterion.met] == [GIVES]
    assert said in repr(result)


def test_a_choice_may_do_to_its_pairs_what_it_likes() -> None:
    def choose(pairs: pd.DataFrame, wrong_usd: float, call_usd: float) -> Any:
        best = least(pairs, wrong_usd, call_usd)
        pairs["same"] = False
        return best

    assert missing("04.1", {"choose": choose}) == []


def test_a_finer_threshold_than_the_tables_is_as_good() -> None:
    def choose(pairs: pd.DataFrame, wrong_usd: float, call_usd: float) -> Any:
        fine = [step / 1000 for step in range(500, 1001)]
        table = threshold_table(pairs, fine, wrong_usd=wrong_usd, call_usd=call_usd)
        return float(table.loc[table["cost_usd"].idxmin(), "threshold"])

    assert missing("04.1", {"choose": choose}) == []


# --- 04.2 --------------------------------------------------------------------------------------------------

EXCHANGED = "it keeps other units and currencies apart"
SWAPPED = "and the same two in another order"
COUNTED = "it still keeps other numbers and negations apart"
THROUGH = "it lets the same question in other words through"
ASKED = [
    "through the gateway, the same question in other words hits",
    "and the one with its units swapped does not",
]
NAMESPACE = "`my_guard(question)` gives a namespace, the same each time"

UNITS = (
    "kilometres",
    "miles",
    "yards",
    "feet",
    "litres",
    "gallons",
    "grams",
    "ounces",
    "celsius",
    "fahrenheit",
)
UNITS += ("usd", "chf", "euros", "francs", "yen", "rupees")


def units_in(question: str) -> list[str]:
    return [word for word in re.findall("[a-z]+", question.lower()) if word in UNITS]


@pytest.mark.parametrize(
    ("guard", "criteria"),
    [
        (guard_namespace, [EXCHANGED, SWAPPED]),
        (lambda q: "-".join([guard_namespace(q), *sorted(set(units_in(q)))]), [SWAPPED]),
        (lambda q: "-".join(["units", *units_in(q)]), [COUNTED]),
        (lambda q: hashlib.sha256(q.encode()).hexdigest(), [THROUGH]),
        (lambda q: "one", [EXCHANGED, SWAPPED, COUNTED]),
    ],
    ids=["as it was", "a set", "units alone", "every text for itself", "nothing"],
)
def test_a_guard_that_keeps_too_little_or_too_much_apart_is_not_yet(
    lesson: dict[str, Any], guard: Any, criteria: list[str]
) -> None:
    lesson["my_guard"] = guard
    assert missing("04.2", lesson) == [*criteria, *ASKED]
    assert lesson["lab"].asked == []


def test_one_unit_that_is_forgotten_is_named(lesson: dict[str, Any]) -> None:
    lesson["my_guard"] = lambda q: "-".join([guard_namespace(q), *(u for u in units_in(q) if u != "rupees")])
    result = check("04.2", lesson)
    assert [criterion.text for criterion in result.criteria if not criterion.met] == [SWAPPED, *ASKED]
    assert "yen into rupees" in repr(result)


numbers = itertools.count()


@pytest.mark.parametrize(
    ("guard", "said"),
    [
        (_fails, "ValueError: a learner's own mistake"),
        (lambda q: None, "namespace="),
        (lambda q: " ".join([guard_namespace(q), *units_in(q)]), "letters, digits"),
        (lambda q: tuple(units_in(q)), "namespace="),
        (lambda q: f"{guard_namespace(q)}-{next(numbers)}", "for the same question"),
        (lambda q: "u" * 101, "1 to 100"),
        (lambda q: q.split()[1], "IndexError"),
    ],
)
def test_what_cannot_be_a_namespace_is_said(lesson: dict[str, Any], guard: Any, said: str) -> None:
    lesson["my_guard"] = guard
    result = check("04.2", lesson)
    assert [criterion.text for criterion in result.criteria if not criterion.met] == [NAMESPACE]
    assert said in repr(result)


# --- 04.3 --------------------------------------------------------------------------------------------------

RETURNS = "`ask_as(role, question)` returns an answer"
SAME = "the same role, asked in other words, gets the kept answer"
OTHER = "another role with the same question does not"
REACHES = "a role of 480 words reaches the model"
COVERED = "under it, another question does not get the kept answer"


def digest(*texts: str) -> str:
    return hashlib.sha256(" ".join(texts).encode()).hexdigest()[:16]


def asks(
    lab: Lab, controls: Callable[[str, str], Mapping[str, Any]], cut: int = 10**6
) -> Callable[..., Answer]:
    """A learner's `ask_as`; `controls` makes the cache's controls of role and question."""

    def ask_as(role: str, question: str) -> Answer:
        messages: Sequence[Mapping[str, str]] = [
            {"role": "system", "content": role[:cut]},
            {"role": "user", "content": question},
        ]
        return lab.ask(messages, **controls(role, question))

    return ask_as


def by_role(role: str, _: str) -> Mapping[str, Any]:
    if len(role.split()) > 50:
        return cache_controls(no_cache=True, no_store=True)
    return cache_controls(namespace=digest(role))


def namespaced(role: str, _: str) -> Mapping[str, Any]:
    return cache_controls(namespace=digest(role))


@pytest.mark.parametrize(
    ("controls", "cut", "criteria"),
    [
        (lambda role, question: {}, 10**6, [OTHER, COVERED]),
        (namespaced, 10**6, [COVERED]),
        (lambda role, question: cache_controls(namespace="roles"), 10**6, [OTHER, COVERED]),
        (lambda role, question: cache_controls(no_cache=True), 10**6, [SAME]),
        (lambda role, question: cache_controls(namespace=digest(role, question)), 10**6, [SAME]),
        (by_role, 100, [REACHES]),
        (by_role, 0, [REACHES]),
    ],
    ids=["as it was", "by role", "one for all", "no cache", "by question too", "a short role", "no role"],
)
def test_roles_that_meet_or_never_do_are_not_yet(
    lesson: dict[str, Any], controls: Any, cut: int, criteria: list[str]
) -> None:
    lesson["ask_as"] = asks(lesson["lab"], controls, cut)
    assert missing("04.3", lesson) == criteria


def test_reading_and_not_keeping_under_a_long_role_will_do(lesson: dict[str, Any]) -> None:
    def controls(role: str, question: str) -> Mapping[str, Any]:
        long = len(role.split()) > 50
        return cache_controls(namespace=digest(role, question) if long else digest(role))

    lesson["ask_as"] = asks(lesson["lab"], controls)
    assert missing("04.3", lesson) == []


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (_fails, "ValueError: a learner's own mistake"),
        (lambda role, question: "Paris", "'Paris', not an answer of gateway.ask"),
        (lambda role: None, "TypeError"),
        (lambda role, question: cache_controls(namespace=role), "namespace="),
    ],
)
def test_what_gives_no_answer_is_said(lesson: dict[str, Any], function: object, said: str) -> None:
    lesson["ask_as"] = function
    result = check("04.3", lesson)
    assert [criterion.text for criterion in result.criteria if not criterion.met] == [RETURNS]
    assert said in repr(result)


@pytest.mark.parametrize("name", ["04.2", "04.3"])
def test_without_function_or_gateway_the_grader_says_so(name: str) -> None:
    function = {"04.2": "my_guard", "04.3": "ask_as"}[name]
    assert missing(name, {}) == [f"`{function}` is a function", "`lab` is set (SemanticGateway)"]
    assert missing("04.1", {"choose": 0.9}) == ["`choose` is a function"]
