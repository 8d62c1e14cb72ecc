"""Labelled pairs of questions: whether the answer to the first may be given to the second."""

from __future__ import annotations

import math
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

PAIR_COLUMNS: Mapping[str, str] = {
    "id": "string",
    "kind": "string",
    "first": "string",
    "second": "string",
    "same": "bool",
    "note": "string",
}

# What a question of real traffic can be to the nearest one that is kept.
PAIR_GROUPS: Mapping[str, tuple[str, ...]] = {
    "alike": ("rewording", "paraphrase"),
    "near_miss": ("number", "unit", "currency", "direction", "negation", "date", "language", "entity"),
    "topic": ("topic",),
    "unrelated": ("unrelated",),
}


def labelled_pairs() -> pd.DataFrame:
    """The kit's own labelled pairs, one a row; written for it by hand, in English.

    column  dtype   meaning
    id      string  `neg-03` and the like: stable, unique
    kind    string  rewording (nearly the same words), paraphrase (other words); number, unit, currency, direction,
                    negation, date, language, entity (near misses, as little changed as can be); topic (the same
                    subject, another question); unrelated
    first   string  the question that was answered
    second  string  the question that comes later
    same    bool    True where the first one's answer is right for the second one too
    note    string  what a reader might overlook; missing where there is nothing

    It is small, and harder than most traffic: nearly half of its pairs are near misses. Numbers from it compare
    settings with each other; how often a cache will be wrong on your questions, only your questions tell.
    """
    import pandas as pd

    path = files("gateway_kit.caching") / "data" / "semantic_pairs.csv"
    with path.open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=dict(PAIR_COLUMNS), na_values={"note": [""]}, keep_default_na=False)


def as_traffic(
    pairs: pd.DataFrame, *, alike: float, near_miss: float = 0.0, topic: float = 0.0
) -> pd.DataFrame:
    """The pairs with a column `weight` (float64): of 1,000 questions of some traffic, how many each stands for.

    as_traffic(pairs, alike=0.3, near_miss=0.02, topic=0.3)   # the other 0.38 are unrelated

    alike      share of the questions, 0 to 1, whose nearest kept one has the right answer (rewording, paraphrase)
    near_miss  share whose nearest kept one differs by a number, a unit, a negation and the like
    topic      share whose nearest kept one is about the same subject
    The rest is unrelated to all that is kept. Within a group each pair weighs the same. Raises ValueError for shares
    that cannot be, or that have no pair.
    """
    shares = {"alike": alike, "near_miss": near_miss, "topic": topic}
    for name, share in shares.items():
        if not (math.isfinite(share) and 0 <= share <= 1):
            raise ValueError(f"{name}={share!r}: a share from 0 to 1 is needed")
    rest = 1 - sum(shares.values())
    if rest < -1e-9:
        raise ValueError(f"alike, near_miss and topic are {1 - rest:.2f} in sum, and cannot be more than 1")
    weight: pd.Series[float] = pairs["same"].astype("float64") * 0
    for name, share in {**shares, "unrelated": max(rest, 0.0)}.items():
        here = pairs["kind"].isin(PAIR_GROUPS[name])
        if here.any():
            weight = weight.mask(here, 1000 * share / int(here.sum()))
        elif share > 1e-9:
            raise ValueError(
                f"{name} is {share:.2f} of the traffic, and pairs has none of: {', '.join(PAIR_GROUPS[name])}"
            )
    return pairs.assign(weight=weight)
