"""A semantic cache walked through a log: against one that looks at every entry, one call and threshold at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gateway_kit.rehearsal.study import walk as walk_module
from gateway_kit.rehearsal.study.walk import Answered, Log, exact_hits, walk

THRESHOLDS = (0.6, 0.8, 0.9, 0.97)


def naive(log: Log, vectors: Any, threshold: float, ttl_s: float | None) -> list[int]:
    """The texts that answer, by looking at each kept entry."""
    entries: list[tuple[int, int, float]] = []  # scope, text, stored
    answers = []
    for scope, text, at, lasts_s in zip(log.scope, log.text, log.at, log.lasts_s, strict=True):
        alive = [
            (1.1 if kept == text else float(vectors[kept] @ vectors[text]), kept, stored)
            for its, kept, stored in entries
            if its == scope and (ttl_s is None or stored >= at - ttl_s)
        ]
        hits = [(alike, kept) for alike, kept, stored in alive if stored <= at and alike >= threshold - 1e-6]
        answers.append(max(hits)[1] if hits else -1)
        if not hits and not any(kept == text for _, kept, _ in alive):
            entries.append((scope, text, at + lasts_s))
    return answers


def made_log(seed: int, calls: int, texts: int, scopes: int) -> tuple[Log, Any]:
    """Texts in clusters, of which some are asked again and again."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(max(texts // 6, 1), 16))
    vectors = centres[random.integers(len(centres), size=texts)] + 0.35 * random.normal(size=(texts, 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    text = random.zipf(1.3, size=calls) % texts
    # By first appearance, as the study numbers them.
    _, first, number = np.unique(text, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    at = np.cumsum(random.exponential(1.0, size=calls))
    log = Log(
        rank[number].astype("int32"), random.integers(scopes, size=calls).astype("int32"), at,
        random.exponential(1.5, size=calls),
    )  # fmt: skip
    return log, vectors[: len(first)].astype("float32")


@pytest.mark.parametrize("ttl_s", [None, 20.0, 150.0])
@pytest.mark.parametrize("scopes", [1, 3])
def test_each_threshold_answers_as_a_cache_of_its_own_would(
    ttl_s: float | None, scopes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Small blocks, so that entries of earlier blocks and of the same one answer.
    monkeypatch.setattr(walk_module, "BLOCK_CALLS", 16)
    monkeypatch.setattr(walk_module, "BLOCK_VECTORS", 24)
    log, vectors = made_log(3, calls=400, texts=150, scopes=scopes)
    progress: list[int] = []
    answered = walk(log, vectors, THRESHOLDS, ttl_s=ttl_s, on_calls=progress.append)
    assert sum(progress) == 400
    for level, threshold in enumerate(THRESHOLDS):
        expected = naive(log, vectors, threshold, ttl_s)
        assert answered.text[:, level].tolist() == expected
        assert len({-1, *expected}) > 10, "the log is too plain to tell anything"


def test_the_similarity_is_that_of_the_text_that_answers() -> None:
    log, vectors = made_log(5, calls=300, texts=100, scopes=1)
    answered = walk(log, vectors, THRESHOLDS)
    for level, threshold in enumerate(THRESHOLDS):
        hit = answered.text[:, level] >= 0
        cosines = (vectors[log.text[hit]] * vectors[answered.text[hit, level]]).sum(axis=1)
        np.testing.assert_allclose(answered.similarity[hit, level], cosines, atol=1e-5)
        assert (answered.similarity[hit, level] >= threshold - 1e-5).all()
        assert (answered.similarity[~hit, level] == 0).all()


def small(**columns: Any) -> Log:
    calls = len(columns["text"])
    return Log(
        np.array(columns["text"], "int32"),
        np.array(columns.get("scope", [0] * calls), "int32"),
        np.array(columns.get("at", range(calls)), "float64"),
        np.array(columns.get("lasts_s", [0.0] * calls), "float64"),
    )


ONE, LIKE_IT, OTHER = [1.0, 0.0], [0.96, 0.28], [0.0, 1.0]
VECTORS = np.array([ONE, LIKE_IT, OTHER], "float32")


def texts(answered: Answered, level: int = 0) -> list[int]:
    return [int(text) for text in answered.text[:, level]]


def test_the_very_same_text_answers_before_one_that_is_like_it() -> None:
    # At 0.97 both are kept, at 0.9 only the first.
    answered = walk(small(text=[0, 1, 1, 0]), VECTORS, (0.9, 0.97))
    assert texts(answered, 0) == [-1, 0, 0, 0]
    assert texts(answered, 1) == [-1, -1, 1, 0]


def test_a_hit_does_not_lengthen_an_entrys_life() -> None:
    answered = walk(small(text=[0, 0, 0], at=[0, 8, 12]), VECTORS, (0.9,), ttl_s=10)
    assert texts(answered) == [-1, 0, -1]
    assert exact_hits(small(text=[0, 0, 0, 0], at=[0, 8, 12, 20]), ttl_s=10).tolist() == [
        False, True, False, True,
    ]  # fmt: skip


def test_what_is_asked_while_the_answer_is_on_its_way_goes_to_the_provider() -> None:
    log = small(text=[0, 1, 0], at=[0, 1, 3], lasts_s=[2.0, 2.0, 2.0])
    assert texts(walk(log, VECTORS, (0.9,))) == [-1, -1, 0]
    assert exact_hits(small(text=[0, 0, 0], at=[0, 1, 3], lasts_s=[2.0] * 3)).tolist() == [
        False, False, True,
    ]  # fmt: skip


def test_scopes_do_not_share_answers() -> None:
    assert texts(walk(small(text=[0, 1, 1], scope=[0, 1, 0]), VECTORS, (0.9,))) == [-1, -1, 0]
    assert exact_hits(small(text=[0, 0, 0], scope=[0, 1, 0])).tolist() == [False, False, True]


def test_many_like_texts_need_no_more_than_few_candidates() -> None:
    """All texts are alike at the lowest threshold and none at the highest, which keeps them all."""
    random = np.random.default_rng(1)
    vectors = np.ones((3000, 64)) + 0.3 * random.normal(size=(3000, 64))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype("float32")
    log = small(text=list(range(3000)))
    answered = walk(log, vectors, (0.6, 0.9999))
    assert texts(answered, 0) == [-1] + [0] * 2999
    assert texts(answered, 1) == [-1] * 3000
