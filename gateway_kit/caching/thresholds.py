"""What a threshold costs: precision, recall and money, from labelled similarities. Pure: DataFrame in and out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

THRESHOLD_COLUMNS: Mapping[str, str] = {
    "threshold": "float64",
    "hits": "int64",
    "right_hits": "int64",
    "wrong_hits": "int64",
    "precision": "float64",
    "recall": "float64",
    "cost_usd": "float64",
}

# 0.50 to 1.00 in steps of 0.01: below a half, unrelated questions begin to share answers.
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

    column      dtype    meaning
    threshold   float64  cosine similarity from which on the kept answer is taken
    hits        int64    pairs at or above it
    right_hits  int64    of them those whose answer is right for both questions
    wrong_hits  int64    of them those whose answer is wrong for the second
    precision   float64  right_hits / hits; missing where nothing hits
    recall      float64  right_hits / pairs that could have shared an answer; missing where none could
    cost_usd    float64  US dollars per 1,000 second questions: `call_usd` for a miss, `wrong_usd` for a wrong hit,
                         nothing for a right one

    `pairs` has the columns `similarity` (float) and `same` (bool), and may have `accepted` (bool): a guard's word,
    without which a pair is no hit whatever its similarity. Raises ValueError for prices or thresholds that cannot be.
    """
    import pandas as pd

    for name, price in (("wrong_usd", wrong_usd), ("call_usd", call_usd)):
        if not (math.isfinite(price) and price >= 0):
            raise ValueError(f"{name}={price!r}: a price of 0 or more US dollars is needed")
    rows = [_row(pairs, threshold, wrong_usd, call_usd) for threshold in thresholds]
    return pd.DataFrame(rows, columns=list(THRESHOLD_COLUMNS)).astype(dict(THRESHOLD_COLUMNS))


def hits_at(pairs: pd.DataFrame, threshold: float) -> pd.Series[bool]:
    """Whether each pair would hit at a threshold, its guard's word included."""
    if not (math.isfinite(threshold) and 0 <= threshold <= 1):
        raise ValueError(f"threshold={threshold!r}: a number from 0 to 1 is needed")
    hit: pd.Series[bool] = pairs["similarity"] >= threshold - _ROUNDING
    return hit & pairs["accepted"] if "accepted" in pairs else hit


def cheapest(table: pd.DataFrame) -> pd.Series[Any]:
    """The row of `threshold_table` that costs least; of several, the one that is most cautious."""
    least: pd.Series[Any] = table[table["cost_usd"] <= table["cost_usd"].min() + 1e-12].iloc[-1]
    return least


def _row(pairs: pd.DataFrame, threshold: float, wrong_usd: float, call_usd: float) -> dict[str, float]:
    hit = hits_at(pairs, threshold)
    hits, right = int(hit.sum()), int((hit & pairs["same"]).sum())
    could = int(pairs["same"].sum())
    misses = len(pairs) - hits
    paid_usd = misses * call_usd + (hits - right) * wrong_usd
    return {
        "threshold": threshold,
        "hits": hits,
        "right_hits": right,
        "wrong_hits": hits - right,
        "precision": right / hits if hits else math.nan,
        "recall": right / could if could else math.nan,
        "cost_usd": paid_usd / len(pairs) * 1000 if len(pairs) else math.nan,
    }
