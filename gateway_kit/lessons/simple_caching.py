"""The exercises of lesson 03: a question that is asked in many ways, and customers who can be forgotten."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway_kit.caching import Cache
from gateway_kit.gateway import Answer, Gateway
from gateway_kit.lessons.exercise import Criterion, Exercise, variable
from gateway_kit.lessons.learner import ask_learner, call_learner

FAQ, DESK = "03-faq", "03-desk"
_MODEL = "gpt-4o-mini"
_TTL_S = 30
# An entry is looked at within a second or two; what has less than this left was not kept for 30 seconds.
_LEAST_LEFT_S = 20


def _grade_faq(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A function that takes spellings of one question for the same, and another question for another."""
    criteria, cache, functions = _setting(variables, "faq")
    if cache is None:
        return criteria
    faq = _Recorder(functions[0])
    mark = uuid.uuid4().hex[:8]
    question = f"What is a virtual key? [{mark}]"
    before = set(cache.entries()["key"])
    first = faq(question)
    criteria.append(_returned("faq(question)", first, faq))
    if first is None:
        return criteria
    criteria.append(Criterion(f"it asks `{_MODEL}`", first.call.model == _MODEL, str(first.call.model)))
    criteria.append(
        Criterion(
            "a question that nobody asked before goes to the provider", not first.call.cache_hit, "a hit"
        )
    )
    spellings = {
        "word for word": question,
        "with other spaces": f"  What is a  virtual\nkey?   [{mark}] ",
        "in capitals": question.upper(),
    }
    for how, spelling in spellings.items():
        again = faq(spelling)
        holds, found = _is_hit_of(again, first, faq)
        criteria.append(Criterion(f"asked again {how}, it is answered from the cache", holds, found))
    other = faq(f"What is a rate limit? [{mark}]")
    criteria.append(
        Criterion(
            "another question gets an answer of its own",
            other is not None and other.completion.id != first.completion.id,
            faq.failure or "the kept answer of the first question",
        )
    )
    entries = cache.entries()
    mine = entries[~entries["key"].isin(before) & (entries["namespace"] == FAQ)]
    criteria.append(
        Criterion(
            f"the answers are kept in the namespace `{FAQ}`", not mine.empty, "no new entry of that namespace"
        )
    )
    left_s = mine["ttl_left_s"]
    criteria.append(
        Criterion(
            f"and for {_TTL_S} seconds",
            not mine.empty and bool(left_s.between(_LEAST_LEFT_S, _TTL_S).all()),
            "nothing was kept" if mine.empty else f"{left_s.max():.0f} s left",
        )
    )
    return criteria


def _grade_desk(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """Customers with answers of their own, and one who is forgotten at once while the other is not."""
    criteria, cache, functions = _setting(variables, "desk", "forget")
    if cache is None:
        return criteria
    desk, forget = _Recorder(functions[0]), functions[1]
    mark = uuid.uuid4().hex[:8]
    ann, ben = f"ann-{mark}", f"ben-{mark}"
    questions = [f"What is a rate limit? [{mark}]", f"What is a cache hit? [{mark}]"]
    firsts = [desk(question, ann) for question in questions]
    first = firsts[0]
    criteria.append(_returned("desk(question, customer)", first, desk))
    if first is None:
        return criteria
    anns = [desk(question, ann) for question in questions]
    holds, found = _is_hit_of(anns[0], first, desk)
    criteria.append(Criterion("a customer who asks again is answered from the cache", holds, found))
    desk(questions[0], ben)
    bens = desk(questions[0], ben)
    criteria.append(
        Criterion(
            "another customer with the same question gets an answer of their own",
            bens is not None and bens.completion.id != first.completion.id,
            desk.failure or "the first customer's answer",
        )
    )
    ann_keys, ben_keys = _keys_of(anns), _keys_of([bens])
    criteria.append(
        Criterion(
            f"the answers lie in namespaces that begin with `{DESK}-`",
            bool(ann_keys) and all(key.startswith(f"{DESK}-") for key in ann_keys | ben_keys),
            ", ".join(sorted({key.rpartition(":")[0] or "no namespace" for key in ann_keys | ben_keys}))
            or "nothing was kept",
        )
    )
    if not all(criterion.met for criterion in criteria):
        return [*criteria, Criterion("`forget(customer)` takes the answers away", False, "not asked yet")]
    return criteria + _after_forget(cache, desk, forget, (ann, ben), questions, (ann_keys, ben_keys))


def _after_forget(
    cache: Cache,
    desk: _Recorder,
    forget: Callable[[str], Any],
    customers: tuple[str, str],
    questions: Sequence[str],
    keys: tuple[set[str], set[str]],
) -> list[Criterion]:
    """What holds once the first of two customers was forgotten."""
    ann, ben = customers
    _, failure = call_learner(forget, ann)
    if failure:
        return [Criterion("`forget(customer)` runs", False, failure)]
    there = set(cache.entries()["key"])
    left = keys[0] & there
    anew = [desk(question, ann) for question in questions]
    bens = desk(questions[0], ben)
    return [
        Criterion(
            "after `forget(customer)` nothing of that customer's is left in Redis",
            not left,
            f"{len(left)} of {len(keys[0])} entries",
        ),
        Criterion(
            "who was forgotten is answered by the provider again, at once",
            all(answer is not None and not answer.call.cache_hit for answer in anew),
            desk.failure or "the old answer, which the worker still had in its memory",
        ),
        Criterion(
            "the other customer's answer is still kept",
            keys[1] <= there and bens is not None and bens.call.cache_hit,
            desk.failure or "it is gone, too",
        ),
    ]


class _Recorder:
    """A learner's function: `failure` says how the last call failed, `repeated` that it gave an old call's answer."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.failure = ""
        self._seen: set[str | None] = set()
        self.repeated = False

    def __call__(self, *arguments: str) -> Answer | None:
        answer, self.failure = ask_learner(self._function, *arguments)
        if answer is None:
            return None
        # An answer that the function itself has kept has the id of a call that was made before.
        self.repeated = answer.call.request_id in self._seen
        self._seen.add(answer.call.request_id)
        return answer


def _returned(what: str, answer: Answer | None, function: _Recorder) -> Criterion:
    return Criterion(f"`{what}` returns an answer", answer is not None, function.failure)


def _is_hit_of(again: Answer | None, first: Answer, function: _Recorder) -> tuple[bool, str]:
    """Whether the gateway's cache gave the first answer again, and what happened instead."""
    if again is None:
        return False, function.failure
    if function.repeated:
        return False, "the function kept the answer itself, and the gateway was not asked"
    if not again.call.cache_hit:
        return False, "the provider was asked"
    same = again.completion.id == first.completion.id
    return same, "" if same else "another answer than the first time"


def _keys_of(answers: Sequence[Answer | None]) -> set[str]:
    """The entries' keys, which hits tell."""
    return {answer.call.cache_key for answer in answers if answer is not None and answer.call.cache_key}


def _setting(
    variables: Mapping[str, Any], *names: str
) -> tuple[list[Criterion], Cache | None, list[Callable[..., Any]]]:
    """(what was found so far, the cache or None where something is missing, the learner's functions)."""
    criteria, functions = [], []
    for name in names:
        given = variables.get(name)
        criteria.append(Criterion(f"`{name}` is a function", callable(given), repr(given)[:80]))
        functions.append(given)
    cache, there = variable(variables, "cache", Cache)
    _, other = variable(variables, "gateway", Gateway)
    criteria += [criterion for criterion in (there, other) if not criterion.met]
    ready = all(criterion.met for criterion in criteria)
    return criteria, (cache if ready else None), functions  # type: ignore[return-value]  # callable where ready


EXERCISES = (
    Exercise(
        "03.1",
        _grade_faq,
        (
            "The cache compares letter by letter. So make the spellings alike before you ask.",
            '`" ".join(question.split())` leaves one space between words and none around them; '
            "`.lower()` makes letters small.",
            f'Where and how long: `**cache_controls(namespace="{FAQ}", ttl_s={_TTL_S})`.',
        ),
    ),
    Exercise(
        "03.2",
        _grade_desk,
        (
            f'A namespace for each customer: `namespace=f"{DESK}-{{customer}}"`.',
            "`cache.delete_namespace(…)` empties it in Redis. Why does the old answer still come? See section 5.",
            "The worker cannot be told to forget. But it never looks into a namespace that you no longer ask in: after "
            "`forget`, ask in another one.",
            "Keep a count per customer in a dict, make it part of the namespace's name, and let `forget` raise it, "
            "after it has deleted.",
        ),
    ),
)
