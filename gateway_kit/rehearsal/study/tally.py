"""What the walk comes to: hits by threshold, and between which thresholds their similarities lie. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway_kit.rehearsal.study.walk import Answered

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What is summed: calls, US dollars, seconds.
MEASURES = 3


@dataclass(frozen=True)
class Tally:
    """Hits of each threshold, in calls, US dollars and seconds (the last axis).

    calls   all of the log: shape (3,)
    exact   hits whose answer was kept for the very same text: (thresholds, 3)
    near    hits whose answer was kept for another text, by the band of their similarity: (thresholds, bands, 3). Band b
            lies from threshold b up to the next one
    plain   hits of an exact cache: (3,)
    """

    calls: NDArray[np.float64]
    exact: NDArray[np.float64]
    near: NDArray[np.float64]
    plain: NDArray[np.float64]


@dataclass(frozen=True)
class NearPairs:
    """Pairs of texts of which the second got the first's answer at some threshold; arrays with a row each.

    weight  the most calls, at one threshold, that the first answers for the second
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    similarity: NDArray[np.float64]
    weight: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.first)


def tally(
    answered: Answered,
    text: NDArray[np.int32],
    thresholds: Sequence[float],
    usd: NDArray[np.float64],
    saved_s: NDArray[np.float64],
    plain: NDArray[np.bool_],
) -> Tally:
    """The sums. `usd` and `saved_s` are what a hit saves of each call, `plain` the hits of an exact cache."""
    worth = np.column_stack([np.ones(len(text)), usd, saved_s])
    levels = len(thresholds)
    exact, near = np.zeros((levels, MEASURES)), np.zeros((levels, levels, MEASURES))
    for level in range(levels):
        by = answered.text[:, level]
        exact[level] = worth[by == text].sum(axis=0)
        others = (by >= 0) & (by != text)
        band = band_of(answered.similarity[others, level], thresholds)
        for measure in range(MEASURES):
            near[level, :, measure] = np.bincount(band, weights=worth[others, measure], minlength=levels)
    return Tally(worth.sum(axis=0), exact, near, worth[plain].sum(axis=0))


def near_pairs(answered: Answered, text: NDArray[np.int32]) -> NearPairs:
    """Each pair of texts that met in a near hit."""
    texts = int(text.max(initial=0)) + 1
    codes: list[NDArray[np.int64]] = []
    counts: list[NDArray[np.int64]] = []
    similarities: list[NDArray[np.float64]] = []
    for level in range(answered.text.shape[1]):
        by = answered.text[:, level].astype("int64")
        others = (by >= 0) & (by != text)
        code, place, count = np.unique(
            by[others] * texts + text[others], return_index=True, return_counts=True
        )
        codes.append(code)
        counts.append(count.astype("int64"))
        similarities.append(answered.similarity[others, level][place].astype("float64"))
    code, place, number = np.unique(np.concatenate(codes), return_index=True, return_inverse=True)
    weight = np.zeros(len(code), "int64")
    np.maximum.at(weight, number.reshape(-1), np.concatenate(counts))
    return NearPairs(code // texts, code % texts, np.concatenate(similarities)[place], weight)


def pair_worth(
    answered: Answered, text: NDArray[np.int32], first: int, second: int, worth: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What one pair's hits come to, by threshold: shape (thresholds, 3). `worth` has a row a call."""
    asked = np.flatnonzero(text == second)
    hit: NDArray[np.float64] = (answered.text[asked] == first).astype("float64")
    sums: NDArray[np.float64] = hit.T @ worth[asked]
    return sums


def band_of(similarity: NDArray[np.floating], thresholds: Sequence[float]) -> NDArray[np.intp]:
    """The number of the highest threshold at or below each similarity."""
    rounded = np.asarray(similarity, "float64") + 1e-6
    return np.maximum(np.searchsorted(np.array(thresholds), rounded, side="right") - 1, 0)


def chosen_order(pairs: NearPairs, thresholds: Sequence[float], *, most: int, seed: int) -> NDArray[np.intp]:
    """Which pairs to label, the most telling first: one of each band in turn, the frequent ones first.

    Within a band a pair is drawn in proportion to its calls, without replacement, so that however many of them are
    labelled, their share of right ones estimates that of the band's calls.
    """
    draws = np.log(np.random.default_rng(seed).random(len(pairs))) / np.maximum(pairs.weight, 1)
    band = band_of(pairs.similarity, thresholds)
    order = np.lexsort((-draws, band))
    turn = np.empty(len(pairs), "int64")
    starts = np.searchsorted(band[order], band[order], side="left")
    turn[order] = np.arange(len(pairs)) - starts
    return np.lexsort((band, turn))[:most]
