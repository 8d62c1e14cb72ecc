"""The exercises of lesson 04: the threshold that costs least, a guard for units, and roles that share no answers."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway_kit.caching import SemanticGateway, cache_controls, labelled_pairs
from gateway_kit.errors import CacheError
from gateway_kit.gateway import Answer, Call
from gateway_kit.lessons.exercise import Criterion, Exercise, variable
from gateway_kit.lessons.learner import ask_learner, call_learner
from gateway_kit.lessons.semantic_choice import grade_choice

_NOT_YET = "not asked yet"

# --- 04.2 --------------------------------------------------------------------------------------------------

# Held out: none of these is in the labelled pairs. `{}` becomes a number that nobody has asked about before.
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
# Of the kit's own rewordings: a guard may err on the safe side now and then.
_KEPT_TOGETHER = 0.9


def _grade_guard(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A guard that also minds units and currencies, and that still lets the same question through."""
    lab, criteria, guard = _setting(variables, "my_guard")
    if lab is None:
        return criteria
    number = str(random.randrange(1000, 10**6))  # noqa: S311 - no secret
    failure = next((said for text in _all(number) if (said := _no_namespace(guard, text))), "")
    criteria.append(
        Criterion("`my_guard(question)` gives a namespace, the same each time", not failure, failure)
    )
    if failure:
        return criteria
    for text, pairs in (
        ("it keeps other units and currencies apart", _EXCHANGED),
        ("and the same two in another order", _SWAPPED),
        ("it still keeps other numbers and negations apart", _COUNTED),
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
    """The call, once its answer is kept where it was none from the cache."""
    before = lab.search_index.entries()
    call = lab.ask(text, max_tokens=1, **cache_controls(namespace=guard(text))).call
    if not call.cache_hit:
        _wait_until_kept(lab, before)
    return call


def _lets_through(guard: Callable[[str], str], number: str) -> Criterion:
    """Rewordings have to stay together; most of them, that is."""
    every = _rewordings(number)
    apart = [pair for pair in every if guard(pair[0]) != guard(pair[1])]
    return Criterion(
        "it lets the same question in other words through",
        len(apart) <= (1 - _KEPT_TOGETHER) * len(every) + 1e-9,
        f"{len(apart)} of {len(every)} are kept apart, such as {_quoted(apart)}",
    )


def _rewordings(number: str) -> list[tuple[str, str]]:
    """Those held out, and the kit's own."""
    pairs = labelled_pairs().query("kind == 'rewording'")
    held_out = [(first.format(number), second.format(number)) for first, second in _REWORDED]
    return [*held_out, *zip(pairs["first"], pairs["second"], strict=True)]


def _together(
    guard: Callable[[str], str], pairs: Sequence[tuple[str, str]], number: str
) -> list[tuple[str, str]]:
    """Those of the pairs that the guard does not keep apart."""
    filled = [(first.format(number), second.format(number)) for first, second in pairs]
    return [pair for pair in filled if guard(pair[0]) == guard(pair[1])]


def _all(number: str) -> list[str]:
    """Every text that the guard will be asked about, and one with nothing in it to guard."""
    pairs = (*_SWAPPED, *_EXCHANGED, *_COUNTED)
    filled = [text.format(number) for pair in pairs for text in pair]
    return ["Hello?", *filled, *(text for pair in _rewordings(number) for text in pair)]


def _no_namespace(guard: Callable[..., Any], text: str) -> str:
    """Why what the learner's guard gives for a text cannot be a namespace; empty where it can."""
    first, said = call_learner(guard, text)
    again, _ = call_learner(guard, text)
    if said:
        return said
    if first != again:
        return f"{first!r:.40} and {again!r:.40} for the same question"
    try:
        cache_controls(namespace=first if first is not None else 0)  # type: ignore[arg-type]  # refused there
    except ValueError as exc:
        return str(exc)[:160]
    return ""


def _quoted(pairs: Sequence[tuple[str, str]]) -> str:
    return " / ".join(f'"{text}"' for text in pairs[0]) if pairs else "none"


# --- 04.3 --------------------------------------------------------------------------------------------------

# Questions that the simulated provider answers at once; a tag at the end makes them nobody else's.
_QUESTION, _REWORDING, _OTHER = (
    "What is an LLM gateway?",
    "What is an LLM gateway, please?",
    "What is a rate limit?",
)
_RULE = "Answer politely and briefly, and only from the rules of the house. "
_LONG = 40  # such rules are some 480 words, beyond what the embedding model reads
_LONG_TOKENS = 300


def _grade_roles(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A function that caches by role and meaning, and that is not fooled by a role longer than the vector knows."""
    lab, criteria, ask_as = _setting(variables, "ask_as")
    if lab is None:
        return criteria
    mark = uuid.uuid4().hex[:6]
    pirate, lawyer = f"You are a pirate called {mark}.", f"You are a lawyer called {mark}."
    first, said = _asked(lab, ask_as, pirate, _QUESTION)
    criteria.append(Criterion("`ask_as(role, question)` returns an answer", first is not None, said))
    if first is None:
        return criteria
    again, said = _asked(lab, ask_as, pirate, _REWORDING)
    same = "the same role, asked in other words, gets the kept answer"
    criteria.append(Criterion(same, again is not None and again.call.cache_hit, said or _told(again)))
    other, said = _asked(lab, ask_as, lawyer, _QUESTION)
    apart = "another role with the same question does not"
    criteria.append(Criterion(apart, other is not None and not other.call.cache_hit, said or _told(other)))
    long_role = f"{pirate} {_RULE * _LONG}"
    long, said = _asked(lab, ask_as, long_role, _QUESTION)
    tokens = (long.call.prompt_tokens or 0) if long is not None else 0
    reached = "a role of 480 words reaches the model"
    criteria.append(Criterion(reached, tokens >= _LONG_TOKENS, said or f"{tokens} tokens of prompt"))
    another, said = ask_learner(ask_as, long_role, _OTHER)
    covered = "under it, another question does not get the kept answer"
    criteria.append(
        Criterion(covered, another is not None and not another.call.cache_hit, said or _told(another))
    )
    return criteria


def _asked(
    lab: SemanticGateway, ask_as: Callable[..., Any], role: str, question: str
) -> tuple[Answer | None, str]:
    """(the answer, once the cache has it where it is kept at all; or what was found instead)."""
    before = lab.search_index.entries()
    answer, said = ask_learner(ask_as, role, question)
    if answer is not None and not answer.call.cache_hit:
        _wait_until_kept(lab, before)
    return answer, said


def _told(answer: Answer | None) -> str:
    if answer is None:
        return "no answer"
    return f"a hit at {answer.call.similarity or 0:.2f}" if answer.call.cache_hit else "a miss"


# --- all of them -------------------------------------------------------------------------------------------

# How long LiteLLM may take to keep an answer after it has handed it out. What is not kept at all is waited for in vain.
_PATIENCE_S = 2.0


def _wait_until_kept(lab: SemanticGateway, before: int) -> None:
    try:
        lab.search_index.wait_for_entries(before + 1, timeout_s=_PATIENCE_S)
    except CacheError:
        pass  # a function that keeps nothing: the criteria below report it


def _setting(
    variables: Mapping[str, Any], function: str
) -> tuple[SemanticGateway | None, list[Criterion], Callable[..., Any]]:
    """(the lesson's semantic gateway, what was found so far, the learner's function); None where one is missing."""
    lab, there = variable(variables, "lab", SemanticGateway)
    given = variables.get(function)
    criteria = [Criterion(f"`{function}` is a function", callable(given), repr(given)[:80])]
    criteria += [there] if not there.met else []
    ready = all(criterion.met for criterion in criteria)
    return (lab if ready else None), criteria, given  # type: ignore[return-value]  # callable where ready


EXERCISES = (
    Exercise(
        "04.1",
        grade_choice,
        (
            "`threshold_table(pairs, wrong_usd=…, call_usd=…)` has a row for each threshold from 0.50 to 1.00. Which "
            "column is to be small?",
            '`table.loc[table["cost_usd"].idxmin()]` is the row with the least cost.',
            "The function gives a number back, not a row: its column `threshold`.",
        ),
    ),
    Exercise(
        "04.2",
        _grade_guard,
        (
            "A guard writes into the namespace what must be equal. `guard_namespace(question)` does so with numbers "
            "and negations; add the units to what it gives.",
            'Which words are units? `[word for word in re.findall("[a-z]+", question.lower()) if word in UNITS]` keeps '
            "their order, which a set would lose.",
            "A namespace has at most 100 letters, digits and . _ -: "
            '`"-".join([guard_namespace(question), *units])` is one.',
            "UNITS has to know: kilometres miles yards feet litres gallons grams ounces celsius fahrenheit usd chf "
            "euros francs yen rupees.",
        ),
    ),
    Exercise(
        "04.3",
        _grade_roles,
        (
            "Two requests that share no namespace share no answer. What must be equal here besides the question?",
            "A role is no name for a namespace, but its digest is: `hashlib.sha256(role.encode()).hexdigest()[:16]`.",
            "A long role leaves no room for the question in the vector. Such a request had better keep out of the "
            "cache: `cache_controls(no_cache=True, no_store=True)`.",
            "256 tokens are about 180 words: `len(role.split()) > 50` is a cautious limit.",
        ),
    ),
)  # fmt: skip
