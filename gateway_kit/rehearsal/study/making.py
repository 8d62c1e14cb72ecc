"""From a traffic to what a study keeps: read, embed, walk, count, choose pairs. Internal."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.study.questions import Asked, HasCalls, Questions, read_questions, texts_of
from gateway_kit.rehearsal.study.tally import (
    Tally,
    band_of,
    chosen_order,
    near_pairs,
    pair_worth,
    tally,
)
from gateway_kit.rehearsal.study.vectors import Embeds, Vectors
from gateway_kit.rehearsal.study.walk import Answered, Log, exact_hits, walk

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Customers in the table by customer: those with most calls.
MOST_OWNERS = 50
# Characters of a text that a person reads.
_SHOWN = 2_000
# About what the kit's embedding model reads of a text.
_READ_CHARACTERS = 1_000

OnProgress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class CacheRules:
    """The cache that is studied.

    thresholds  rising, each above 0 and at most 1
    ttl_s       seconds that an answer is kept; None for ever
    hit_s       seconds that a hit takes
    """

    thresholds: Sequence[float]
    ttl_s: float | None = None
    hit_s: float = 0.05


@dataclass(frozen=True)
class Findings:
    """What a study keeps: sums, the pairs to label (each a dict, in the order to label them), hits by customer."""

    tally: Tally
    pairs: list[dict[str, Any]]
    owners: list[dict[str, Any]]
    texts: int
    left_out: Mapping[str, int]
    notes: tuple[str, ...]


def find(
    traffic: HasCalls,
    asked: Asked,
    rules: CacheRules,
    *,
    vectors: tuple[Path, str, Embeds],
    most_pairs: int,
    seed: int,
    on_progress: OnProgress,
) -> Findings:
    """Read the traffic, embed its texts (`vectors`: folder, model and what embeds), and replay it through the cache."""
    folder, model, embed = vectors
    embedded = [0]

    def on_embedded(count: int) -> None:
        embedded[0] += count
        on_progress("texts embedded", embedded[0], None)

    kept = Vectors(folder, model, embed, on_embedded)
    lengths = [0]

    def on_text(digest: bytes, text: str) -> None:
        lengths[0] += len(text) > _READ_CHARACTERS
        kept.add(digest, text)

    questions = read_questions(traffic, asked, on_text)
    kept.finish()
    log = _log(questions, rules)
    walked = [0]

    def on_calls(count: int) -> None:
        walked[0] += count
        on_progress("calls replayed", walked[0], len(questions))

    answered = walk(log, kept.of(questions.digests), rules.thresholds, ttl_s=rules.ttl_s, on_calls=on_calls)
    plain = exact_hits(log, ttl_s=rules.ttl_s)
    saved_s = np.maximum(questions.latency_s - rules.hit_s, 0.0)
    worth = np.column_stack([np.ones(len(questions)), questions.usd, saved_s])
    return Findings(
        tally(answered, questions.text, rules.thresholds, questions.usd, saved_s, plain),
        _pairs(traffic, asked, questions, answered, rules, worth, most=most_pairs, seed=seed),
        _owners(questions, answered, plain),
        len(questions.digests),
        questions.left_out,
        tuple(_notes(questions, asked, lengths[0], own_model=model == "local-embed")),
    )


def _log(questions: Questions, rules: CacheRules) -> Log:
    """The calls as the cache meets them. Raises RehearsalError where a TTL has no times to work on."""
    without = int(np.isnan(questions.at).sum())
    if without and rules.ttl_s is not None:
        raise RehearsalError(
            f"{without:,} of {len(questions):,} calls have no time, so that a TTL of {rules.ttl_s:g} s cannot be "
            "replayed. Leave the TTL out"
        )
    if without:
        zeros = np.zeros(len(questions))
        return Log(questions.text, questions.scope, zeros, zeros)
    lasts_s = np.nan_to_num(questions.latency_s, nan=0.0)
    return Log(questions.text, questions.scope, questions.at, lasts_s)


def _pairs(
    traffic: HasCalls,
    asked: Asked,
    questions: Questions,
    answered: Answered,
    rules: CacheRules,
    worth: NDArray[np.float64],
    *,
    most: int,
    seed: int,
) -> list[dict[str, Any]]:
    """The pairs to label, with their texts."""
    found = near_pairs(answered, questions.text)
    chosen = chosen_order(found, rules.thresholds, most=most, seed=seed)
    band = band_of(found.similarity[chosen], rules.thresholds)
    digests = questions.digests
    wanted = {digests[int(text)] for text in (*found.first[chosen], *found.second[chosen])}
    texts = texts_of(traffic, asked, wanted)
    pairs = []
    for place, number in zip(chosen, band, strict=True):
        first, second = int(found.first[place]), int(found.second[place])
        context, *shown = shown_pair(texts[digests[first]], texts[digests[second]])
        pairs.append({
            # Of the texts, so that a label holds for the pair in whatever study it is found again.
            "id": f"{digests[first].hex()[:12]}-{digests[second].hex()[:12]}",
            "first": shown[0],
            "second": shown[1],
            "context": context,
            "similarity": round(float(found.similarity[place]), 6),
            "band": int(number),
            "calls": int(found.weight[place]),
            "worth": pair_worth(answered, questions.text, first, second, worth).tolist(),
        })  # fmt: skip
    return pairs


def shown_pair(first: tuple[str, int], second: tuple[str, int]) -> tuple[int, str, str]:
    """What a person reads of two texts: the last user texts if all before them is the same, else the whole.

    Each text comes with the place where its last user text begins. The number is that of the characters left out.
    """
    (one, begin), (other, its_begin) = first, second
    same = begin == its_begin and one[:begin] == other[:begin]
    cut = begin if same else 0
    return cut, _shortened(one[cut:]), _shortened(other[cut:])


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text) - _SHOWN:,} more characters)"


def _owners(questions: Questions, answered: Answered, plain: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """Hits by customer, of those with most calls."""
    size, owner = len(questions.owners), questions.owner
    calls = np.bincount(owner, minlength=size)
    by = answered.text
    own = by == questions.text[:, np.newaxis]
    most = np.lexsort((np.arange(size), -calls))[:MOST_OWNERS]

    def counts(of: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.column_stack([
            np.bincount(owner, weights=of[:, level], minlength=size) for level in range(of.shape[1])
        ]).astype("int64")  # fmt: skip

    exact, near = counts(own)[most], counts((by >= 0) & ~own)[most]
    plainly = np.bincount(owner, weights=plain, minlength=size).astype("int64")
    return [
        {
            "customer": questions.owners[number],
            "calls": int(calls[number]),
            "exact_cache_hits": int(plainly[number]),
            "exact_hits": exact[place].tolist(),
            "near_hits": near[place].tolist(),
        }
        for place, number in enumerate(most)
    ]


def _notes(questions: Questions, asked: Asked, long_texts: int, *, own_model: bool) -> list[str]:
    """Sentences about what the reader may overlook."""
    notes = [f"{count:,} {why} do not count." for why, count in questions.left_out.items()]
    share = questions.with_history / len(questions)
    if asked.embedded == "messages" and share > 0.01:
        notes.append(
            f"{share:.0%} of the calls have a system prompt or a history before the question. LiteLLM embeds all of "
            "it, as this study does, which makes different questions alike. embedded='last_user' (--last-user) shows a "
            "cache that embeds the question alone."
        )
    if questions.passed_over:
        notes.append(
            f"{questions.passed_over:,} calls have more than {asked.max_messages} messages: LiteLLM's caches pass over "
            "them (cache_params.max_messages), so they count as calls that no cache answers."
        )
    if own_model and long_texts:
        notes.append(
            f"{long_texts:,} texts have more than {_READ_CHARACTERS:,} characters, and the kit's embedding model reads "
            "the first 256 tokens of a text."
        )
    if np.isnan(questions.at).any():
        notes.append("Calls without a time are replayed in the order of the file.")
    if math.isnan(questions.usd[0]):
        notes.append("The log has no costs, so that savings in US dollars are not known.")
    if math.isnan(questions.latency_s[0]):
        notes.append("The log has no latencies, so that saved seconds are not known.")
    return notes
