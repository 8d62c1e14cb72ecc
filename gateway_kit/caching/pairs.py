"""Labelled pairs of questions: whether the answer to the first is right for the second. Internal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING

from gateway_kit.common.tables import Column, Table

if TYPE_CHECKING:
    import pandas as pd

PAIRS = Table(
    Column("id", "string", "`neg-03` and the like: stable and unique"),
    Column(
        "kind", "string", "rewording, paraphrase; number, unit, … (near misses); topic; unrelated; repeated"
    ),
    Column("first", "string", "the question that was answered"),
    Column("second", "string", "the question that comes later"),
    Column("same", "bool", "the answer to the first is right for the second too"),
    Column("note", "string", "what a reader might overlook; mostly missing"),
)

STUDY = Table(
    *PAIRS,
    Column("similarity", "float64", "cosine of the angle between the vectors of the two questions"),
    Column("accepted", "bool", "the guard lets them share an answer; only after `guarded`"),
    Column("weight", "float64", "how many of 1,000 questions it stands for; only after `as_traffic`"),
)

# The relation of a question to the nearest kept one.
PAIR_GROUPS: Mapping[str, tuple[str, ...]] = {
    "rephrased": ("rewording", "paraphrase"),
    "near_miss": ("number", "unit", "currency", "direction", "negation", "date", "language", "entity"),
    "topic": ("topic",),
    "unrelated": ("unrelated",),
}


def labelled_pairs() -> pd.DataFrame:
    """The kit's own pairs, one a row: written by hand, in English.

    They are few, and harder than most traffic: nearly half of them are near misses. Numbers from them compare settings
    with each other; only your own questions tell how often a cache will be wrong on them.
    """
    import pandas as pd

    path = files("gateway_kit.caching") / "data" / "semantic_pairs.csv"
    with path.open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=PAIRS.dtypes, na_values={"note": [""]}, keep_default_na=False)


def as_traffic(
    pairs: pd.DataFrame,
    *,
    rephrased: float,
    near_miss: float = 0.0,
    topic: float = 0.0,
    repeated: float = 0.0,
) -> pd.DataFrame:
    """The pairs with a column `weight` (float64): how many of 1,000 questions each stands for.

    See `SemanticStudy.as_traffic`. Raises ValueError for shares that are invalid or that no pair represents.
    """
    shares = {"repeated": repeated, "rephrased": rephrased, "near_miss": near_miss, "topic": topic}
    for name, share in shares.items():
        if not (math.isfinite(share) and 0 <= share <= 1):
            raise ValueError(f"{name}={share!r}: must be a share from 0 to 1")
    rest = 1 - sum(shares.values())
    if rest < -1e-9:
        raise ValueError(
            f"the sum of repeated, rephrased, near_miss and topic is {1 - rest:.2f}, and must be at most 1"
        )
    groups = {**PAIR_GROUPS, "repeated": ("repeated",)}
    if repeated and "repeated" not in set(pairs["kind"]):
        pairs = _with_repetitions(pairs)
    weight: pd.Series[float] = pairs["same"].astype("float64") * 0
    for name, share in {**shares, "unrelated": max(rest, 0.0)}.items():
        chosen = pairs["kind"].isin(groups[name])
        if chosen.any():
            weight = weight.mask(chosen, 1000 * share / int(chosen.sum()))
        elif share > 1e-9:
            raise ValueError(
                f"{name} is {share:.2f} of the traffic, but no pair is of the kind {', '.join(groups[name])}"
            )
    return pairs.assign(weight=weight)


def _with_repetitions(pairs: pd.DataFrame) -> pd.DataFrame:
    """The pairs, and a row for each question of the rephrased ones that is asked again word for word."""
    import pandas as pd

    asked = pairs[pairs["kind"].isin(PAIR_GROUPS["rephrased"])].drop_duplicates("first")
    again = asked.assign(second=asked["first"], kind="repeated", same=True)
    if "id" in pairs:
        again["id"] = "again-" + again["id"]
    for name, value in (("similarity", 1.0), ("accepted", True)):
        if name in pairs:
            again[name] = value
    return pd.concat([pairs, again], ignore_index=True)
