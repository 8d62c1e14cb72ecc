"""A guard for semantic hits: questions whose numbers or negations differ never share an answer. Pure functions.

An embedding sees what a text is about, and hardly sees a digit or a `not`. A few lines of code see nothing else. Such
a guard needs no change to LiteLLM: what it reads becomes the request's namespace, and requests of different
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
    found = (_number(token) for token in _tokens(text))
    return tuple(number for number in found if number)


def negations_in(text: str) -> int:
    """How many words of a text negate: not, n't, never, without and the like."""
    return sum(token in _NEGATIONS or token.endswith("n't") for token in _tokens(text))


def guard_accepts(kept: str, asked: str) -> bool:
    """Whether the answer to `kept` may be given to `asked`, as far as numbers and negations tell."""
    return numbers_in(kept) == numbers_in(asked) and negations_in(kept) % 2 == negations_in(asked) % 2


def guard_namespace(text: str) -> str:
    """A namespace that two questions share exactly if `guard_accepts` accepts them.

    gateway.ask(question, **cache_controls(namespace=guard_namespace(question)))
    """
    facts = f"{','.join(numbers_in(text))};{negations_in(text) % 2}"
    return f"guard-{hashlib.sha256(facts.encode()).hexdigest()[:16]}"


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))


def _number(token: str) -> str:
    # 10,000 and 10000 are one number; 2.1 and 21 are two.
    return token.replace(",", "") if token[0].isdigit() else _WORDS.get(token, "")
