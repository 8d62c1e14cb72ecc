"""The exercises of lesson 04: the cheapest threshold, a guard for units, and roles that share no answers."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway_kit.caching.controls import controls
from gateway_kit.caching.pairs import labelled_pairs
from gateway_kit.errors import CacheError
from gateway_kit.gateway import Answer, Call
from gateway_kit.gateway.semantic import SemanticGateway
from gateway_kit.lessons.another_process import in_another_process
from gateway_kit.lessons.exercise import Criterion, Exercise, require
from gateway_kit.lessons.learner import ask_learner, asked_once, call_learner
from gateway_kit.lessons.semantic_choice import grade_choice

_NOT_YET = "not checked yet"
_HASH = (
    "Python's `hash` of a text is another number in each process; a digest of `hashlib` is always the same"
)

# --- 04.2 --------------------------------------------------------------------------------------------------

# None of these is in the labelled pairs. `{}` becomes a number that nobody has asked about before.
_SWAPPED = (
    ("Convert {} kilometres to miles.", "Convert {} miles to kilometres."),
    ("How many yards are in {} feet?", "How many feet are in {} yards?"),
    ("How much is {} USD in CHF?", "How much is {} CHF in USD?"),
    ("Change {} yen into rupees.", "Change {} rupees into yen."),
)
_EXCHANGED = (
    ("Is a fridge of {} litres too small?", "Is a fridge of {} gallons too small?"),
    ("I weigh out {} grams, is that a lot?", "I weigh out {} ounces, is that a lot?"),
    ("May a lunch cost {} euros?", "May a lunch cost {} francs?"),
    ("Is {} degrees Celsius hot?", "Is {} degrees Fahrenheit hot?"),
)
_ONE_OF_SEVERAL = (
    ("Convert {} miles to kilometres.", "Convert {} miles to yards."),
    ("How many feet are {} yards?", "How many feet are {} miles?"),
    ("How much is {} USD in francs?", "How much is {} yen in francs?"),
    ("What are {} USD in euros and in yen?", "What are {} USD in francs and in yen?"),
)
_COUNTED = (
    ("Convert {} miles to kilometres.", "Convert 1{} miles to kilometres."),
    ("Which shops take euros?", "Which shops do not take euros?"),
)
_REWORDED = (
    ("Convert {} miles to kilometres.", "Please convert {} miles to kilometres for me."),
    ("How many grams are in {} ounces?", "How many grams are there in {} ounces?"),
    ("How do I change my password?", "Please tell me how I can change my password."),
    ("Who wrote Macbeth?", "Who was Macbeth written by?"),
    ("What is an LLM gateway?", "what's an LLM gateway"),
)
# Share of the rewordings: a guard may separate a few of them.
_KEPT_TOGETHER = 0.9


def _grade_guard(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A guard that also separates units and currencies, and still lets the same question through."""
    guard, lab = require(variables, my_guard=callable, lab=SemanticGateway)
    number = str(random.randrange(1000, 10**6))  # noqa: S311 - no secret
    elsewhere = in_another_process(guard, variables)
    faults = (_namespace_fault(guard, elsewhere, text) for text in _all(number))
    failure = next(filter(None, faults), "")
    criteria = [
        Criterion("`my_guard(question)` returns a namespace, the same each time", not failure, failure)
    ]
    if failure:
        return criteria
    for text, pairs in (
        ("it separates other units and currencies", _EXCHANGED),
        ("it separates questions if only one of several units differs", _ONE_OF_SEVERAL),
        ("it separates the same two in another order", _SWAPPED),
        ("it still separates other numbers and negations", _COUNTED),
    ):
        together = _together(guard, pairs, number)
        criteria.append(Criterion(text, not together, _quoted(together)))
    criteria.append(_lets_through(guard, number))
    hits = "through the gateway, the same question in other words hits"
    misses = "and the one with its units swapped does not"
    if not all(criterion.met for criterion in criteria):
        return [*criteria, Criterion(hits, False, _NOT_YET), Criterion(misses, False, _NOT_YET)]
    question, other = (text.format(number) for text in _SWAPPED[0])
    calls = [_ask_guarded(lab, guard, text) for text in (question, f"Please, {question}", other)]
    return [
        *criteria,
        Criterion(hits, calls[1].cache_hit, "the provider was asked"),
        Criterion(
            misses,
            not calls[2].cache_hit,
            f"the kept answer, at a similarity of {calls[2].similarity or 0:.2f}",
        ),
    ]


def _ask_guarded(lab: SemanticGateway, guard: Callable[[str], str], text: str) -> Call:
    """The call; after a miss, once its answer is kept."""
    before = lab.cache.index.entries()
    call = lab.ask(text, max_tokens=1, **controls(namespace=guard(text))).call
    if not call.cache_hit:
        _wait_until_kept(lab, before)
    return call


def _lets_through(guard: Callable[[str], str], number: str) -> Criterion:
    """Most rewordings must stay together."""
    every = _rewordings(number)
    apart = [pair for pair in every if guard(pair[0]) != guard(pair[1])]
    return Criterion(
        "it lets the same question in other words through",
        len(apart) <= (1 - _KEPT_TOGETHER) * len(every) + 1e-9,
        f"{len(apart)} of {len(every)} are separated, such as {_quoted(apart)}",
    )


def _rewordings(number: str) -> list[tuple[str, str]]:
    """The grader's own rewordings, and those of the labelled pairs."""
    pairs = labelled_pairs().query("kind == 'rewording'")
    own = [(first.format(number), second.format(number)) for first, second in _REWORDED]
    return [*own, *zip(pairs["first"], pairs["second"], strict=True)]


def _together(
    guard: Callable[[str], str], pairs: Sequence[tuple[str, str]], number: str
) -> list[tuple[str, str]]:
    """The pairs that the guard does not separate."""
    filled = [(first.format(number), second.format(number)) for first, second in pairs]
    return [pair for pair in filled if guard(pair[0]) == guard(pair[1])]


def _all(number: str) -> list[str]:
    """Every text for which the guard will be called, and one without anything to guard."""
    pairs = (*_SWAPPED, *_EXCHANGED, *_ONE_OF_SEVERAL, *_COUNTED)
    filled = [text.format(number) for pair in pairs for text in pair]
    return ["Hello?", *filled, *(text for pair in _rewordings(number) for text in pair)]


def _namespace_fault(guard: Callable[..., Any], elsewhere: Callable[..., Any], text: str) -> str:
    """Why the guard's result for a text is not a valid namespace; empty if it is one.

    `elsewhere` is the guard as another process would run it.
    """
    first, failure = call_learner(guard, text)
    again, _ = call_learner(guard, text)
    if failure:
        return failure
    if first != again:
        return f"{first!r:.40} and {again!r:.40} for the same question"
    there, _ = call_learner(elsewhere, text)
    if first != there:
        return f"{first!r:.40}, and {there!r:.40} in another process. {_HASH}"
    try:
        controls(namespace=first if first is not None else 0)  # type: ignore[arg-type]  # refused there
    except ValueError as exc:
        return str(exc)[:160]
    return ""


def _quoted(pairs: Sequence[tuple[str, str]]) -> str:
    return " / ".join(f'"{text}"' for text in pairs[0]) if pairs else "none"


# --- 04.3 --------------------------------------------------------------------------------------------------

# Questions that the simulated provider answers at once.
_QUESTION, _REWORDING, _OTHER = (
    "What is an LLM gateway?",
    "What is an LLM gateway, please?",
    "What is a rate limit?",
)
_RULE = "Answer politely and briefly, and only from the rules of the house. "
_LONG = 40  # 40 such rules are about 480 words, more than the embedding model reads
_LONG_TOKENS = 300


def _grade_roles(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A function that caches by role and meaning, also if a role is longer than the embedding model reads."""
    ask_as, lab = require(variables, ask_as=callable, lab=SemanticGateway)
    mark = uuid.uuid4().hex[:6]
    pirate, lawyer = f"You are a pirate called {mark}.", f"You are a lawyer called {mark}."
    with lab.calls.recording() as recorded:
        first, failure = _asked(lab, ask_as, pirate, _QUESTION)
    criteria = [Criterion("`ask_as(role, question)` returns an answer", first is not None, failure)]
    if first is None:
        return criteria
    criteria += [asked_once(len(recorded)), _keeps_both(lab, pirate)]
    again, failure = _asked(lab, ask_as, pirate, _REWORDING)
    failure = failure or _outcome(again)
    if again is not None and again.call.cache_hit:
        again, failure = _asked(lab, in_another_process(ask_as, variables), pirate, _REWORDING)
        failure = failure or f"{_outcome(again)} if another process asks. {_HASH}"
    same = "the same role, asked in other words, gets the kept answer"
    criteria.append(Criterion(same, again is not None and again.call.cache_hit, failure))
    other, failure = _asked(lab, ask_as, lawyer, _QUESTION)
    apart = "another role with the same question does not"
    criteria.append(
        Criterion(apart, other is not None and not other.call.cache_hit, failure or _outcome(other))
    )
    long_role = f"{pirate} {_RULE * _LONG}"
    long, failure = _asked(lab, ask_as, long_role, _QUESTION)
    tokens = (long.call.prompt_tokens or 0) if long is not None else 0
    reached = "a role of 480 words reaches the model"
    criteria.append(Criterion(reached, tokens >= _LONG_TOKENS, failure or f"{tokens} tokens of prompt"))
    another, failure = ask_learner(ask_as, long_role, _OTHER)
    covered = "under it, another question does not get the kept answer"
    criteria.append(
        Criterion(covered, another is not None and not another.call.cache_hit, failure or _outcome(another))
    )
    return criteria


def _keeps_both(lab: SemanticGateway, role: str) -> Criterion:
    """Whether an answer was kept for the role with the question: the index shows what was sent."""
    kept = [text for text in lab.cache.entries()["question"].fillna("") if role in text]
    found = f"kept for {kept[0]!r:.120}" if kept else "no answer was kept"
    text = "the request has role and question, and its answer is kept"
    return Criterion(text, any(_QUESTION in each for each in kept), found)


def _asked(
    lab: SemanticGateway, ask_as: Callable[..., Any], role: str, question: str
) -> tuple[Answer | None, str]:
    """(the answer, after a miss once it is kept; or how the function failed)."""
    before = lab.cache.index.entries()
    answer, failure = ask_learner(ask_as, role, question)
    if answer is not None and not answer.call.cache_hit:
        _wait_until_kept(lab, before)
    return answer, failure


def _outcome(answer: Answer | None) -> str:
    if answer is None:
        return "no answer"
    return f"a hit at {answer.call.similarity or 0:.2f}" if answer.call.cache_hit else "a miss"


# --- all of them -------------------------------------------------------------------------------------------

# How long LiteLLM may take to keep an answer after it has returned it.
_PATIENCE_S = 2.0


def _wait_until_kept(lab: SemanticGateway, before: int) -> None:
    try:
        lab.cache.index.wait_for_entries(before + 1, timeout_s=_PATIENCE_S)
    except CacheError:
        pass  # a function that keeps nothing: the criteria below report it


EXERCISES = (
    Exercise(
        "04.1",
        grade_choice,
        (
            "`study.thresholds(wrong_usd=…, call_usd=…)` has a row for each threshold from 0.50 to 1.00. Which column "
            "should be as small as possible?",
            '`table.loc[table["cost_usd"].idxmin()]` is the row with the least cost.',
            "The function returns a number, not a row: the row's column `threshold`.",
        ),
    ),
    Exercise(
        "04.2",
        _grade_guard,
        (
            "A guard puts into the namespace what must be equal. `lab.cache.guard(question)` does so with numbers and "
            "negations; add the units to its result.",
            'Which words are units? `[word for word in re.findall("[a-z]+", question.lower()) if word in UNITS]` keeps '
            "their order, which a set would lose.",
            "A namespace has at most 100 letters, digits and . _ -: "
            '`"-".join([lab.cache.guard(question), *units])` is one.',
            "UNITS must contain: kilometres miles yards feet litres gallons grams ounces celsius fahrenheit usd chf "
            "euros francs yen rupees.",
        ),
    ),
    Exercise(
        "04.3",
        _grade_roles,
        (
            "Two requests that share no namespace share no answer. What must be equal here besides the question?",
            "A role is not a valid namespace, but its digest is: `hashlib.sha256(role.encode()).hexdigest()[:16]`.",
            "A long role leaves no room for the question in the vector. Keep such a request out of the cache: "
            "`lab.cache.controls(no_cache=True, no_store=True)`.",
            "256 tokens are about 180 words: `len(role.split()) > 50` is a cautious limit.",
        ),
    ),
)  # fmt: skip
