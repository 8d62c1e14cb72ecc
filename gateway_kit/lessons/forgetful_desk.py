"""The grader of exercise 03.2: customers with answers of their own, of whom one is forgotten, more than once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway_kit.caching.cache import Cache
from gateway_kit.gateway import Answer, Gateway
from gateway_kit.lessons.exercise import Criterion, require
from gateway_kit.lessons.learner import call_learner
from gateway_kit.lessons.learners_calls import LearnersCalls, keys_of

DESK = "03-desk"
# Two namespaces in turn bring an old answer back at the second time, three at the third.
_TIMES = 3


def grade_desk(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """Customers with answers of their own; one is forgotten at once, the others are not."""
    function, forget, gateway = require(variables, desk=callable, forget=callable, gateway=Gateway)
    desk, mark = LearnersCalls(function), uuid.uuid4().hex[:6]
    # The others' names contain the forgotten one's, at the beginning and at the end.
    ann, others = f"{mark}-ann", (f"{mark}-anna", f"jo-{mark}-ann", f"{mark}-ben")
    questions = [f"What is a rate limit? [{mark}]", f"What is a cache hit? [{mark}]"]
    first, _ = [desk(question, ann) for question in questions]
    criteria = [desk.returned("desk(question, customer)", first)]
    if first is None:
        return criteria
    met, found = desk.hit_of(first, questions[0], ann)
    criteria.append(Criterion("a customer who asks again is answered from the cache", met, found))
    own = {customer: desk(questions[0], customer) for customer in others}
    ids = {answer.completion.id for answer in own.values() if answer is not None} | {first.completion.id}
    criteria.append(
        Criterion(
            "another customer with the same question gets their own answer",
            len(ids) == 1 + len(others),
            desk.failure or "another customer's answer",
        )
    )
    ann_keys = keys_of([desk(question, ann) for question in questions])
    keys = {customer: keys_of([desk(questions[0], customer)]) for customer in others}
    criteria.append(_named(ann_keys.union(*keys.values())))
    if not all(criterion.met for criterion in criteria):
        return [*criteria, Criterion("`forget(customer)` deletes the answers", False, "not checked yet")]
    return [*criteria, *_after_forget(gateway.cache, desk, forget, ann, questions, ann_keys, keys, own)]


def _named(keys: set[str]) -> Criterion:
    places = sorted({key.rpartition(":")[0] or "no namespace" for key in keys})
    return Criterion(
        f"the answers are in namespaces that begin with `{DESK}-`",
        bool(places) and all(place.startswith(f"{DESK}-") for place in places),
        ", ".join(places) or "nothing was kept",
    )


def _after_forget(
    cache: Cache,
    desk: LearnersCalls,
    forget: Callable[[str], Any],
    ann: str,
    questions: Sequence[str],
    ann_keys: set[str],
    keys: Mapping[str, set[str]],
    own: Mapping[str, Answer | None],
) -> list[Criterion]:
    """What must be true after one of the customers was forgotten, once and again."""
    if failure := call_learner(forget, ann)[1]:
        return [Criterion("`forget(customer)` runs", False, failure)]
    kept = set(cache.entries()["key"])
    lost = [customer for customer, theirs in keys.items() if not theirs <= kept]
    lost += [c for c in keys if c not in lost and not desk.hit_of(own[c], questions[0], c)[0]]
    anew = [desk(question, ann) for question in questions]
    return [
        Criterion(
            "after `forget(customer)`, none of that customer's answers is left in Redis",
            not ann_keys & kept,
            f"{len(ann_keys & kept)} of {len(ann_keys)} entries",
        ),
        Criterion(
            "the provider answers the forgotten customer again, at once",
            all(answer is not None and not answer.call.cache_hit for answer in anew),
            desk.failure or "the old answer, which the worker still had in its memory",
        ),
        Criterion(
            "the other customers' answers are still kept",
            not lost,
            f"gone: that of {', '.join(map(repr, lost))} when {ann!r} was forgotten",
        ),
        *_again(cache, desk, forget, ann, questions, anew[0]),
    ]


def _again(
    cache: Cache,
    desk: LearnersCalls,
    forget: Callable[[str], Any],
    ann: str,
    questions: Sequence[str],
    newest: Answer | None,
) -> list[Criterion]:
    """Whether a forgotten customer's new answers are kept, and can be forgotten too."""
    caches = Criterion(
        "the forgotten customer's new answer is kept again", *desk.hit_of(newest, questions[0], ann)
    )
    forgets = "a customer can be forgotten again"
    if not caches.met:
        return [caches, Criterion(forgets, False, "not checked yet")]
    for time in range(2, _TIMES + 1):
        before = keys_of([desk(question, ann) for question in questions])
        if failure := call_learner(forget, ann)[1]:
            return [caches, Criterion(forgets, False, failure)]
        left = before & set(cache.entries()["key"])
        answer = desk(questions[0], ann)
        if left or answer is None or answer.call.cache_hit:
            found = desk.failure or (
                "it is left in Redis"
                if left
                else "an old answer came back, which the worker still had in its memory"
            )
            return [caches, Criterion(forgets, False, f"time {time}: {found}")]
    return [caches, Criterion(forgets, True)]
