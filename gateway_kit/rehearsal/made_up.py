"""Texts for a log that has none: made up, of the logged number of tokens, the same for the same seed."""

from __future__ import annotations

import random
from collections import OrderedDict

from gateway_kit.rehearsal.call import LoggedCall

# What a chat adds to one message's text, in OpenAI's count.
_CHAT_TOKENS = 7
# Of a call whose log has no count either.
_DEFAULT_TOKENS = 40
# Words that a text consists of, besides its beginning.
_SUBJECT_WORDS = 12
# Calls remembered, so that a hit of the log's cache asks again what an earlier call asked.
_MOST_REMEMBERED = 100_000

# Each is one token with a space before it, for OpenAI's tokenizers.
_VOCABULARY = """
    about account across address again against agent along always amount analysis another answer article basic begin
    benefit better both brief broad build capital careful cause central change chapter client code continue control
    copy corner correct could course create current daily default demand design device direct discuss domain double
    down draft easy either enable entry error exact except expect extra feature figure follow frequent front give
    given good great guide handle hard health history hold house idea impact index inside issue item join know
    language later least less level like link list loss machine many market material matter maximum meeting memory
    message method might minimum minute model module money month much near need network normal note nothing notice
    number office open output over paper part party pass past period plan policy position price problem product
    proper public purpose quality rate reach read reason recent record release report research resource rest return
    right round rule safe same scale school second session several share short similar social some speed stage still
    stock sure system target term they thing through time today together tool total traffic train transfer trend
    until update various version very water well what within without work would write year young
"""
_WORDS = _VOCABULARY.split()


class MadeUpTexts:
    """The texts of a run's calls.

    A call that the log's cache answered gets the text of the last earlier call of the same kind, model, user and token
    counts, a stream that of a stream, so that a cache can answer it here too; every other call has a text of its own.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._asked: OrderedDict[tuple[object, ...], int] = OrderedDict()

    def text_of(self, call: LoggedCall) -> str:
        """The text that stands for the call's prompt; calls have to come in their order."""
        likeness = (call.kind, call.model, call.stream, call.user, call.prompt_tokens, call.completion_tokens)
        number = self._asked.get(likeness, call.number) if call.cache_hit else call.number
        if call.prompt_tokens is not None:
            self._asked[likeness] = number
            self._asked.move_to_end(likeness)
            if len(self._asked) > _MOST_REMEMBERED:
                self._asked.popitem(last=False)
        tokens = _DEFAULT_TOKENS if call.prompt_tokens is None else call.prompt_tokens
        return made_up_text(self._seed, number, tokens - (_CHAT_TOKENS if call.kind == "chat" else 0))


def made_up_text(seed: int, number: int, tokens: int) -> str:
    """A text of about so many tokens that no other number has."""
    draw = random.Random(f"{seed} {number}")  # noqa: S311 - no secret
    # Of few words each: long texts of the same two hundred would be alike to a semantic cache, which would answer them.
    subject = draw.sample(_WORDS, _SUBJECT_WORDS)
    begin = _in_words(number)
    return " ".join([*begin, *draw.choices(subject, k=max(0, tokens - len(begin)))])


def _in_words(number: int) -> list[str]:
    """The number with words as its digits, one at least."""
    rest, digit = divmod(number, len(_WORDS))
    return [*(_in_words(rest - 1) if rest else ()), _WORDS[digit]]
