"""A semantic cache walked through a log, at all thresholds at once. Pure functions on numbers.

A call is answered by the most similar entry of its scope that is kept at this moment, if the threshold lets it; else
the provider answers, and that answer is kept. What is kept depends on the threshold, so each one has a cache of its
own; their similarities are the same, and are computed once, as products of blocks of vectors.

As LiteLLM does it: an entry lives its TTL from when it was stored, whatever hits it; what is asked while the answer is
still on its way goes to the provider too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Calls that are compared at once, and vectors that they are compared with at once: 8 MB of similarities.
BLOCK_CALLS, BLOCK_VECTORS = 256, 8192
# The similarity of a vector of 32-bit floats with itself may be 0.9999999, which LiteLLM treats as 1.
_ROUNDING = 1e-6
_NEVER = -np.inf
# Above any similarity, so that an entry of the very same text answers before any other.
_ITSELF = 2.0


@dataclass(frozen=True)
class Answered:
    """Who answers each call at each threshold: arrays of shape (calls, thresholds).

    text        the number of the text whose kept answer the call gets; -1 if the provider answers
    similarity  of that text and the call's own; 0 if the provider answers
    """

    text: NDArray[np.int32]
    similarity: NDArray[np.float32]


@dataclass(frozen=True)
class Log:
    """Calls in the order of time. `at` and `lasts_s` are seconds, 0 for all where times do not matter."""

    text: NDArray[np.int32]
    scope: NDArray[np.int32]
    at: NDArray[np.float64]
    lasts_s: NDArray[np.float64]


def walk(
    log: Log,
    vectors: NDArray[np.float32],
    thresholds: Sequence[float],
    *,
    ttl_s: float | None = None,
    on_calls: Callable[[int], None] = lambda _: None,
) -> Answered:
    """Who answers each call. `on_calls` gets the number of calls that were walked through since it was last called.

    Args:
        log: the calls.
        vectors: of length 1, a row for each text.
        thresholds: rising.
        ttl_s: seconds that an answer is kept; None for ever.
    """
    shape = (len(log.text), len(thresholds))
    answered = Answered(np.full(shape, -1, "int32"), np.zeros(shape, "float32"))
    levels = np.array(thresholds, "float64") - _ROUNDING
    order = np.argsort(log.scope, kind="stable")
    ends = np.flatnonzero(np.diff(log.scope[order], append=-1)) + 1
    for calls in np.split(order, ends[:-1]):
        if len(calls) > 1:
            _Scope(log, calls, vectors, levels, ttl_s, answered, on_calls).walk()
        else:
            on_calls(1)
    return answered


def exact_hits(log: Log, *, ttl_s: float | None = None) -> NDArray[np.bool_]:
    """Whether an exact cache with the same scopes and TTL would have answered each call."""
    stored: dict[tuple[int, int], float] = {}
    hits = np.zeros(len(log.text), "bool")
    rows = zip(log.scope.tolist(), log.text.tolist(), log.at.tolist(), log.lasts_s.tolist(), strict=True)
    for place, (scope, text, at, lasts_s) in enumerate(rows):
        since = stored.get((scope, text))
        alive = since is not None and (ttl_s is None or since >= at - ttl_s)
        hits[place] = alive and since is not None and since <= at
        if not alive:
            stored[scope, text] = at + lasts_s
    return hits


class _Scope:
    """The calls of one scope, and the caches of all thresholds."""

    def __init__(
        self,
        log: Log,
        calls: NDArray[np.intp],
        vectors: NDArray[np.float32],
        levels: NDArray[np.float64],
        ttl_s: float | None,
        answered: Answered,
        on_calls: Callable[[int], None],
    ) -> None:
        self._log, self._calls, self._levels, self._ttl_s = log, calls, levels, ttl_s
        self._answered, self._on_calls = answered, on_calls
        texts, first, number = np.unique(log.text[calls], return_index=True, return_inverse=True)
        # Numbered by first appearance, so that the texts so far are the first rows.
        by_appearance = np.argsort(first, kind="stable")
        rank = np.empty_like(by_appearance)
        rank[by_appearance] = np.arange(len(texts))
        self._texts, self._text = texts[by_appearance], rank[number.reshape(-1)]
        whole = len(texts) == len(vectors) and bool((self._texts == np.arange(len(texts))).all())
        self._vectors = vectors if whole else vectors[self._texts]  # no copy of the only scope's vectors
        # When each text's answer was, or will be, stored in each cache; and the lowest threshold that keeps it.
        self._stored = np.full((len(texts), len(levels)), _NEVER)
        self._least = np.full(len(texts), np.inf, "float32")

    def walk(self) -> None:
        for begin in range(0, len(self._calls), BLOCK_CALLS):
            block = range(begin, min(begin + BLOCK_CALLS, len(self._calls)))
            alike = self._alike(np.unique(self._text[block.start : block.stop]), block.start)
            for place in block:
                self._call(place, *alike[int(self._text[place])])
            self._on_calls(len(block))

    def _alike(
        self, texts: NDArray[np.intp], begin: int
    ) -> dict[int, tuple[NDArray[np.intp], NDArray[np.float32]]]:
        """For each text the kept ones that may answer it, the most similar first, and their similarities."""
        if self._ttl_s is not None:
            expired = self._stored.max(axis=1) < self._log.at[self._calls[begin]] - self._ttl_s
            self._least[expired] = np.inf
        least = self._least.copy()
        least[texts] = self._levels[0] - _ROUNDING  # what this block itself may store
        asked, found = self._vectors[texts], []
        for start in range(0, int(np.flatnonzero(np.isfinite(least))[-1]) + 1, BLOCK_VECTORS):
            needed = least[start : start + BLOCK_VECTORS]
            if not np.isfinite(needed).any():
                continue
            similarity = asked @ self._vectors[start : start + BLOCK_VECTORS].T
            rows, columns = np.nonzero(similarity >= needed)
            found.append((rows, columns + start, similarity[rows, columns]))
        rows, columns, values = (np.concatenate(parts) for parts in zip(*found, strict=True))
        values[columns == texts[rows]] = _ITSELF
        order = np.lexsort((-values, rows))
        columns, values = columns[order], values[order]
        edges = np.searchsorted(rows[order], np.arange(len(texts) + 1))
        return {
            int(text): (columns[edges[row] : edges[row + 1]], values[edges[row] : edges[row + 1]])
            for row, text in enumerate(texts)
        }

    def _call(self, place: int, others: NDArray[np.intp], similarity: NDArray[np.float32]) -> None:
        call, text = self._calls[place], self._text[place]
        at = self._log.at[call]
        oldest = -np.finfo("float64").max if self._ttl_s is None else at - self._ttl_s
        stored = self._stored[others]
        hits = (stored >= oldest) & (stored <= at) & (similarity[:, np.newaxis] >= self._levels)
        first = hits.argmax(axis=0)
        hit = hits[first, np.arange(len(self._levels))]
        if hit.any():
            self._answered.text[call, hit] = self._texts[others[first[hit]]]
            self._answered.similarity[call, hit] = np.minimum(similarity[first[hit]], 1.0)
        keeps = ~hit & (self._stored[text] < oldest)
        if keeps.any():
            self._stored[text, keeps] = at + self._log.lasts_s[call]
            self._least[text] = min(self._least[text], self._levels[keeps.argmax()] - _ROUNDING)
