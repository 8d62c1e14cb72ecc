"""The graders of lesson 04, with example prices and pairs, and a fake semantic gateway."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from openai.types.chat import ChatCompletion

from gateway_kit.caching.cache import Cache, SemanticCache
from gateway_kit.caching.guard import guard_namespace
from gateway_kit.caching.index import SemanticIndex
from gateway_kit.caching.pairs import labelled_pairs
from gateway_kit.caching.study import SemanticStudy
from gateway_kit.errors import CacheError
from gateway_kit.gateway import Answer, Call
from gateway_kit.gateway.semantic import SemanticGateway
from gateway_kit.lessons import check
from gateway_kit.lessons.solutions import solved_code

# As the real one: it cuts texts off, and differs little where one word does.
_WORDS_READ = 180
_THRESHOLD = 0.5


class Index(SemanticIndex):
    """The kept entries: (namespace and parameters, words)."""

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
    """A semantic gateway without a process: the similarity is the share of common words."""

    def __init__(self) -> None:
        self.held = Index()
        self.cache = SemanticCache("redis://127.0.0.1:1/0", "made-up", self)
        self.cache.index = self.held
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
                len(words & kept) / len(words | kept) for where, kept in self.held.kept if where == scope
            ]
            best = max(alike, default=0.0)
        hit = best >= _THRESHOLD
        if not hit and not controls.get("no-store"):
            self.held.kept.append((scope, words))
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
        "study": SemanticStudy(labelled_pairs()),
    }


def missing(name: str, variables: Mapping[str, Any]) -> list[str]:
    return [criterion.text for criterion in check(name, variables).criteria if not criterion.met]


@pytest.mark.parametrize("name", ["04.1", "04.2", "04.3"])
def test_the_solutions_pass_as_often_as_they_are_checked(lesson: dict[str, Any], name: str) -> None:
    exec(solved_code(name), lesson)
    assert missing(name, lesson) == []
    assert missing(name, lesson) == []


# --- 04.1 --------------------------------------------------------------------------------------------------

DEAR_WRONG = "its choice is the cheapest if a wrong answer is expensive"
DEAR_CALL = "its choice is the cheapest if the provider is expensive too"
WEIGHT = "its choice is the cheapest if near misses are rare (`weight`)"
CLOSEST = "its choice is the cheapest if near misses are the closest pairs"
HARM = "nothing hits if hits only do harm"
GIVES = "`choose(study, wrong_usd, call_usd)` returns a threshold"


def least(study: SemanticStudy, wrong_usd: float, call_usd: float) -> Any:
    table = study.thresholds(wrong_usd=wrong_usd, call_usd=call_usd)
    return table.loc[table["cost_usd"].idxmin(), "threshold"]


def most(column: str) -> Callable[..., Any]:
    """A choice by precision or recall instead of cost."""

    def choose(study: SemanticStudy, wrong_usd: float, call_usd: float) -> Any:
        table = study.thresholds()
        return table.loc[table[column].fillna(0).idxmax(), "threshold"]

    return choose


@pytest.mark.parametrize(
    ("choose", "criteria"),
    [
        (lambda study, wrong_usd, call_usd: 0.9, [DEAR_CALL, WEIGHT, CLOSEST, HARM]),
        (lambda study, wrong_usd, call_usd: 1.0, [DEAR_WRONG, DEAR_CALL, WEIGHT, CLOSEST]),
        (
            lambda study, wrong_usd, call_usd: least(study, 0.0, call_usd),
            [DEAR_WRONG, DEAR_CALL, WEIGHT, HARM],
        ),
        (lambda study, wrong_usd, call_usd: least(study, wrong_usd, 0.0), [DEAR_CALL, WEIGHT, CLOSEST]),
        (lambda study, wrong_usd, call_usd: least(study, call_usd, wrong_usd), [DEAR_WRONG, WEIGHT, HARM]),
        (lambda study, *usd: least(SemanticStudy(study.pairs.drop(columns="weight")), *usd), [WEIGHT]),
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
def test_a_choice_that_ignores_something_fails_its_criteria(choose: Any, criteria: list[str]) -> None:
    found = missing("04.1", {"choose": choose})
    assert set(criteria) <= set(found)
    assert GIVES not in found


def _fails(*_: Any) -> Any:
    raise ValueError("a learner's own mistake")


@pytest.mark.parametrize(
    ("choose", "message"),
    [
        (_fails, "ValueError: a learner's own mistake"),
        (lambda *_: None, "None, which is not a number"),
        (lambda study, **_: 0.9, "TypeError"),
        (lambda *_: "high", "'high', which is not a number"),
        (lambda *_: 90, "90, which is not a similarity"),
        (lambda *_: float("nan"), "nan, which is not a similarity"),
        (lambda *_: True, "True, which is not a similarity"),
        (lambda study, *usd: study.thresholds().iloc[0], "which is not a number"),
    ],
)
def test_a_result_that_is_not_a_threshold_is_reported(choose: Any, message: str) -> None:
    result = check("04.1", {"choose": choose})
    assert [criterion.text for criterion in result.criteria if not criterion.met] == [GIVES]
    assert message in repr(result)


def test_a_choice_may_change_its_pairs() -> None:
    def choose(study: SemanticStudy, wrong_usd: float, call_usd: float) -> Any:
        pairs = study.pairs
        pairs["same"] = False
        return least(study, wrong_usd, call_usd)

    assert missing("04.1", {"choose": choose}) == []


def test_a_finer_threshold_than_the_tables_passes() -> None:
    def choose(study: SemanticStudy, wrong_usd: float, call_usd: float) -> Any:
        fine = [step / 1000 for step in range(500, 1001)]
        table = study.thresholds(fine, wrong_usd=wrong_usd, call_usd=call_usd)
        return float(table.loc[table["cost_usd"].idxmin(), "threshold"])

    assert missing("04.1", {"choose": choose}) == []


# --- 04.2 --------------------------------------------------------------------------------------------------

EXCHANGED = "it separates other units and currencies"
SWAPPED = "it separates the same two in another order"
COUNTED = "it still separates other numbers and negations"
THROUGH = "it lets the same question in other words through"
ASKED = [
    "through the gateway, the same question in other words hits",
    "and the one with its units swapped does not",
]
NAMESPACE = "`my_guard(question)` returns a namespace, the same each time"

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
def test_a_guard_that_separates_too_little_or_too_much_fails(
    lesson: dict[str, Any], guard: Any, criteria: list[str]
) -> None:
    lesson["my_guard"] = guard
    assert missing("04.2", lesson) == [*criteria, *ASKED]
    assert lesson["lab"].asked == []


def test_a_missing_unit_is_named(lesson: dict[str, Any]) -> None:
    lesson["my_guard"] = lambda q: "-".join([guard_namespace(q), *(u for u in units_in(q) if u != "rupees")])
    result = check("04.2", lesson)
    assert [criterion.text for criterion in result.criteria if not criterion.met] == [SWAPPED, *ASKED]
    assert "yen into rupees" in repr(result)


numbers = itertools.count()


@pytest.mark.parametrize(
    ("guard", "message"),
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
def test_an_invalid_namespace_is_reported(lesson: dict[str, Any], guard: Any, message: str) -> None:
    lesson["my_guard"] = guard
    result = check("04.2", lesson)
    assert [criterion.text for criterion in result.criteria if not criterion.met] == [NAMESPACE]
    assert message in repr(result)


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
        return Cache.controls(no_cache=True, no_store=True)
    return Cache.controls(namespace=digest(role))


def namespaced(role: str, _: str) -> Mapping[str, Any]:
    return Cache.controls(namespace=digest(role))


@pytest.mark.parametrize(
    ("controls", "cut", "criteria"),
    [
        (lambda role, question: {}, 10**6, [OTHER, COVERED]),
        (namespaced, 10**6, [COVERED]),
        (lambda role, question: Cache.controls(namespace="roles"), 10**6, [OTHER, COVERED]),
        (lambda role, question: Cache.controls(no_cache=True), 10**6, [SAME]),
        (lambda role, question: Cache.controls(namespace=digest(role, question)), 10**6, [SAME]),
        (by_role, 100, [REACHES]),
        (by_role, 0, [REACHES]),
    ],
    ids=["as it was", "by role", "one for all", "no cache", "by question too", "a short role", "no role"],
)
def test_roles_that_share_too_much_or_too_little_fail(
    lesson: dict[str, Any], controls: Any, cut: int, criteria: list[str]
) -> None:
    lesson["ask_as"] = asks(lesson["lab"], controls, cut)
    assert missing("04.3", lesson) == criteria


def test_a_namespace_per_question_for_a_long_role_passes(lesson: dict[str, Any]) -> None:
    def controls(role: str, question: str) -> Mapping[str, Any]:
        long = len(role.split()) > 50
        return Cache.controls(namespace=digest(role, question) if long else digest(role))

    lesson["ask_as"] = asks(lesson["lab"], controls)
    assert missing("04.3", lesson) == []


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (_fails, "ValueError: a learner's own mistake"),
        (lambda role, question: "Paris", "'Paris', not an answer of gateway.ask"),
        (lambda role: None, "TypeError"),
        (lambda role, question: Cache.controls(namespace=role), "namespace="),
    ],
)
def test_a_function_without_an_answer_is_reported(
    lesson: dict[str, Any], function: object, message: str
) -> None:
    lesson["ask_as"] = function
    result = check("04.3", lesson)
    assert [criterion.text for criterion in result.criteria if not criterion.met] == [RETURNS]
    assert message in repr(result)


@pytest.mark.parametrize("name", ["04.2", "04.3"])
def test_without_function_or_gateway_the_grader_says_so(name: str) -> None:
    function = {"04.2": "my_guard", "04.3": "ask_as"}[name]
    assert missing(name, {}) == [f"`{function}` is a function", "`lab` is set (SemanticGateway)"]
    assert missing("04.1", {"choose": 0.9}) == ["`choose` is a function"]
