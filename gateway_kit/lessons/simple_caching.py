"""The exercises of lesson 03: one question in many spellings, and customers who can be forgotten."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gateway_kit.gateway import Answer, Gateway
from gateway_kit.lessons.exercise import Criterion, Exercise, require
from gateway_kit.lessons.learner import ask_learner, call_learner

if TYPE_CHECKING:
    from gateway_kit.caching.cache import Cache

FAQ, DESK = "03-faq", "03-desk"
_MODEL = "gpt-4o-mini"
_TTL_S = 30
# The entries are read within a second or two; one with less than this left was not kept for 30 seconds.
_LEAST_LEFT_S = 20


def _grade_faq(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A function that gives all spellings of one question the same answer, and another question another."""
    function, gateway = require(variables, faq=callable, gateway=Gateway)
    cache, faq = gateway.cache, _Recorder(function)
    mark = uuid.uuid4().hex[:8]
    question = f"What is a virtual key? [{mark}]"
    before = set(cache.entries()["key"])
    first = faq(question)
    criteria = [_returned("faq(question)", first, faq)]
    if first is None:
        return criteria
    criteria.append(
        Criterion(f"it asks `{_MODEL}`", first.call.model == _MODEL, str(first.call.model)),
    )
    criteria.append(Criterion("a new question goes to the provider", not first.call.cache_hit, "a hit"))
    spellings = {
        "word for word": question,
        "with other spaces": f"  What is a  virtual\nkey?   [{mark}] ",
        "in capitals": question.upper(),
    }
    for how, spelling in spellings.items():
        again = faq(spelling)
        met, detail = _is_hit_of(again, first, faq)
        criteria.append(Criterion(f"asked again {how}, it is answered from the cache", met, detail))
    other = faq(f"What is a rate limit? [{mark}]")
    criteria.append(
        Criterion(
            "another question gets its own answer",
            other is not None and other.completion.id != first.completion.id,
            faq.failure or "the kept answer of the first question",
        )
    )
    entries = cache.entries()
    own_entries = entries[~entries["key"].isin(before) & (entries["namespace"] == FAQ)]
    criteria.append(
        Criterion(
            f"the answers are kept in the namespace `{FAQ}`",
            not own_entries.empty,
            "no new entry in that namespace",
        )
    )
    left_s = own_entries["ttl_left_s"]
    criteria.append(
        Criterion(
            f"they are kept for {_TTL_S} seconds",
            not own_entries.empty and bool(left_s.between(_LEAST_LEFT_S, _TTL_S).all()),
            "nothing was kept" if own_entries.empty else f"{left_s.max():.0f} s left",
        )
    )
    return criteria


def _grade_desk(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """Customers with answers of their own; one is forgotten at once, the other is not."""
    function, forget, gateway = require(variables, desk=callable, forget=callable, gateway=Gateway)
    desk = _Recorder(function)
    mark = uuid.uuid4().hex[:8]
    ann, ben = f"ann-{mark}", f"ben-{mark}"
    questions = [f"What is a rate limit? [{mark}]", f"What is a cache hit? [{mark}]"]
    first, _ = [desk(question, ann) for question in questions]
    criteria = [_returned("desk(question, customer)", first, desk)]
    if first is None:
        return criteria
    ann_answers = [desk(question, ann) for question in questions]
    met, detail = _is_hit_of(ann_answers[0], first, desk)
    criteria.append(Criterion("a customer who asks again is answered from the cache", met, detail))
    desk(questions[0], ben)
    ben_answer = desk(questions[0], ben)
    criteria.append(
        Criterion(
            "another customer with the same question gets their own answer",
            ben_answer is not None and ben_answer.completion.id != first.completion.id,
            desk.failure or "the first customer's answer",
        )
    )
    ann_keys, ben_keys = _keys_of(ann_answers), _keys_of([ben_answer])
    criteria.append(
        Criterion(
            f"the answers are in namespaces that begin with `{DESK}-`",
            bool(ann_keys) and all(key.startswith(f"{DESK}-") for key in ann_keys | ben_keys),
            ", ".join(sorted({key.rpartition(":")[0] or "no namespace" for key in ann_keys | ben_keys}))
            or "nothing was kept",
        )
    )
    if not all(criterion.met for criterion in criteria):
        return [*criteria, Criterion("`forget(customer)` deletes the answers", False, "not checked yet")]
    return criteria + _after_forget(gateway.cache, desk, forget, (ann, ben), questions, (ann_keys, ben_keys))


def _after_forget(
    cache: Cache,
    desk: _Recorder,
    forget: Callable[[str], Any],
    customers: tuple[str, str],
    questions: Sequence[str],
    keys: tuple[set[str], set[str]],
) -> list[Criterion]:
    """What must be true after the first of two customers was forgotten."""
    ann, ben = customers
    _, failure = call_learner(forget, ann)
    if failure:
        return [Criterion("`forget(customer)` runs", False, failure)]
    kept = set(cache.entries()["key"])
    remaining = keys[0] & kept
    new_answers = [desk(question, ann) for question in questions]
    ben_answer = desk(questions[0], ben)
    return [
        Criterion(
            "after `forget(customer)`, none of that customer's answers is left in Redis",
            not remaining,
            f"{len(remaining)} of {len(keys[0])} entries",
        ),
        Criterion(
            "the provider answers the forgotten customer again, at once",
            all(answer is not None and not answer.call.cache_hit for answer in new_answers),
            desk.failure or "the old answer, which the worker still had in its memory",
        ),
        Criterion(
            "the other customer's answer is still kept",
            keys[1] <= kept and ben_answer is not None and ben_answer.call.cache_hit,
            desk.failure or "it is gone, too",
        ),
    ]


class _Recorder:
    """A learner's function.

    `failure` is how the last call failed; `repeated` says that it returned the answer of an earlier call.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.failure = ""
        self._seen: set[str | None] = set()
        self.repeated = False

    def __call__(self, *arguments: str) -> Answer | None:
        answer, self.failure = ask_learner(self._function, *arguments)
        if answer is None:
            return None
        # An answer that the function itself has kept has the id of an earlier call.
        self.repeated = answer.call.request_id in self._seen
        self._seen.add(answer.call.request_id)
        return answer


def _returned(call: str, answer: Answer | None, function: _Recorder) -> Criterion:
    return Criterion(f"`{call}` returns an answer", answer is not None, function.failure)


def _is_hit_of(again: Answer | None, first: Answer, function: _Recorder) -> tuple[bool, str]:
    """(whether the gateway's cache returned the first answer again, or what happened instead)."""
    if again is None:
        return False, function.failure
    if function.repeated:
        return False, "the function kept the answer itself and did not ask the gateway"
    if not again.call.cache_hit:
        return False, "the provider was asked"
    same = again.completion.id == first.completion.id
    return same, "" if same else "another answer than the first time"


def _keys_of(answers: Sequence[Answer | None]) -> set[str]:
    """The entries' keys; only hits report them."""
    return {answer.call.cache_key for answer in answers if answer is not None and answer.call.cache_key}


EXERCISES = (
    Exercise(
        "03.1",
        _grade_faq,
        (
            "The cache compares letter by letter. So make the spellings equal before you ask.",
            '`" ".join(question.split())` leaves one space between words and none around them; '
            "`.lower()` makes all letters small.",
            f'Where and how long: `**cache.controls(namespace="{FAQ}", ttl_s={_TTL_S})`.',
        ),
    ),
    Exercise(
        "03.2",
        _grade_desk,
        (
            f'Use a namespace for each customer: `namespace=f"{DESK}-{{customer}}"`.',
            "`cache.delete_namespace(…)` empties it in Redis. Why does the old answer still come? See section 5.",
            "You cannot clear the worker's memory. But it never uses a namespace in which you no longer ask: after "
            "`forget`, ask in another one.",
            "Keep a count per customer in a dict, and make it part of the namespace's name. `forget` deletes, and then "
            "adds one to the count.",
        ),
    ),
)
