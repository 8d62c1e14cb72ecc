"""`study_cache`: replay a log through a semantic cache, and keep what came out."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from gateway_kit.caching.guard import guard_namespace
from gateway_kit.common.private_files import write_private
from gateway_kit.rehearsal.study.cache_study import STUDY_FILE, CacheStudy
from gateway_kit.rehearsal.study.making import CacheRules, Findings, OnProgress, find
from gateway_kit.rehearsal.study.questions import Asked, HasCalls
from gateway_kit.rehearsal.study.texts import MAX_MESSAGES, Embedded, Separated
from gateway_kit.rehearsal.study.vectors import LOCAL_MODEL, Embeds, embedding_model

THRESHOLDS = (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.92, 0.94, 0.96, 0.98)
# The folder of the vectors, beside that of the study, so that the next study finds them.
VECTORS = "rehearsal-vectors"
MOST_CALLS = 100_000
_MOST_THRESHOLDS = 64


def study_cache(
    traffic: str | Path | HasCalls,
    *,
    out: str | Path = "out/cache-study",
    thresholds: Iterable[float] = THRESHOLDS,
    ttl_s: float | None = None,
    embedded: Embedded = "messages",
    separated: Separated = "key",
    guard: bool | Callable[[str], str] = False,
    max_messages: int | None = MAX_MESSAGES,
    model: str = LOCAL_MODEL,
    embed: Embeds | None = None,
    call_usd: float | None = None,
    hit_s: float = 0.05,
    pairs: int = 200,
    limit: int = MOST_CALLS,
    seed: int = 7,
    progress: OnProgress | None = None,
) -> CacheStudy:
    """Replay a log through a semantic cache, at several thresholds at once.

    Each distinct text is embedded once; the vectors are kept beside the study's folder, and used again. Labels that the
    folder has already are kept.

    Args:
        traffic: a file of logged calls, or a `Traffic`.
        out: the study's folder.
        thresholds: least cosine similarities at which a kept answer is taken, above 0 and up to 1.
        ttl_s: seconds that an answer is kept; None for ever.
        embedded: the text that is embedded: of all `messages`, as LiteLLM does it, or the `last_user` text alone.
        separated: whose entries are kept apart: of each `key`, as LiteLLM does it, of each end `user` (LiteLLM's
            `semantic_cache_scope: end_user`), or of `nobody`.
        guard: questions share an answer only if it gives them the same namespace; True is `gateway.cache.guard`.
        max_messages: the cache passes over requests with more messages, as LiteLLM does by default; None for no limit.
        model: the embedding model, by its name at the gateway; the default is the kit's own.
        embed: what embeds instead: texts in, an array of vectors out.
        call_usd: US dollars of a call, where the log has no costs.
        hit_s: seconds that a hit takes.
        pairs: how many pairs to choose for labels.
        limit: at most so many calls, the first of the log.
        seed: of the choice of pairs.
        progress: gets what is done, how many, and of how many (None if that is not known).

    Raises:
        RehearsalError: the traffic cannot be studied, or no embedding model answers.
        ValueError: an argument is invalid.
    """
    levels = _checked(thresholds, ttl_s=ttl_s, hit_s=hit_s, call_usd=call_usd, pairs=pairs, limit=limit)
    folder = Path(out)
    used_guard = guard_namespace if guard is True else guard or None
    with _opened(traffic) as calls:
        folder.mkdir(parents=True, exist_ok=True)
        found = find(
            calls,
            Asked(embedded, separated, used_guard, limit, call_usd, max_messages),
            CacheRules(levels, ttl_s, hit_s),
            vectors=(folder.absolute().parent / VECTORS, model, embed or embedding_model(model)),
            most_pairs=pairs,
            seed=seed,
            on_progress=progress or (lambda _step, _done, _total: None),
        )
    settings = {
        "thresholds": levels, "ttl_s": ttl_s, "embedded": embedded, "separated": separated,
        "guard": used_guard is not None, "model": model, "hit_s": hit_s, "call_usd": call_usd, "seed": seed,
        "max_messages": max_messages,
    }  # fmt: skip
    facts = _as_json(found, settings)
    write_private(folder / STUDY_FILE, json.dumps(facts, ensure_ascii=False, indent=1, allow_nan=False))
    return CacheStudy(folder, facts)


@contextmanager
def _opened(traffic: str | Path | HasCalls) -> Iterator[HasCalls]:
    """The traffic; a file's temporary files are removed at the end."""
    if not isinstance(traffic, str | Path):
        yield traffic
        return
    from gateway_kit.rehearsal.traffic import read_traffic

    with read_traffic(Path(traffic)) as calls:
        yield calls


def _as_json(found: Findings, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What a study keeps, without a NaN, which JSON does not have."""
    sums = found.tally
    return {
        "settings": settings,
        "texts": found.texts,
        "left_out": found.left_out,
        "notes": found.notes,
        "tally": {
            "calls": _known(sums.calls), "exact": _known(sums.exact), "near": _known(sums.near),
            "plain": _known(sums.plain),
        },
        "customers": found.owners,
        "pairs": [{**pair, "worth": _known(np.array(pair["worth"]))} for pair in found.pairs],
    }  # fmt: skip


def _known(values: np.ndarray[Any, Any]) -> Any:
    listed = values.astype("object")
    listed[np.isnan(values)] = None
    return listed.tolist()


def _checked(thresholds: Iterable[float], **numbers: float | None) -> list[float]:
    """The thresholds in their order. Raises ValueError."""
    levels = sorted(set(thresholds))
    wrong = [level for level in levels if not (math.isfinite(level) and 0 < level <= 1)]
    if wrong or not levels or len(levels) > _MOST_THRESHOLDS:
        raise ValueError(
            f"thresholds={levels!r}: give 1 to {_MOST_THRESHOLDS} numbers, each above 0 and up to 1"
        )
    for name, value in numbers.items():
        if value is not None and not (math.isfinite(value) and value >= 0):
            raise ValueError(f"{name}={value!r}: must be 0 or more")
    return levels
