"""What a threshold costs: precision, recall and money, from labelled similarities. Pure functions. Internal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway_kit.common.tables import Column, Table

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

THRESHOLDS = Table(
    Column("threshold", "float64", "the least cosine similarity at which the kept answer is taken"),
    Column("hits", "int64", "pairs at or above it"),
    Column("right_hits", "int64", "hits whose answer is right for both questions"),
    Column("wrong_hits", "int64", "hits whose answer is wrong for the second question"),
    Column("precision", "float64", "share of right hits in all hits; missing without hits"),
    Column(
        "recall", "float64", "share of right hits in all pairs that may share; missing without such pairs"
    ),
    Column("right_per_1000", "float64", "right hits among 1,000 second questions"),
    Column("wrong_per_1000", "float64", "wrong hits among 1,000 second questions"),
    Column("cost_usd", "float64", "US dollars for these 1,000: `call_usd` a miss, `wrong_usd` a wrong hit"),
)

# 0.50 to 1.00 in steps of 0.01: below a half, all questions on one topic share an answer.
THRESHOLD_GRID = tuple(round(0.5 + step / 100, 2) for step in range(51))

# The similarity of a vector of 32-bit floats with itself may be 0.9999999, which LiteLLM treats as 1.
_ROUNDING = 1e-6


def threshold_table(
    pairs: pd.DataFrame,
    thresholds: Iterable[float] = THRESHOLD_GRID,
    *,
    wrong_usd: float = 0.0,
    call_usd: float = 0.0,
) -> pd.DataFrame:
    """What each threshold would do with these pairs, and what it costs; see `SemanticStudy.thresholds`.

    `pairs` has the columns `similarity` (float) and `same` (bool). It may have `accepted` (bool), without which a pair
    never hits, and `weight` (float), how much it counts in shares and costs. Raises ValueError for invalid prices,
    thresholds and columns.
    """
    import pandas as pd

    _check_prices(wrong_usd=wrong_usd, call_usd=call_usd)
    levels = list(thresholds)
    hit, same = _hits(pairs, levels), _bools(pairs, "same")
    weight = _weights(pairs)
    right, wrong = (hit & same) @ weight, (hit & ~same) @ weight
    # 0/0 is NaN, a missing value, which is intended.
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
    return pd.DataFrame(table, columns=THRESHOLDS.columns).astype(THRESHOLDS.dtypes)


def exact_cost_usd(pairs: pd.DataFrame, call_usd: float) -> float:
    """US dollars for 1,000 such questions with an exact cache; see `SemanticStudy.exact_usd`.

    It hits if `first` and `second` are the same text; pairs without these columns never are.
    """
    _check_prices(call_usd=call_usd)
    weight = _weights(pairs)
    texts = {"first", "second"} <= set(pairs)
    repeated = (pairs["first"] == pairs["second"]).to_numpy("bool") if texts else np.zeros(len(pairs), "bool")
    return float(1000 * call_usd * weight[~repeated].sum() / weight.sum())


def hits_at(pairs: pd.DataFrame, threshold: float) -> pd.Series[bool]:
    """Whether each pair would hit at a threshold, and be accepted by its guard."""
    import pandas as pd

    return pd.Series(_hits(pairs, [threshold])[0], index=pairs.index, dtype="bool")


def cheapest(table: pd.DataFrame) -> pd.Series[Any]:
    """The row of `threshold_table` with the least cost; if there are several, the highest threshold."""
    least: pd.Series[Any] = table[table["cost_usd"] <= table["cost_usd"].min() + 1e-12].iloc[-1]
    return least


def _check_prices(**prices: float) -> None:
    for name, price in prices.items():
        if not (math.isfinite(price) and price >= 0):
            raise ValueError(f"{name}={price!r}: must be a price of 0 or more US dollars")


def _weights(pairs: pd.DataFrame) -> NDArray[np.float64]:
    """How much each pair counts."""
    return pairs["weight"].to_numpy("float64") if "weight" in pairs else np.ones(len(pairs))


def _hits(pairs: pd.DataFrame, thresholds: Sequence[float]) -> NDArray[np.bool_]:
    """A row per threshold: whether each pair would hit."""
    for threshold in thresholds:
        if not (math.isfinite(threshold) and 0 <= threshold <= 1):
            raise ValueError(f"threshold={threshold!r}: must be a number from 0 to 1")
    least = np.array(thresholds, dtype="float64")[:, np.newaxis] - _ROUNDING
    hit: NDArray[np.bool_] = pairs["similarity"].to_numpy("float64") >= least
    return hit & _bools(pairs, "accepted") if "accepted" in pairs else hit


def _bools(pairs: pd.DataFrame, name: str) -> NDArray[np.bool_]:
    """A column of bool. Raises ValueError for text, as a file may have it, since any text counts as true."""
    if pairs[name].dtype != "bool":
        raise ValueError(
            f"the column {name} must be True or False in each row, and is {pairs[name].dtype}. "
            f'Read it with: pandas.read_csv(…, dtype={{"{name}": "bool"}})'
        )
    return pairs[name].to_numpy("bool")
