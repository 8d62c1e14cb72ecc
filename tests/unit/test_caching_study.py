"""The study of a semantic cache: each step of its story, and that no step changes another."""

from __future__ import annotations

from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest

from gateway_kit.caching.cache import Cache
from gateway_kit.caching.pairs import labelled_pairs
from gateway_kit.caching.study import SemanticStudy
from gateway_kit.caching.thresholds import threshold_table
from gateway_kit.errors import CacheError
from gateway_kit.gateway import Gateway
from gateway_kit.litellm_api.connection import Connection


class Embedder(Gateway):
    """A gateway that can only embed: a text's vector is how often each letter occurs in it."""

    def __init__(self) -> None:
        transport = httpx.MockTransport(lambda request: httpx.Response(500))
        super().__init__(Connection("http://gateway.test", "sk-key"), transport=transport)
        self.embedded: list[tuple[list[str], str]] = []

    def embed(self, texts: Any, model: str = "", **_: Any) -> Any:  # type: ignore[override]
        self.embedded.append((list(texts), model))
        return np.array([[float(text.count(letter)) for letter in "abcdefgh"] for text in texts])


@pytest.fixture
def gateway() -> Embedder:
    return Embedder()


@pytest.fixture
def cache(gateway: Embedder) -> Cache:
    return Cache("redis://127.0.0.1:1/0", gateway)


MINE = pd.DataFrame({
    "first": ["a cab", "2 cabs", "a cab"], "second": ["A cab.", "3 cabs", "no cab"], "same": [True, False, False],
})  # fmt: skip


def test_it_measures_the_kits_pairs_with_one_call(cache: Cache, gateway: Embedder) -> None:
    study = cache.study()
    pairs = study.pairs
    pd.testing.assert_frame_equal(pairs.drop(columns="similarity"), labelled_pairs())
    assert pairs["similarity"].between(-1, 1 + 1e-9).all()
    ((texts, model),) = gateway.embedded
    assert (set(texts), model) == ({*pairs["first"], *pairs["second"]}, "local-embed")


def test_it_measures_pairs_of_your_own_with_a_model_of_your_choice(cache: Cache, gateway: Embedder) -> None:
    study = cache.study(MINE, model="other-embed")
    assert len(study) == 3
    assert study.pairs["similarity"].tolist() == pytest.approx([4 / 18**0.5, 1.0, 4 / 18**0.5])
    assert gateway.embedded[0][1] == "other-embed"


def test_a_guard_separates_numbers_and_negations_and_can_be_replaced(cache: Cache) -> None:
    study = cache.study(MINE)
    assert study.hits_at(0.0).tolist() == [True, True, True]
    assert study.guarded().hits_at(0.0).tolist() == [True, False, False]
    assert study.guarded(lambda question: question[0]).hits_at(0.0).tolist() == [False, False, False]
    assert study.guarded(lambda question: "one").hits_at(0.0).tolist() == [True, True, True]


def test_the_guard_gives_a_namespace_that_a_request_can_have(cache: Cache) -> None:
    assert cache.guard("2 cabs") == cache.guard("two cabs") != cache.guard("3 cabs")
    assert cache.controls(namespace=cache.guard("2 cabs"))["extra_body"]["cache"]["namespace"]


def test_thresholds_count_the_guard_and_the_weights(cache: Cache) -> None:
    study = cache.study()
    both = study.guarded().as_traffic(rephrased=0.3, near_miss=0.02, topic=0.3)
    assert {"similarity", "accepted", "weight"} <= set(both.pairs.columns)
    table = both.thresholds([0.8, 0.9], wrong_usd=0.5, call_usd=0.01)
    expected = threshold_table(both.pairs, [0.8, 0.9], wrong_usd=0.5, call_usd=0.01)
    pd.testing.assert_frame_equal(table, expected)
    assert table["hits"].tolist() == [int(both.hits_at(t).sum()) for t in (0.8, 0.9)]
    assert len(study.thresholds()) == 51


def test_no_step_changes_the_study_that_it_begins_from(cache: Cache) -> None:
    study = cache.study()
    before = study.pairs
    pairs = study.pairs
    pairs["same"] = False
    study.guarded()
    study.as_traffic(rephrased=1.0)
    study.only("number")
    pd.testing.assert_frame_equal(study.pairs, before)


def test_only_some_kinds_stay_and_the_guard_with_them(cache: Cache) -> None:
    some = cache.study().guarded().only("number", "unit")
    assert set(some.pairs["kind"]) == {"number", "unit"}
    assert some.pairs["accepted"].tolist() == (some.pairs["kind"] == "unit").tolist()


def test_the_errors_say_what_a_study_needs(cache: Cache) -> None:
    with pytest.raises(CacheError, match=r"gateway\.stack\.semantic_gateway"):
        cache.study().ask()
    with pytest.raises(CacheError, match="needs a gateway"):
        Cache("redis://127.0.0.1:1/0").study()
    with pytest.raises(CacheError, match=r"gateway\.stack\.semantic_gateway"):
        SemanticStudy(MINE).ask()
