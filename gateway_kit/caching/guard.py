"""A guard for semantic hits: questions whose numbers or negations differ never share an answer. Pure. Internal.

An embedding represents what a text is about, and hardly a digit or a `not`; a few lines of code find exactly those.
Such a guard needs no change to LiteLLM: what it finds becomes the request's namespace, and requests of different
namespaces do not meet in the cache.
"""

from __future__ import annotations

import hashlib
import re

# English, as the labelled pairs are; another language needs words of its own.
_WORDS = {
    word: str(number)
    for words in (
        "zero one two three four five six seven eight nine ten eleven twelve",
        "zeroth first second third fourth fifth sixth seventh eighth ninth tenth",
    )
    for number, word in enumerate(words.split())
}
_NEGATIONS = {
    "not",
    "no",
    "never",
    "none",
    "nobody",
    "nothing",
    "neither",
    "nor",
    "without",
    "cannot",
    "lack",
    "lacks",
}
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[a-z]+(?:'[a-z]+)?")


def numbers_in(text: str) -> tuple[str, ...]:
    """The numbers of a text in their order, digits and words alike: "the 2nd of three" gives ("2", "3")."""
    numbers = (_number(token) for token in _tokens(text))
    return tuple(number for number in numbers if number)


def negations_in(text: str) -> int:
    """How many words of a text negate: not, n't, never, without and the like."""
    return sum(token in _NEGATIONS or token.endswith("n't") for token in _tokens(text))


def guard_namespace(text: str) -> str:
    """The namespace of a question, by its numbers and negations in English.

    Two questions have the same namespace if they have the same numbers in the same order, and both or neither negate.

    Example:
        >>> gateway.ask(question, **gateway.cache.controls(namespace=gateway.cache.guard(question)))
    """
    key = f"{','.join(numbers_in(text))};{negations_in(text) % 2}"
    return f"guard-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))


def _number(token: str) -> str:
    # 10,000 and 10000 are one number; 2.1 and 21 are two.
    return token.replace(",", "") if token[0].isdigit() else _WORDS.get(token, "")
