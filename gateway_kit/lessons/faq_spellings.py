"""The grader of exercise 03.1: all spellings of one question share an answer, and other questions do not."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gateway_kit.errors import KitError
from gateway_kit.gateway import Answer, Gateway
from gateway_kit.lessons.exercise import Criterion, require
from gateway_kit.lessons.learners_calls import LearnersCalls

if TYPE_CHECKING:
    import pandas as pd

FAQ = "03-faq"
TTL_S = 30
_MODEL = "gpt-4o-mini"
_QUESTION = "Is a call of 1.5 USD dearer than one of 2 USD?"
_SPELLINGS: Mapping[str, str] = {
    "word for word": _QUESTION,
    "with other spaces and line breaks": "  Is a  call of\n1.5 USD     dearer than\n\none of 2 USD? ",
    "in capitals": _QUESTION.upper(),
}
# Each differs in one thing that a function which makes spellings equal may not throw away.
_OTHERS: Mapping[str, str] = {
    "with its words in another order": "Is a call of 2 USD dearer than one of 1.5 USD?",
    "with another number": "Is a call of 1.5 USD dearer than one of 3 USD?",
    "with other punctuation": "Is a call of 15 USD dearer than one of 2 USD?",
    "with one short word more": "Is a call of 1.5 USD not dearer than one of 2 USD?",
    "with another letter": "Is a càll of 1.5 USD dearer than one of 2 USD?",
    "with two words run together": "Is a call of 1.5 USD dearerthan one of 2 USD?",
    "with another end": "Is a call of 1.5 USD dearer than one of 2 EUR?",
}


def grade_faq(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A function that gives all spellings of one question the same answer, and other questions their own."""
    function, gateway = require(variables, faq=callable, gateway=Gateway)
    faq, mark = LearnersCalls(function), uuid.uuid4().hex[:8]
    before = set(gateway.cache.entries()["key"])
    began = time.monotonic()
    first = faq(f"{_QUESTION} [{mark}]")
    criteria = [faq.returned("faq(question)", first)]
    if first is None:
        return criteria
    criteria += [
        Criterion(f"it asks `{_MODEL}`", first.call.model == _MODEL, str(first.call.model)),
        Criterion("a new question goes to the provider", not first.call.cache_hit, "a hit"),
        *_provider_was_asked(gateway, first),
    ]
    for how, spelling in _SPELLINGS.items():
        again = spelling + (f" [{mark}]".upper() if spelling.isupper() else f" [{mark}]")
        met, found = faq.hit_of(first, again)
        criteria.append(Criterion(f"asked again {how}, it is answered from the cache", met, found))
    answers, merged = {first.completion.id}, []
    for how, other in _OTHERS.items():
        answer = faq(f"{other} [{mark}]")
        if answer is None or answer.completion.id in answers:
            merged.append(how)
        answers |= {answer.completion.id} if answer else set()
    criteria.append(
        Criterion(
            "a question that differs in anything else gets its own answer",
            not merged,
            faq.failure or f"another question's answer for one {', one '.join(merged)}",
        )
    )
    entries = gateway.cache.entries()
    passed_s = time.monotonic() - began
    kept = entries[~entries["key"].isin(before) & (entries["namespace"] == FAQ)]
    return [*criteria, *_kept(kept["ttl_left_s"], passed_s)]


def _kept(left_s: pd.Series[float], passed_s: float) -> list[Criterion]:
    """Whether the answers, all asked for in the last `passed_s` seconds, are kept as long as they should."""
    place = f"the answers are kept in the namespace `{FAQ}`"
    seconds = f"they are kept for {TTL_S} seconds"
    if left_s.empty:
        return [
            Criterion(place, False, "no new entry in that namespace"),
            Criterion(seconds, False, "nothing was kept"),
        ]
    met = bool(left_s.between(TTL_S - passed_s, TTL_S).all())
    found = f"{left_s.min():.0f} to {left_s.max():.0f} s left, {passed_s:.0f} s after the first call"
    return [Criterion(place, True), Criterion(seconds, met, found)]


def _provider_was_asked(gateway: Gateway, first: Answer) -> list[Criterion]:
    """Whether the simulated provider got the question; nothing where another provider answers."""
    try:
        journal = gateway.providers.journal(limit=200)
    except KitError:
        return []
    prompts = journal.loc[journal["response_id"] == first.completion.id, "prompt"].dropna()
    if prompts.empty:
        return []
    met = _plain(_QUESTION) in _plain(str(prompts.iloc[0]))
    return [Criterion("the provider is asked the question itself", met, f"{prompts.iloc[0]!r:.80}")]


def _plain(text: str) -> str:
    """The words, with one space between them: a question without spaces is not the question any more."""
    return " ".join(text.split()).casefold()
