"""The guard: which numbers and negations it finds, and which questions share a namespace."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_kit.caching.cache import Cache
from gateway_kit.caching.guard import guard_namespace, negations_in, numbers_in
from gateway_kit.caching.pairs import labelled_pairs


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("How do I cook rice for 20 people?", ("20",)),
        ("the 2nd of three", ("2", "3")),
        ("10,000 or 10000", ("10000", "10000")),
        ("version 2.1, not 21", ("2.1", "21")),
        ("two, then 10", ("2", "10")),
        ("Which planet is the fifth from the Sun?", ("5",)),
        ("What is 15% of 80?", ("15", "80")),
        ("Nothing to count here.", ()),
        ("", ()),
    ],
)
def test_numbers_are_read_in_their_order(text: str, numbers: tuple[str, ...]):
    assert numbers_in(text) == numbers


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Which foods do not contain gluten?", 1),
        ("What can't I recycle?", 1),
        ("What can\N{RIGHT SINGLE QUOTATION MARK}t I recycle?", 1),
        ("I will never go without it", 2),
        ("NOT that", 1),
        ("a knot, notable and annoying", 0),
        ("I note it, and another", 0),
    ],
)
def test_negating_words_are_counted(text: str, count: int):
    assert negations_in(text) == count


@pytest.mark.parametrize(
    ("kept", "asked", "accepted"),
    [
        ("Convert 10 miles.", "Please convert ten miles!", True),
        ("Convert 10 miles.", "Convert 100 miles.", False),
        ("2 of 3", "3 of 2", False),
        ("Which foods contain gluten?", "Which foods don't contain gluten?", False),
        ("Which foods do not contain gluten?", "Which foods don't contain gluten?", True),
        ("I never go without it.", "I always go with it.", True),
    ],
)
def test_questions_share_a_namespace_if_numbers_and_sense_are_equal(kept: str, asked: str, accepted: bool):
    assert (guard_namespace(kept) == guard_namespace(asked)) is accepted


WORDS = (
    "convert",
    "10",
    "ten",
    "100",
    "miles",
    "not",
    "don't",
    "never",
    "2.1",
    "2,1",
    "first",
    "1",
    "0",
    "zero",
)
words = st.sampled_from(WORDS)
texts = st.one_of(st.text(max_size=40), st.lists(words, max_size=6).map(" ".join))


@given(texts, texts)
def test_questions_meet_exactly_if_numbers_and_negation_agree(one: str, other: str):
    agree = numbers_in(one) == numbers_in(other) and negations_in(one) % 2 == negations_in(other) % 2
    assert (guard_namespace(one) == guard_namespace(other)) is agree


@given(texts)
def test_every_text_has_a_valid_namespace(text: str):
    namespace = guard_namespace(text)
    assert Cache.controls(namespace=namespace) == {"extra_body": {"cache": {"namespace": namespace}}}
    assert guard_namespace(text) == namespace


def test_it_separates_labelled_pairs_by_number_and_keeps_rewordings_together():
    pairs = labelled_pairs()
    pairs["accepted"] = pairs["first"].map(guard_namespace) == pairs["second"].map(guard_namespace)
    share = pairs.groupby("kind")["accepted"].mean()
    assert share["number"] == 0
    assert share["rewording"] == 1
    assert share["negation"] < 0.5
    assert share["unit"] == 1  # what lesson 04 says it does not see
