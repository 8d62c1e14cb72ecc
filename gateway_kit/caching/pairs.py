"""Labelled pairs of questions: whether the answer to the first may be given to the second."""

from __future__ import annotations

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


def labelled_pairs() -> pd.DataFrame:
    """The kit's own labelled pairs, one a row; written for it by hand, in English.

    column  dtype   meaning
    id      string  `neg-03` and the like: stable, unique
    kind    string  paraphrase; number, unit, currency, direction, negation, date, language, entity (near misses,
                    as little changed as can be); unrelated
    first   string  the question that was answered
    second  string  the question that comes later
    same    bool    True where the first one's answer is right for the second one too
    note    string  what a reader might overlook; missing where there is nothing

    It is small, and harder than most traffic: half of its pairs are near misses. Numbers from it compare settings
    with each other; how often a cache will be wrong on your questions, only your questions tell.
    """
    import pandas as pd

    path = files("gateway_kit.caching") / "data" / "semantic_pairs.csv"
    with path.open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=dict(PAIR_COLUMNS), na_values={"note": [""]}, keep_default_na=False)
