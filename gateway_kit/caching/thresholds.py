"""What a threshold costs: precision, recall and money, from labelled similarities. Pure: DataFrame in and out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

THRESHOLD_COLUMNS: Mapping[str, str] = {
    "threshold": "float64",
    "hits": "int64",
    "right_hits": "int64",
    "wrong_hits": "int64",
    "precision": "float64",
    "recall": "float64",
    "right_per_1000": "float64",
    "wrong_per_1000": "float64",
    "cost_usd": "float64",
}

# 0.50 to 1.00 in steps of 0.01: below a half, all questions about one subject share an answer.
THRESHOLDS = tuple(round(0.5 + step / 100, 2) for step in range(51))

# A vector of 32-bit floats against itself gives 0.9999999 at times, which LiteLLM's arithmetic takes for 1.
_ROUNDING = 1e-6


def threshold_table(
    pairs: pd.DataFrame,
    thresholds: Iterable[float] = THRESHOLDS,
    *,
    wrong_usd: float = 0.0,
    call_usd: float = 0.0,
) -> pd.DataFrame:
    """What each threshold would have done with these pairs, one threshold a row.

    column          dtype    meaning
    threshold       float64  cosine similarity from which on the kept answer is taken
    hits            int64    pairs at or above it
    right_hits      int64    of them those whose answer is right for both questions
    wrong_hits      int64    of them those whose answer is wrong for the second
    precision       float64  share of right hits in all hits; missing where nothing hits
    recall          float64  share of right hits in all that could be; missing where none could
    right_per_1000  float64  right hits among 1,000 second questions
    wrong_per_1000  float64  wrong hits among them
    cost_usd        float64  US dollars for these 1,000: `call_usd` for a miss, `wrong_usd` for a wrong hit, nothing
                             for a right one

    `pairs` has the columns `similarity` (float) and `same` (bool), and may have two more: `accepted` (bool), a
    guard's word, without which a pair is no hit whatever its similarity; and `weight` (float), how much a pair counts
    in shares and costs, as `as_traffic` gives it, else all count the same. Raises ValueError for prices, thresholds
    or columns that cannot be.
    """
    import pandas as pd

    for name, price in (("wrong_usd", wrong_usd), ("call_usd", call_usd)):
        if not (math.isfinite(price) and price >= 0):
            raise ValueError(f"{name}={price!r}: a price of 0 or more US dollars is needed")
    levels = list(thresholds)
    hit, same = _hits(pairs, levels), _yes_or_no(pairs, "same")
    weight = pairs["weight"].to_numpy("float64") if "weight" in pairs else np.ones(len(pairs))
    right, wrong = (hit & same) @ weight, (hit & ~same) @ weight
    # Nothing divided by nothing is missing, which is what is meant.
    with np.errstate(invalid="ignore", divide="ignore"):
        per_1000 = np.float64(1000) / weight.sum()
        table = {
            "threshold": levels,
            "hits": hit.sum(axis=1),
            "right_hits": (hit & same).sum(axis=1),
            "wrong_hits": (hit & ~same).sum(axis=1),
            "precision": right / (right + wrong),
            "recall": right / (same @ weight),
            "right_per_1000": right * per_1000,
            "wrong_per_1000": wrong * per_1000,
            "cost_usd": ((weight.sum() - right - wrong) * call_usd + wrong * wrong_usd) * per_1000,
        }
    return pd.DataFrame(table, columns=list(THRESHOLD_COLUMNS)).astype(dict(THRESHOLD_COLUMNS))


def hits_at(pairs: pd.DataFrame, threshold: float) -> pd.Series[bool]:
    """Whether each pair would hit at a threshold, its guard's word included."""
    import pandas as pd

    return pd.Series(_hits(pairs, [threshold])[0], index=pairs.index, dtype="bool")


def cheapest(table: pd.DataFrame) -> pd.Series[Any]:
    """The row of `threshold_table` that costs least; of several, the one that is most cautious."""
    least: pd.Series[Any] = table[table["cost_usd"] <= table["cost_usd"].min() + 1e-12].iloc[-1]
    return least


def _hits(pairs: pd.DataFrame, thresholds: Sequence[float]) -> NDArray[np.bool_]:
    """A row per threshold: whether each pair would hit."""
    for threshold in thresholds:
        if not (math.isfinite(threshold) and 0 <= threshold <= 1):
            raise ValueError(f"threshold={threshold!r}: a number from 0 to 1 is needed")
    least = np.array(thresholds, dtype="float64")[:, np.newaxis] - _ROUNDING
    hit: NDArray[np.bool_] = pairs["similarity"].to_numpy("float64") >= least
    return hit & _yes_or_no(pairs, "accepted") if "accepted" in pairs else hit


def _yes_or_no(pairs: pd.DataFrame, name: str) -> NDArray[np.bool_]:
    """A column of bool. From a file it may be text, of which any is true: raises ValueError for that."""
    if pairs[name].dtype != "bool":
        raise ValueError(
            f"the column {name} has to be True or False in each row, and is {pairs[name].dtype}. "
            f'Read it so: pandas.read_csv(…, dtype={{"{name}": "bool"}})'
        )
    return pairs[name].to_numpy("bool")
